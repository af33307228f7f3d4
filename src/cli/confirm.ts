import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { usageError, type Invocation } from './invocation.ts'

/** Asks before something is destroyed. `--yes` answers; without a terminal there is nobody to ask, so it is needed. */
export async function confirm(question: string, { flags }: Invocation): Promise<boolean> {
  if (flags.yes === true) return true
  if (!process.stdin.isTTY) throw usageError(`asking "${question}": there is no terminal`, 'Add --yes if you mean it.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
