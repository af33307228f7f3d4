import { Option, type Command } from 'commander'
import { parseInstant } from '../core/moment.ts'
import { usageError } from './invocation.ts'

/** Flags of the commands that parse lines. */
export interface ParseFlags {
  readonly format: string
  readonly multiline: 'auto' | 'off'
  readonly timezone: string
  readonly referenceTime?: string
}

export function addParseFlags(command: Command, multiline: ParseFlags['multiline']): void {
  command
    .option('--format <name>', 'format of the lines, see logpipe formats', 'auto')
    .addOption(
      new Option('--multiline <how>', 'join stack traces to the line they belong to')
        .choices(['auto', 'off'])
        .default(multiline),
    )
    .option('--timezone <zone>', 'zone of times that give none: Asia/Shanghai, +08:00', 'UTC')
    .option('--reference-time <time>', 'time of lines without one, and where a missing year is found from; RFC 3339')
}

/** Epoch ms of `--reference-time`; undefined if it was not given. */
export function referenceMsOf({ referenceTime }: ParseFlags): number | undefined {
  if (referenceTime === undefined) return undefined
  const ms = parseInstant(referenceTime)
  if (ms !== undefined) return ms
  throw usageError(
    `reading the command line: --reference-time ${referenceTime} is no time`,
    'Write it like 2026-11-21T22:14:15Z.',
  )
}
