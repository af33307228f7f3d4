import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventBatch, EventTables, type JsonObject } from '../../src/core/event-batch.ts'
import { splitLines } from '../../src/core/lines.ts'
import { RecordBatch } from '../../src/core/record-batch.ts'
import { createParseStage } from '../../src/parse/parser.ts'
import type { ParseSettings } from '../../src/parse/settings.ts'
import { formats } from '../../src/registry.ts'
import { documentsOf, goldenSettings, plainSource, referenceMs } from '../support/parse.ts'

const fixtures = path.join(import.meta.dirname, '..', 'fixtures', 'formats')

/** The example of a format, and its lines if it has some. */
function linesOf(name: string, example: string): string[] {
  const file = path.join(fixtures, name, 'lines.log')
  const more = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  return [example, ...more.filter((line) => line !== '')]
}

/** What stands between lines of every format: parts of traces, objects over several lines, blanks, and other formats. */
const between = [
  '',
  ' \t',
  '\tat com.acme.pay.Charge.run(Charge.java:42)',
  'Caused by: java.io.IOException: broken pipe',
  'Traceback (most recent call last):',
  '  File "/app/pay.py", line 7, in charge',
  'ValueError: no funds',
  '{',
  '  "level": "error",',
  '}',
  '{"log":"half a line","stream":"stdout","time":"2026-11-21T22:14:15.003Z"}',
  '2026-11-21T22:14:15.003Z stdout P first half, ',
  '2026-11-21T22:14:15.004Z stdout F second half',
  'no format at all',
  ...formats.map(({ example }) => example),
]

interface Outcome {
  readonly documents: readonly JsonObject[]
  /** First and last record of each event, and its place among the events of the record. */
  readonly places: readonly (readonly [first: bigint, sub: number])[]
  readonly dead: readonly string[]
  readonly drops: Readonly<Record<string, number>>
}

type Wish = Partial<ParseSettings>

/**
 * Runs batches through one parser and ends all joins. `restartAfter` are batches after which a new process goes on with
 * the saved state: nothing else of the old one is left.
 */
function outcomeOf(
  batches: readonly RecordBatch[],
  wish: Wish,
  restartAfter: ReadonlySet<number> = new Set(),
): Outcome {
  const documents: JsonObject[] = []
  const places: [bigint, number][] = []
  const dead: string[] = []
  const drops: Record<string, number> = {}
  let tables = new EventTables()
  const parserOf = (): ReturnType<ReturnType<typeof createParseStage>['parserFor']> =>
    createParseStage(goldenSettings(wish), formats, tables).parserFor(plainSource())
  let parser = parserOf()
  function take(events: EventBatch): void {
    documents.push(...documentsOf(events))
    for (let row = 0; row < events.count; row++) {
      const { offset, sub } = events.position(row)
      places.push([offset, sub])
    }
    for (const { record, reason } of events.dead) {
      dead.push(`${events.records.base + BigInt(events.records.offset[record]!)} ${reason}`)
    }
    for (const [reason, count] of events.drops) drops[reason] = (drops[reason] ?? 0) + count
  }
  batches.forEach((records, i) => {
    const events = new EventBatch(tables)
    events.reset(records)
    parser.parse(records, events)
    take(events)
    if (!restartAfter.has(i)) return
    const state = parser.save()
    tables = new EventTables()
    parser = parserOf()
    parser.restore(state)
    expect(parser.save()).toEqual(state)
  })
  const end = batches.at(-1)!
  const events = new EventBatch(tables)
  events.reset(new RecordBatch(plainSource(), new Uint8Array(0), end.base + BigInt(end.next), 0))
  parser.flush(events)
  expect(parser.hasOpenJoins).toBe(false)
  take(events)
  return { documents, places, dead, drops }
}

/**
 * Lines as batches that begin at the given lines. They come a tenth of a second apart, or as those of a file do: only
 * the first one has a time.
 */
function batchesOf(lines: readonly string[], cuts: readonly number[], isTimed = true): RecordBatch[] {
  const ends = [...new Set(cuts.map((cut) => cut % lines.length))].filter((cut) => cut > 0).sort((a, b) => a - b)
  const batches: RecordBatch[] = []
  let from = 0
  let offset = 0
  for (const end of [...ends, lines.length]) {
    const bytes = Uint8Array.from(Buffer.from(lines.slice(from, end).join('\n') + '\n'))
    const records = new RecordBatch(plainSource(), bytes, BigInt(offset), 4)
    splitLines(records, 0, bytes.length, { timestamp: NaN, offset: 0, isEnd: true })
    for (let i = 0; i < records.count; i++) {
      if (isTimed || from + i === 0) records.timestamp[i] = referenceMs + (from + i) * 100
    }
    batches.push(records)
    offset += bytes.length
    from = end
  }
  return batches
}

/** One record per value, whatever is in it: values come from other programs than ours. */
function recordsOf(values: readonly Uint8Array[]): RecordBatch {
  const bytes = Uint8Array.from(Buffer.concat(values))
  const records = new RecordBatch(plainSource(), bytes, 0n, values.length)
  let at = 0
  values.forEach((value, i) => {
    records.push(i, referenceMs, at, at + value.length)
    at += value.length
  })
  records.next = values.length
  return records
}

/** A line with some of its bytes changed, cut out or doubled. */
function spoilt(lines: readonly string[]): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[]=:,| \t\u001b%')), fc.integer({ min: 0, max: 255 }))
  const change = fc.tuple(fc.nat(), byte, fc.constantFrom('set', 'cut', 'insert', 'repeat', 'end'))
  return fc.tuple(fc.constantFrom(...lines), fc.array(change, { maxLength: 6 })).map(([line, changes]) => {
    let bytes = [...Buffer.from(line)]
    for (const [place, value, what] of changes) {
      const at = place % (bytes.length + 1)
      if (what === 'set') bytes[at] = value
      else if (what === 'cut') bytes.splice(at, 1 + (value % 8))
      else if (what === 'insert') bytes.splice(at, 0, value)
      else if (what === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + (value % 32)))
      else bytes = bytes.slice(0, at)
    }
    return Uint8Array.from(bytes)
  })
}

const cuts = fc.array(fc.nat(200), { maxLength: 6 })

describe.each(formats)('the format $name', ({ name, example }) => {
  const own = linesOf(name, example)
  const mixed = fc.array(fc.oneof(fc.constantFrom(...own), fc.constantFrom(...between)), {
    minLength: 1,
    maxLength: 16,
  })
  const wishes: readonly Wish[] = [{ format: name }, { format: 'auto' }]
  const wish = fc.constantFrom(...wishes)

  test('makes of every record events, a dead letter or a counted drop, whatever its bytes are', () => {
    const value = fc.oneof(spoilt(own), spoilt(own), fc.uint8Array({ maxLength: 80 }))
    const property = fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), wish, (values, asked) => {
      const records = recordsOf(values)
      const { places, dead, drops } = outcomeOf([records], asked)
      const events = new Set(places.map(([offset]) => offset))
      const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0)
      expect(events.size + dead.length + dropped).toBe(records.count)
      expect(new Set(places.map((place) => place.join('.'))).size).toBe(places.length)
      // A line of text never is one: what a scanner throws is a bug.
      expect(dead.filter((one) => one.includes('handler_error'))).toEqual([])
    })
    fc.assert(property, { numRuns: 30 })
  })

  test('gives equal events wherever batches are cut and a new process goes on', () => {
    const restarts = fc.array(fc.nat(6), { maxLength: 4 })
    const how = fc.record({ asked: wish, isTimed: fc.boolean() })
    const property = fc.property(mixed, cuts, restarts, how, (lines, where, after, { asked, isTimed }) => {
      const joining = { ...asked, multiline: 'auto', ...(isTimed ? {} : { referenceMs: NaN }) } as const
      const whole = outcomeOf(batchesOf(lines, [], isTimed), joining)
      expect(outcomeOf(batchesOf(lines, where, isTimed), joining, new Set(after))).toEqual(whole)
    })
    fc.assert(property, { numRuns: 16 })
  })

  test('keeps the order of records, and joins no more lines than there are', () => {
    const property = fc.property(mixed, wish, (lines, asked) => {
      const { documents, places, dead, drops } = outcomeOf(batchesOf(lines, []), { ...asked, multiline: 'auto' })
      const offsets = places.map(([offset]) => offset)
      expect(offsets).toEqual([...offsets].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
      const rest = dead.length + (drops['empty'] ?? 0)
      expect(new Set(offsets).size + rest).toBeLessThanOrEqual(lines.length)
      if (lines.some((line) => line.trim() !== '')) expect(documents.length).toBeGreaterThan(0)
    })
    fc.assert(property, { numRuns: 8 })
  })
})
