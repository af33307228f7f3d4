import { outcomes, wordOf, type EventBatch, type FormatFacts, type Json } from '../core/event-batch.ts'
import { EventWriter } from '../core/event-writer.ts'
import { levelNames } from '../core/level.ts'
import { parseDuration } from '../core/quantity-text.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import type { GivenEvent } from './given.ts'

/** Format of events that a block gives as they are after parse. */
const given: FormatFacts = { name: 'given', constants: {}, isAccess: false }

/** Fills `events` with events as they are after parse, one for each offset from `base` on. */
export function writeGiven(
  events: EventBatch,
  source: Source,
  at: { base: bigint; given: readonly GivenEvent[] },
): void {
  const records = new RecordBatch(source, new Uint8Array(0), at.base, at.given.length)
  for (const [i, { atMs }] of at.given.entries()) records.push(i, atMs, 0, 0)
  records.next = at.given.length
  events.reset(records)
  const writer = new EventWriter(events)
  const format = events.tables.formatId(given)
  for (const [i, { atMs, set }] of at.given.entries()) {
    writer.begin()
    writer.setFormat(format)
    writer.setTime({ ms: atMs, ns: 0, digits: 3, flags: 0 })
    for (const [name, value] of Object.entries(set)) writeField(writer, name, value)
    writer.end(i, i, atMs, 0)
  }
}

/** Fields that are columns have their setters; a duration may be written as people do. */
function writeField(writer: EventWriter, name: string, value: Json): void {
  switch (name) {
    case 'http.response.status_code':
      return writer.setStatus(Number(value))
    case 'event.duration':
      return writer.setDurationNs(typeof value === 'string' ? (parseDuration(value) ?? NaN) * 1e6 : Number(value))
    case 'event.outcome':
      return writer.setOutcome(
        Math.max(
          0,
          outcomes.findIndex((outcome) => outcome === value),
        ),
      )
    case 'logpipe.level':
      return writer.setLevel(Math.max(0, levelNames.indexOf(wordOf(value))))
    case 'logpipe.error':
      return value === true ? writer.setError() : undefined
    case 'logpipe.slow':
      return value === true ? writer.setSlow() : undefined
  }
  const field = writer.batch.tables.fields.id(name)
  if (typeof value === 'string') writer.string(field, value)
  else if (typeof value === 'number') writer.number(field, value)
  else writer.json(field, JSON.stringify(value))
}
