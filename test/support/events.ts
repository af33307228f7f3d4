import { EventBatch, EventTables, wordOf, type FormatFacts, type Json } from '../../src/core/event-batch.ts'
import { EventWriter } from '../../src/core/event-writer.ts'
import { levelNames } from '../../src/core/level.ts'
import { RecordBatch, type Source } from '../../src/core/record-batch.ts'

/** 2026-03-01T10:00:00Z: where the stories of tests begin. */
export const storyStart = Date.UTC(2026, 2, 1, 10)

/** An event as a plain object: `at` in ms after the start of the story, dotted fields beside it. */
export interface PlainEvent {
  readonly at: number
  /** Record time in ms after the start; absent: the event time. */
  readonly recordAt?: number
  readonly [field: string]: Json | undefined
}

export function sourceOf(id: string, pipeline = 'shop'): Source {
  return { id, name: id, pipeline, constants: [], isFile: false, idHead: new Uint8Array(6), idTail: undefined }
}

const format: FormatFacts = { name: 'plain', constants: { 'event.dataset': 'shop.app' }, isAccess: false }

/** One table of names for each call of `new EventTables()`: batches of one story share it. */
export interface BatchOptions {
  readonly source?: Source
  /** Offset of the first event. */
  readonly base?: number
  readonly tables?: EventTables
}

/** A batch of one event per record, in the order given. */
export function eventsOf(events: readonly PlainEvent[], options: BatchOptions = {}): EventBatch {
  const tables = options.tables ?? new EventTables()
  const records = new RecordBatch(
    options.source ?? sourceOf('s1'),
    new Uint8Array(0),
    BigInt(options.base ?? 0),
    events.length,
  )
  const batch = new EventBatch(tables)
  batch.reset(records)
  const writer = new EventWriter(batch)
  events.forEach((event, i) => {
    const recordTime = storyStart + (event.recordAt ?? event.at)
    records.push(i, recordTime, 0, 0)
    writer.begin()
    writer.setFormat(tables.formatId(format))
    writer.setTime({ ms: storyStart + event.at, ns: 0, digits: 3, flags: 0 })
    for (const [name, value] of Object.entries(event)) {
      if (name !== 'at' && name !== 'recordAt' && value !== undefined) write(writer, name, value)
    }
    writer.end(i, i, recordTime, 0)
  })
  records.next = events.length
  return batch
}

function write(writer: EventWriter, name: string, value: Json): void {
  const field = writer.batch.tables.fields.id(name)
  if (name === 'http.response.status_code') return writer.setStatus(Number(value))
  if (name === 'event.duration') return writer.setDurationNs(Number(value))
  if (name === 'logpipe.level') return writer.setLevel(levelNames.indexOf(wordOf(value)))
  if (name === 'logpipe.error') return value === true ? writer.setError() : undefined
  if (typeof value === 'string') return writer.string(field, value)
  if (typeof value === 'number') return writer.number(field, value)
  writer.json(field, JSON.stringify(value))
}
