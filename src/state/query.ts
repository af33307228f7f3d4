import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { fieldNamed, parseExpression, type Parsed } from './query-expression.ts'
import { valueSql, whereOf, type Where } from './query-sql.ts'
import type { Reader, Row } from './reader.ts'

/** A search for events. Times are epoch ms and half-open; a range inside the expression narrows them. */
export interface EventRequest {
  /** See `parseExpression`; empty for all. */
  readonly expression: string
  readonly fromMs?: number
  readonly toMs?: number
  /** What relative times in the expression count from. */
  readonly nowMs: number
}

export interface SearchRequest extends EventRequest {
  /** By event time, then order of arrival. Default `newest`. */
  readonly sort?: 'newest' | 'oldest'
  /** Default 100. */
  readonly limit?: number
  /** Of the page before. */
  readonly cursor?: string
}

export interface StoredEvent {
  readonly id: string
  readonly timeMs: number
  /** ECS, nested, as JSON. */
  readonly doc: string
}

export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Asks for the next page; undefined on the last one. */
  readonly cursor: string | undefined
}

/** What a field says in the events that were found. */
export interface FieldStats {
  readonly field: string
  /** Events found, and those of them that have the field. */
  readonly events: number
  readonly present: number
  /** Most frequent values first; lists count as one value. */
  readonly values: readonly { readonly value: string | number; readonly count: number }[]
  /** Only if every value is a number; base units (ns, bytes). Nearest-rank quantiles. */
  readonly numbers:
    | {
        readonly min: number
        readonly avg: number
        readonly p50: number
        readonly p95: number
        readonly p99: number
        readonly max: number
      }
    | undefined
}

/** Above so many rows with a word, walking back in time meets a page of them sooner than sorting them does. */
const maxSorted = 20_000

/** Searches on a connection that only reads. Every call is one consistent view; expressions with mistakes are values. */
export class EventQuery {
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  search(request: SearchRequest): Parsed<EventPage> {
    const where = this.#where(request)
    if (!where.ok) return where
    const limit = request.limit ?? 100
    const isNewest = (request.sort ?? 'newest') === 'newest'
    const after = request.cursor === undefined ? undefined : cursorIn(request.cursor)
    if (request.cursor !== undefined && after === undefined) {
      return { ok: false, problem: { column: 1, message: 'the cursor is none of ours' } }
    }
    const values: SQLInputValue[] = [...where.value.values]
    let text = where.value.text
    if (after !== undefined) {
      text += ` AND (e.time, e.n) ${isNewest ? '<' : '>'} (?, ?)`
      values.push(...after)
    }
    const order = isNewest ? 'DESC' : 'ASC'
    const from = this.#isFrequent(where.value) ? 'events AS e INDEXED BY events_time' : 'events AS e'
    const sql = `SELECT n, id, time, doc FROM ${from} WHERE ${text} ORDER BY e.time ${order}, e.n ${order} LIMIT ?`
    const rows = this.#reader.all(sql, ...values, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const cursor = rows.length > limit && last !== undefined ? cursorOf(last) : undefined
    return { ok: true, value: { events: page.map(eventOf), cursor } }
  }

  /**
   * All events found, row by row: memory stays flat. `position`: by source, then position in it, as a replay wants them;
   * else by event time, oldest first.
   */
  scan(
    request: EventRequest,
    order: 'time' | 'position',
  ): Parsed<Generator<StoredEvent & { readonly source: string }>> {
    const where = this.#where(request)
    if (!where.ok) return where
    return { ok: true, value: this.#scan(where.value, order) }
  }

  count(request: EventRequest): Parsed<number> {
    const where = this.#where(request)
    if (!where.ok) return where
    const row = this.#reader.get(
      `SELECT count(*) AS value FROM events AS e WHERE ${where.value.text}`,
      ...where.value.values,
    )
    return { ok: true, value: Number(row?.['value']) }
  }

  /** `limit`: how many values are listed. */
  stats(request: EventRequest, field: string, limit = 20): Parsed<FieldStats> {
    const name = fieldNamed(field)
    if (name === '' || name.includes('"')) return { ok: false, problem: { column: 1, message: `${field} is no field` } }
    const where = this.#where(request)
    if (!where.ok) return where
    const value = valueSql(name)
    const found = `found AS MATERIALIZED (SELECT ${value.text} AS v FROM events AS e WHERE ${where.value.text})`
    const values = [...value.values, ...where.value.values]
    const sums = this.#reader.get(
      `WITH ${found} SELECT count(*) AS events, count(v) AS present, min(v) AS min, max(v) AS max, avg(v) AS avg,
         sum(typeof(v) IN ('integer', 'real')) AS numbers FROM found`,
      ...values,
    )
    const counts = this.#reader.all(
      `WITH ${found} SELECT v, count(*) AS count FROM found WHERE v IS NOT NULL
         GROUP BY v ORDER BY 2 DESC, 1 LIMIT ?`,
      ...values,
      limit,
    )
    const present = Number(sums?.['present'])
    const isNumeric = present > 0 && Number(sums?.['numbers']) === present
    const rank = (share: number): number => {
      const row = this.#reader.get(
        `WITH ${found} SELECT v FROM found WHERE v IS NOT NULL ORDER BY v LIMIT 1 OFFSET ?`,
        ...values,
        Math.max(1, Math.ceil(share * present)) - 1,
      )
      return Number(row?.['v'])
    }
    const numbers = { min: Number(sums?.['min']), avg: Number(sums?.['avg']), max: Number(sums?.['max']) }
    return {
      ok: true,
      value: {
        field: name,
        events: Number(sums?.['events']),
        present,
        values: counts.map((row) => ({ value: scalarOf(row['v']), count: Number(row['count']) })),
        numbers: isNumeric ? { ...numbers, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) } : undefined,
      },
    }
  }

  *#scan(where: Where, order: 'time' | 'position'): Generator<StoredEvent & { readonly source: string }> {
    const by = order === 'time' ? 'e.time, e.n' : 'e.source, e.position, e.sub'
    // Sorted first and read after, so that the sorter holds numbers and no documents.
    const rows = this.#reader.iterate(
      `WITH found AS MATERIALIZED (SELECT e.n FROM events AS e WHERE ${where.text} ORDER BY ${by})
         SELECT e.id, e.time, e.doc, s.source FROM found CROSS JOIN events AS e ON e.n = found.n
         CROSS JOIN sources AS s ON s.id = e.source`,
      ...where.values,
    )
    for (const row of rows) yield { ...eventOf(row), source: String(row['source']) }
  }

  #where(request: EventRequest): Parsed<Where> {
    const parsed = parseExpression(request.expression, request.nowMs)
    if (!parsed.ok) return parsed
    const { terms, fromMs, toMs } = parsed.value
    const later = Math.max(request.fromMs ?? -Infinity, fromMs ?? -Infinity)
    const earlier = Math.min(request.toMs ?? Infinity, toMs ?? Infinity)
    const range = {
      fromMs: later > -Infinity ? later : undefined,
      toMs: earlier < Infinity ? earlier : undefined,
    }
    return whereOf({ terms, ...range }, this.#reader.text)
  }

  #isFrequent(where: Where): boolean {
    if (where.match === undefined) return false
    const row = this.#reader.get(
      'SELECT count(*) AS value FROM (SELECT 1 FROM event_text WHERE event_text MATCH ? LIMIT ?)',
      where.match,
      maxSorted,
    )
    return Number(row?.['value']) >= maxSorted
  }
}

function eventOf(row: Row): StoredEvent {
  return { id: String(row['id']), timeMs: Number(row['time']), doc: String(row['doc']) }
}

function scalarOf(value: SQLOutputValue | undefined): string | number {
  return typeof value === 'number' ? value : String(value)
}

function cursorOf(row: Row): string {
  return Buffer.from(`${Number(row['time'])},${Number(row['n'])}`).toString('base64url')
}

function cursorIn(cursor: string): [number, number] | undefined {
  const match = /^(-?\d{1,16}),(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  return match === null ? undefined : [Number(match[1]), Number(match[2])]
}
