import process from 'node:process'
import { Option, type Command } from 'commander'
import type { EventBatch } from '../core/event-batch.ts'
import { levelNames } from '../core/level.ts'
import { documentOf } from '../core/log-event.ts'
import { eventLine } from './event-line.ts'
import type { Invocation } from './invocation.ts'
import { countOf, momentOf } from './flag-value.ts'
import { addParseFlags, referenceMsOf, type ParseFlags } from './parse-flags.ts'

interface Flags extends ParseFlags {
  readonly follow?: boolean
  readonly lines?: string
  readonly where: readonly string[]
  readonly level?: string
  readonly since?: string
  readonly fields?: string
}

export function defineTail(command: Command, invocation: Invocation): void {
  command
    .argument('[files...]', 'files, folders and globs; absent: standard input')
    .option('-f, --follow', 'go on with lines that come later')
    .option('-n, --lines <n>', 'lines before the end; 10 with files, unless --since is given')
    .option(
      '--where <condition>',
      'only events that meet it: http.response.status_code >= 500; may be repeated',
      append,
      [],
    )
    .addOption(new Option('--level <word>', 'only events of this level or worse').choices(levelNames.slice(1)))
    .option('--since <time>', 'only events since: -15m or RFC 3339')
    .option('--fields <names>', 'fields to show, with commas between')
  addParseFlags(command, 'auto')
  command.action((files: string[], flags: Flags) => showTail(files, flags, invocation))
}

async function showTail(files: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { tail } = await import('../app/tail.ts')
  const { parseSettings } = await import('../app/parse.ts')
  const sinceMs = momentOf('--since', flags.since, Date.now())
  const usual = sinceMs === undefined ? 10 : undefined
  const { output, paint, interruption } = invocation
  const isJson = invocation.flags.json === true || invocation.flags.jsonLines === true
  const fields = flags.fields?.split(',').map((name) => name.trim()) ?? []
  const settings = parseSettings({ ...flags, original: 'never' }, referenceMsOf(flags) ?? NaN)
  async function show(batch: EventBatch, rows: Int32Array): Promise<void> {
    const lines: string[] = []
    for (const row of rows) {
      const event = documentOf(batch, row)
      lines.push(isJson ? JSON.stringify(event) : eventLine(event, { paint, fields }))
    }
    await output.lines(lines)
  }
  await tail(
    {
      paths: files.filter((name) => name !== '-'),
      follow: flags.follow === true,
      lastLines: flags.lines === undefined ? usual : countOf('--lines', flags.lines),
      where: flags.where,
      level: flags.level,
      sinceMs,
    },
    settings,
    {
      stdin: process.stdin,
      now: () => Date.now(),
      signal: interruption.signal,
      report: (message) => invocation.note(message),
      show,
    },
  )
}

function append(value: string, values: readonly string[]): readonly string[] {
  return [...values, value]
}
