import type { Readable } from 'node:stream'
import type { Parser, ReadResult } from '../core/component.ts'
import { isLogpipeError, LogpipeError } from '../core/error.ts'
import { EventBatch, EventTables, fact } from '../core/event-batch.ts'
import { hashFields } from '../core/id.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import { parseFailures } from '../core/result.ts'
import { isoText } from '../core/time-text.ts'
import { ParseConfig, settingsOf } from '../parse/config.ts'
import { createParseStage } from '../parse/parser.ts'
import type { ParseSettings } from '../parse/settings.ts'
import { formats } from '../registry.ts'
import { NdjsonSink } from '../sink/stdout.ts'
import { readStream } from '../source/stdin.ts'
import { firstOf } from './first-of.ts'
import { formatNamed } from './formats.ts'

/** How `logpipe parse` and `tail` read lines, as it is written in flags. */
export interface ParseWish {
  /** `auto` or a format. */
  readonly format: string
  readonly multiline: 'auto' | 'off'
  readonly timezone: string
  readonly original: 'always' | 'on_failure' | 'never'
}

export interface ParseInput {
  readonly stream: Readable
  /** What a person calls it, for messages. */
  readonly name: string
  /**
   * Record time, epoch ms. `each`: that of every line; `first`: when the file was last changed, each line has the time of
   * the one before; `now`: lines come now.
   */
  readonly time: { readonly kind: 'each' | 'first'; readonly ms: number } | { readonly kind: 'now'; now(): number }
}

export interface ParsePorts {
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Ends after the batch under way. */
  readonly signal: AbortSignal
  /** After each batch; bytes of input so far. */
  readonly onProgress: (totals: ParseTotals) => void
}

/** What became of the lines. */
export interface ParseTotals {
  bytes: number
  lines: number
  events: number
  /** Lines that were kept as text because they did not parse, by code. */
  readonly failed: Map<string, number>
  /** Events by format. */
  readonly formats: Map<string, number>
  /** Lines that gave no event, by reason. */
  readonly dropped: Map<string, number>
  /** Records that could not become an event. */
  dead: number
}

/** How much is read at once. */
const batchBytes = 1 << 18
/** Silence after which lines that wait for more are written. */
const quietMs = 2000

/** Settings of the parse stage; limits on times are off. Throws LP_USAGE for what does not fit. */
export function parseSettings(wish: ParseWish, referenceMs = NaN): ParseSettings {
  if (wish.format !== 'auto') formatNamed(wish.format)
  const { multiline, timezone, original } = wish
  const config = ParseConfig.safeParse({ multiline, timezone, keep_original: original })
  if (!config.success) {
    const [issue] = config.error.issues
    throw new LogpipeError('LP_USAGE', `reading the command line: ${String(issue?.path[0])} ${issue?.message}`)
  }
  const settings = settingsOf(wish.format, config.data, referenceMs)
  return { ...settings, limits: { ...settings.limits, maxFutureMs: Infinity, maxPastMs: Infinity } }
}

/**
 * Writes the events of a stream as JSON lines, in its order, as soon as they are complete; memory does not grow with the
 * stream. Rejects with LP_SOURCE_READ, or as `write` does.
 */
export async function parseStream(input: ParseInput, settings: ParseSettings, ports: ParsePorts): Promise<ParseTotals> {
  const run = new ParseRun(input, settings, ports)
  await run.finish()
  return run.totals
}

class ParseRun {
  readonly totals: ParseTotals = {
    bytes: 0,
    lines: 0,
    events: 0,
    failed: new Map(),
    formats: new Map(),
    dropped: new Map(),
    dead: 0,
  }
  readonly #input: ParseInput
  readonly #ports: ParsePorts
  readonly #source: Source
  readonly #events: EventBatch
  readonly #parser: Parser
  readonly #sink: NdjsonSink
  #position = 0n

  constructor(input: ParseInput, settings: ParseSettings, ports: ParsePorts) {
    const tables = new EventTables()
    this.#input = input
    this.#ports = ports
    this.#source = streamSource(input.name)
    this.#events = new EventBatch(tables)
    this.#parser = createParseStage(settings, formats, tables).parserFor(this.#source)
    this.#sink = new NdjsonSink(ports.write)
  }

  async finish(): Promise<void> {
    const partition = readStream(this.#input.stream, this.#source)
    let reading: Promise<ReadResult> | undefined
    for (;;) {
      reading ??= partition.read(this.#position, batchBytes)
      const result = await this.#next(reading)
      if (result === 'stopped') break
      if (result === 'quiet') {
        await this.#flush()
        continue
      }
      reading = undefined
      await this.#take(result.records)
      if (result.isFinished) break
    }
    reading?.catch(() => {}) // It was given up; nobody waits for it.
    await this.#flush()
  }

  async #next(reading: Promise<ReadResult>): Promise<ReadResult | 'quiet' | 'stopped'> {
    try {
      const limits = { signal: this.#ports.signal, quietMs: this.#parser.hasOpenJoins ? quietMs : undefined }
      return await firstOf(reading, limits)
    } catch (cause) {
      if (isLogpipeError(cause)) throw cause
      const remedy = 'Check that it exists, is a file and that this user may read it.'
      throw new LogpipeError('LP_SOURCE_READ', `reading ${this.#input.name}`, { cause, remedy })
    }
  }

  async #take(records: RecordBatch): Promise<void> {
    this.#setTimes(records)
    this.#events.reset(records)
    this.#parser.parse(records, this.#events)
    this.#position = records.base + BigInt(records.next)
    this.totals.bytes += records.next
    this.totals.lines += records.count
    await this.#write()
    this.#ports.onProgress(this.totals)
  }

  async #flush(): Promise<void> {
    this.#events.reset(new RecordBatch(this.#source, new Uint8Array(0), this.#position, 0))
    this.#parser.flush(this.#events)
    await this.#write()
  }

  #setTimes(records: RecordBatch): void {
    const { time } = this.#input
    if (time.kind === 'each') records.timestamp.fill(time.ms)
    else if (time.kind === 'now') records.timestamp.fill(time.now())
    else if (this.#position === 0n) records.timestamp.fill(time.ms, 0, 1)
  }

  async #write(): Promise<void> {
    count(this.#events, this.totals)
    await this.#sink.write(this.#events, 0)
    for (const dead of this.#events.dead) await this.#ports.write(Buffer.from(`${this.#deadEvent(dead)}\n`))
  }

  /** What cannot become an event is one with its bytes, so that no line is lost. */
  #deadEvent({ record, reason, error }: EventBatch['dead'][number]): string {
    const { records } = this.#events
    const time = records.timestamp[record]!
    const original = records.bytes.subarray(records.valueStart[record], records.valueEnd[record])
    return JSON.stringify({
      '@timestamp': isoText(Number.isNaN(time) ? 0 : time),
      message: error,
      tags: ['_parse_failure'],
      logpipe: { parse: { error: reason }, original_base64: Buffer.from(original).toString('base64') },
    })
  }
}

function count(events: EventBatch, totals: ParseTotals): void {
  const names = events.tables.formats
  totals.events += events.count
  totals.dead += events.dead.length
  for (const [reason, n] of events.drops) add(totals.dropped, reason, n)
  for (let row = 0; row < events.count; row++) {
    const code = (events.facts[row]! & fact.failureMask) >> fact.failureShift
    if (code !== 0) add(totals.failed, parseFailures[code]!, 1)
    add(totals.formats, names[events.format[row]!]!.name, 1)
  }
}

function add(counts: Map<string, number>, key: string, n: number): void {
  counts.set(key, (counts.get(key) ?? 0) + n)
}

/** A source of lines without fields of its own. */
export function streamSource(name: string): Source {
  return {
    id: 'stream',
    name,
    pipeline: '',
    constants: [],
    isFile: false,
    idHead: hashFields(['stream', name], 6),
    idTail: undefined,
  }
}
