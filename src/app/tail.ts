import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Parser, Partition, RecordInput, SourcePorts } from '../core/component.ts'
import { parseCondition } from '../core/condition.ts'
import { describeError, LogpipeError } from '../core/error.ts'
import { EventBatch, EventTables, type Json } from '../core/event-batch.ts'
import { levelNames } from '../core/level.ts'
import { RecordBatch } from '../core/record-batch.ts'
import { compileFilter } from '../core/row-filter.ts'
import { createParseStage } from '../parse/parser.ts'
import type { ParseSettings } from '../parse/settings.ts'
import { formats } from '../registry.ts'
import { file } from '../source/file/file.ts'
import { readStream } from '../source/stdin.ts'
import { firstOf } from './first-of.ts'
import { streamSource } from './parse.ts'

/** What is shown, and from where. */
export interface TailWish {
  /** Files, directories and globs; empty: the stream. */
  readonly paths: readonly string[]
  readonly follow: boolean
  /** How many lines before the end of a file are shown; undefined: all. */
  readonly lastLines: number | undefined
  /** Conditions of rules, such as `url.path =~ "/pay.*"`; all have to hold. */
  readonly where: readonly string[]
  /** Least level by its word; events without a level are not shown then. */
  readonly level: string | undefined
  /** Least event time, epoch ms. */
  readonly sinceMs: number | undefined
}

export interface TailPorts {
  readonly stdin: Readable
  readonly now: () => number
  readonly signal: AbortSignal
  readonly report: (message: string) => void
  /** Rows of a batch that are shown, ascending; valid during the call. */
  readonly show: (batch: EventBatch, rows: Int32Array) => Promise<void>
}

const batchBytes = 1 << 18
const pollMs = 250

/** Shows lines until the inputs end, or until the signal. Rejects with LP_SOURCE_READ; a wrong wish with LP_USAGE. */
export async function tail(wish: TailWish, settings: ParseSettings, ports: TailPorts): Promise<void> {
  const isShown = rowChoice(wish)
  const tables = new EventTables()
  const stage = createParseStage(settings, formats, tables)
  const input = wish.paths.length > 0 ? fileInput(wish, ports) : streamInput(ports)
  const readers = new Map<string, Reader>()
  let isFirst = true
  while (!ports.signal.aborted) {
    for (const partition of await input.discover()) {
      const { source } = partition
      if (readers.has(source.id)) continue
      const start = isFirst && source.isFile ? startOf(source.name, wish) : partition.start
      readers.set(source.id, new Reader(partition, stage.parserFor(source), { start, tables }))
    }
    if (isFirst && readers.size === 0 && !wish.follow) throw noFile(wish.paths)
    isFirst = false
    let hasMore = false
    for (const reader of readers.values()) {
      hasMore = (await reader.read((batch) => ports.show(batch, isShown(batch)), ports)) || hasMore
    }
    const isDone = input.isBounded && [...readers.values()].every(({ isFinished }) => isFinished)
    if (isDone) break
    if (!hasMore) await delay(pollMs, undefined, { signal: ports.signal }).catch(() => {})
  }
  await input.stop()
}

/** One input on its way to the screen. */
class Reader {
  isFinished = false
  readonly #partition: Partition
  readonly #parser: Parser
  readonly #events: EventBatch
  #position: bigint
  /** Record time of the first line: lines without a time before any that has one get it. */
  #firstMs = NaN

  constructor(partition: Partition, parser: Parser, at: { start: bigint; tables: EventTables }) {
    this.#partition = partition
    this.#parser = parser
    this.#position = at.start
    this.#events = new EventBatch(at.tables)
  }

  /** One batch; false if there was nothing to read. */
  async read(show: (batch: EventBatch) => Promise<void>, { signal, now }: TailPorts): Promise<boolean> {
    const nowMs = now()
    if (this.isFinished) return false
    const reading = this.#partition.read(this.#position, batchBytes)
    const result = await firstOf(reading, { signal })
    if (typeof result === 'string') {
      reading.catch(() => {})
      return false
    }
    const { records } = result
    if (Number.isNaN(this.#firstMs) && records.count > 0) {
      this.#firstMs = Number.isNaN(records.timestamp[0]) ? nowMs : records.timestamp[0]!
      records.timestamp[0] = this.#firstMs
    }
    this.#position = records.base + BigInt(records.next)
    this.isFinished = result.isFinished
    this.#events.reset(records)
    this.#parser.parse(records, this.#events)
    await show(this.#events)
    if (result.isAtEnd || result.isFinished) await this.#flush(show)
    return records.count > 0 && !result.isAtEnd
  }

  /** A person waits: a line is shown although others may follow it. */
  async #flush(show: (batch: EventBatch) => Promise<void>): Promise<void> {
    if (!this.#parser.hasOpenJoins) return
    this.#events.reset(new RecordBatch(this.#partition.source, new Uint8Array(0), this.#position, 0))
    this.#parser.flush(this.#events)
    await show(this.#events)
  }
}

function rowChoice({ where, level, sinceMs }: TailWish): (batch: EventBatch) => Int32Array {
  for (const text of where) {
    const { fault } = parseCondition(text)
    if (fault === undefined) continue
    throw new LogpipeError('LP_USAGE', `reading --where ${text}: column ${fault.offset + 1}: ${fault.message}`)
  }
  const filter = compileFilter({ where })
  const least = level === undefined ? 0 : levelNames.indexOf(level)
  return (batch) => {
    const rows = new Int32Array(batch.count)
    let count = 0
    for (let row = 0; row < batch.count; row++) {
      if (batch.level[row]! >= least && batch.time[row]! >= (sinceMs ?? -Infinity)) rows[count++] = row
    }
    if (filter !== undefined) count = filter.select(batch, rows, count)
    return rows.subarray(0, count)
  }
}

function streamInput({ stdin }: TailPorts): RecordInput {
  const partition = readStream(stdin, streamSource('standard input'))
  return { isBounded: true, discover: () => Promise.resolve([partition]), stop: () => partition.close() }
}

function fileInput({ paths, follow }: TailWish, { now, report }: TailPorts): RecordInput {
  const memory = new Map<string, Json>()
  const unused = (): never => {
    throw new LogpipeError('LP_INTERNAL', 'reading files: they have no journal')
  }
  const ports: SourcePorts = {
    pipeline: 'tail',
    now,
    journal: { append: unused, partition: unused, room: unused },
    ingest: { register: unused },
    memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
    report: (error) => report(describeError(error)),
  }
  return file.build(file.config.parse({ paths, follow, poll_interval: `${pollMs}ms` }), ports)
}

/** Where the last lines of a file begin. */
function startOf(path: string, { lastLines }: TailWish): bigint {
  if (lastLines === undefined) return 0n
  try {
    const fd = openSync(path, 'r')
    try {
      return BigInt(lastLinesOf(fd, lastLines))
    } finally {
      closeSync(fd)
    }
  } catch {
    return 0n // Reading it says what is wrong.
  }
}

/** Offset of the `count`-th line from the end, found from the end. */
function lastLinesOf(fd: number, count: number): number {
  const piece = Buffer.alloc(1 << 16)
  let end = fstatSync(fd).size
  const size = end
  let left = count
  while (end > 0) {
    const start = Math.max(0, end - piece.length)
    const read = readSync(fd, piece, 0, end - start, start)
    for (let i = read - 1; i >= 0; i--) {
      if (piece[i] !== 0x0a || start + i === size - 1) continue // The end of the last line begins none.
      if (--left === 0) return start + i + 1
    }
    end = start
  }
  return 0
}

function noFile(paths: readonly string[]): LogpipeError {
  return new LogpipeError('LP_SOURCE_READ', `reading ${paths.join(', ')}: there is no such file`, {
    remedy: 'Check the paths and that this user may read them.',
  })
}
