import { createReadStream, fstatSync } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { Option, type Command } from 'commander'
import type { ParseInput, ParseTotals } from '../app/parse.ts'
import { LogpipeError } from '../core/error.ts'
import { exitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { addParseFlags, referenceMsOf, type ParseFlags } from './parse-flags.ts'
import { openFile } from './read-file.ts'

interface Flags extends ParseFlags {
  readonly original: 'always' | 'on_failure' | 'never'
  readonly strict?: boolean
  readonly stats?: boolean
}

export function defineParse(command: Command, invocation: Invocation): void {
  command.argument('[file]', 'file of log lines; absent or -: standard input')
  addParseFlags(command, 'off')
  command
    .addOption(
      new Option('--original <when>', 'keep the line as event.original')
        .choices(['always', 'on_failure', 'never'])
        .default('always'),
    )
    .option('--strict', 'exit code 3 if a line did not parse')
    .option('--stats', 'counts on standard error at the end')
    .action((file: string | undefined, flags: Flags) => parse(file, flags, invocation))
}

async function parse(file: string | undefined, flags: Flags, invocation: Invocation): Promise<void> {
  const { parseSettings, parseStream } = await import('../app/parse.ts')
  const referenceMs = referenceMsOf(flags)
  const settings = parseSettings(flags, referenceMs)
  const { signal } = invocation.interruption
  const opened = openInput(file)
  const { name, size } = opened
  const progress = invocation.progress(`parsing ${name}`)
  const input: ParseInput = { ...opened, time: timeOf(opened.changedMs, referenceMs) }
  try {
    const totals = await parseStream(input, settings, {
      write: (bytes) => invocation.output.bytes(bytes),
      signal,
      onProgress: ({ bytes, events }) =>
        progress.update({ done: bytes, total: size, unit: 'bytes', note: `${events} events` }),
    })
    progress.finish()
    if (flags.stats === true) showStats(totals, invocation)
    if (flags.strict === true && failures(totals) > 0) process.exitCode = exitCode.findings
  } finally {
    progress.finish()
    opened.stream.destroy()
  }
}

interface OpenedInput {
  readonly stream: Readable
  readonly name: string
  /** Undefined: it is no file. */
  readonly size: number | undefined
  readonly changedMs: number | undefined
}

/** A file, or what standard input is: `parse FILE` and `parse < FILE` give the same. */
function openInput(file: string | undefined): OpenedInput {
  if (file !== undefined && file !== '-') {
    const fd = openFile(file)
    const { size, changedMs } = factsOf(fd, file)
    return { stream: createReadStream(file, { fd, highWaterMark: 1 << 18 }), name: file, size, changedMs }
  }
  return { stream: process.stdin, name: 'standard input', ...factsOf(0, 'standard input') }
}

function factsOf(fd: number, name: string): { size: number | undefined; changedMs: number | undefined } {
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return { size: undefined, changedMs: undefined }
    return { size: stat.size, changedMs: Math.floor(stat.mtimeMs) }
  } catch (cause) {
    throw new LogpipeError('LP_SOURCE_READ', `reading ${name}`, { cause })
  }
}

function timeOf(changedMs: number | undefined, referenceMs: number | undefined): ParseInput['time'] {
  if (referenceMs !== undefined) return { kind: 'each', ms: referenceMs }
  return changedMs === undefined ? { kind: 'now', now: () => Date.now() } : { kind: 'first', ms: changedMs }
}

function failures(totals: ParseTotals): number {
  let sum = totals.dead
  for (const n of totals.failed.values()) sum += n
  return sum
}

/** Data goes to standard output, so these go to standard error. */
function showStats(totals: ParseTotals, { flags }: Invocation): void {
  const { bytes, lines, events, dead } = totals
  const [formats, failed, dropped] = [totals.formats, totals.failed, totals.dropped].map((counts) =>
    Object.fromEntries([...counts].sort(([, a], [, b]) => b - a)),
  )
  if (flags.json === true || flags.jsonLines === true) {
    const document = { schema: 'logpipe.parse-stats.v1', bytes, lines, events, formats, failed, dropped, dead }
    process.stderr.write(`${JSON.stringify(document)}\n`)
    return
  }
  const list = (counts: Record<string, number> = {}): string =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ') || 'none'
  process.stderr.write(
    `lines ${lines}, bytes ${bytes}, events ${events}, dead ${dead}\nformats: ${list(formats)}\n` +
      `not parsed: ${list(failed)}\nwithout event: ${list(dropped)}\n`,
  )
}
