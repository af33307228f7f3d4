#!/usr/bin/env node
import process from 'node:process'
import { CommanderError } from 'commander'
import { inlineMore } from '../app/inlining.ts'
import { environment } from '../config/environment.ts'
import { commandTable } from './command-table.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { isClosedPipe } from './output.ts'
import { createProgram, plainArguments, wrongUsage } from './program.ts'
import { errorText } from './report.ts'
import { painter } from './terminal-text.ts'
import { readVersion } from './version-text.ts'

/** Runs one command line; resolves with the exit code. Never rejects. */
async function run(args: readonly string[]): Promise<number> {
  const { command, invocation } = createProgram(commandTable, readVersion())
  try {
    await command.parseAsync(plainArguments(args, environment()), { from: 'user' })
  } catch (thrown) {
    if (isClosedPipe(thrown)) return exitCode.done
    const error = thrown instanceof CommanderError ? wrongUsage(thrown) : thrown
    if (error === undefined) return exitCode.done
    process.stderr.write(`${errorText(error, invocation.notePaint, invocation.flags.verbose === true)}\n`)
    return exitCodeOf(error)
  }
  return invocation.wasInterrupted?.exitCode() ?? Number(process.exitCode ?? exitCode.done)
}

// Nothing should come here; if it does, it is a bug, and told like one.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${errorText(error, painter(false), process.argv.includes('--verbose'))}\n`)
  process.exit(exitCode.failed)
})
// A reader of standard error that has gone changes nothing.
process.stderr.on('error', () => {})
inlineMore()
// Inputs that are still open must not keep the process: all output has been awaited.
process.exit(await run(process.argv.slice(2)))
