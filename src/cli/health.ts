import process from 'node:process'
import type { Command } from 'commander'
import { parseDuration } from '../core/quantity-text.ts'
import { exitCode } from './exit-code.ts'
import { localInstance, unreachable } from './instance.ts'
import { usageError, type Invocation } from './invocation.ts'

interface Flags {
  readonly url: string
  readonly timeout: string
}

export function defineHealth(command: Command, invocation: Invocation): void {
  command
    .option('--url <url>', 'of the instance', localInstance)
    .option('--timeout <time>', 'how long to wait', '3s')
    .action((flags: Flags) => health(flags, invocation))
}

async function health({ url, timeout }: Flags, invocation: Invocation): Promise<void> {
  const timeoutMs = parseDuration(timeout)
  if (timeoutMs === undefined || !URL.canParse(url)) {
    throw usageError(
      `reading the command line: --url ${url} --timeout ${timeout}`,
      'Write them like http://127.0.0.1:8680 and 3s.',
    )
  }
  const { output, flags } = invocation
  const { status, text } = await ask(new URL('/readyz', url), timeoutMs)
  const isReady = status === 200
  if (flags.json === true || flags.jsonLines === true)
    await output.document('health', { url, ready: isReady, status, text })
  else await output.line(isReady ? 'ready' : `not ready: ${text}`)
  if (!isReady) process.exitCode = exitCode.failed
}

async function ask(url: URL, timeoutMs: number): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    return { status: answer.status, text: (await answer.text()).trim().slice(0, 1000) }
  } catch (cause) {
    throw unreachable(url.href, cause)
  }
}
