import { Option, type Command } from 'commander'
import { valueAt, wordOf, type JsonObject } from '../core/event-batch.ts'
import { csvLine } from './csv.ts'
import { dataFolder } from './data-folder.ts'
import { eventLine } from './event-line.ts'
import { usageError, type Invocation } from './invocation.ts'
import { countOf, momentOf } from './flag-value.ts'
import { escapeText, table } from './terminal-text.ts'
import type { searchStore, StatsAnswer } from '../app/search.ts'

interface Flags {
  readonly data?: string
  readonly from?: string
  readonly to?: string
  readonly limit: string
  readonly sort: 'newest' | 'oldest'
  readonly stats?: string
  readonly count?: boolean
  readonly csv?: boolean
  readonly fields?: string
}

const csvFields = ['@timestamp', 'logpipe.level', 'service.name', 'message']

export function defineQuery(command: Command, invocation: Invocation): void {
  command
    .argument(
      '[expression...]',
      'level:error service:pay status:>=500 "two words" -debug; after -- if it begins with -',
    )
    .option('--data <dir>', 'folder of the store')
    .option('--from <time>', 'not before: now, -2h or RFC 3339')
    .option('--to <time>', 'before')
    .option('--limit <n>', 'events at most', '100')
    .addOption(new Option('--sort <order>', 'by event time').choices(['newest', 'oldest']).default('newest'))
    .option('--stats <field>', 'values of a field instead of events')
    .option('--count', 'how many events there are')
    .option('--csv', 'comma separated values')
    .option('--fields <names>', 'fields to show, with commas between')
    .addHelpText(
      'after',
      `
Examples:
  logpipe query level:error service:pay --from -1h
  logpipe query 'status:>=500 "timeout"' --stats url.path
  logpipe query 'duration:>1s' --json=lines > slow.ndjson`,
    )
    .action((words: string[], flags: Flags) => query(words.join(' '), flags, invocation))
}

async function query(expression: string, flags: Flags, invocation: Invocation): Promise<void> {
  const nowMs = Date.now()
  const range = {
    fromMs: momentOf('--from', flags.from, nowMs),
    toMs: momentOf('--to', flags.to, nowMs),
  }
  const limit = countOf('--limit', flags.limit)
  const { searchStore } = await import('../app/search.ts')
  const search = searchStore(await dataFolder(flags.data, invocation), { expression, nowMs, ...range })
  try {
    if (flags.count === true) return await showCount(search.count(), invocation)
    if (flags.stats !== undefined) return await showStats(search.stats(flags.stats, limit), invocation)
    await showEvents(search, { ...flags, limit }, invocation)
  } finally {
    search.close()
  }
}

async function showCount(count: number, { output, flags }: Invocation): Promise<void> {
  if (flags.json === true || flags.jsonLines === true) await output.document('query', { count })
  else await output.line(String(count))
}

async function showStats(stats: StatsAnswer, { output, flags, paint }: Invocation): Promise<void> {
  if (flags.json === true || flags.jsonLines === true) return output.document('query', { stats })
  const { field, events, present, values, numbers } = stats
  const rows = values.map(({ value, count }) => [String(count), escapeText(String(value))])
  await output.line(paint('bold', `${field}: in ${present} of ${events} events`))
  if (numbers !== undefined) {
    await output.line(
      Object.entries(numbers)
        .map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`)
        .join('  '),
    )
  }
  await output.lines(table(rows))
}

type Search = ReturnType<typeof searchStore>

async function showEvents(
  search: Search,
  flags: Omit<Flags, 'limit'> & { readonly limit: number },
  invocation: Invocation,
): Promise<void> {
  const { output, paint } = invocation
  const { json, jsonLines } = invocation.flags
  const fields = flags.fields?.split(',').map((name) => name.trim()) ?? []
  if (flags.csv === true && json === true)
    throw usageError('reading the command line: --csv and --json exclude each other')
  if (json === true) {
    const events = [...search.pages(flags.sort, flags.limit)].flat().map(({ id, doc }) => ({ id, event: parsed(doc) }))
    return output.document('query', { events })
  }
  const columns = fields.length > 0 ? fields : csvFields
  if (flags.csv === true) await output.line(columns.join(','))
  for (const page of search.pages(flags.sort, flags.limit)) {
    await output.lines(
      page.map(({ doc }) => {
        if (flags.csv === true) return csvLine(columns.map((field) => cellOf(parsed(doc), field)))
        return jsonLines === true ? doc : eventLine(parsed(doc), { paint, fields })
      }),
    )
  }
}

function cellOf(event: JsonObject, field: string): string {
  const value = valueAt(event, field)
  return value === undefined || value === null ? '' : wordOf(value)
}

function parsed(doc: string): JsonObject {
  return JSON.parse(doc) as JsonObject // A stored event is an object.
}
