import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { Dictionary, otherWord } from '../../../src/core/dictionary.ts'
import { EventBatch, EventTables, numberOf, wordOf, type Json } from '../../../src/core/event-batch.ts'
import { EventWriter } from '../../../src/core/event-writer.ts'
import { RecordBatch } from '../../../src/core/record-batch.ts'
import { eventsOf, sourceOf } from '../../support/events.ts'

/** One row per value, as a scanner of JSON writes it: strings by the inside of their quotes, the rest as literals. */
function scanned(values: readonly Json[]): EventBatch {
  const texts = values.map((value) => JSON.stringify(value))
  const records = new RecordBatch(sourceOf('s1'), bytesOf(texts.join('')), 0n, values.length)
  const tables = new EventTables()
  const batch = new EventBatch(tables)
  batch.reset(records)
  const writer = new EventWriter(batch)
  const format = tables.formatId({ name: 'plain', constants: {}, isAccess: false })
  let at = 0
  values.forEach((value, i) => {
    const end = at + bytesOf(texts[i]!).length
    writer.begin()
    writer.setFormat(format)
    const field = tables.fields.id('attributes.x')
    if (typeof value === 'string') writer.jsonText(field, at + 1, end - 1)
    else writer.literal(field, at, end)
    writer.end(i, i, 0, 0)
    at = end
  })
  return batch
}

const json = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => text !== ''),
  fc.string({ unit: fc.constantFrom('1', '2', '0', '.', '-', 'e', ' ') }).filter((text) => text !== ''),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
)

describe('columns made of entries', () => {
  it('of numbers hold what the values say as numbers', () => {
    fc.assert(
      fc.property(fc.array(json), (values) => {
        const column = scanned(values).numeric(new EventTables().fields.id('attributes.x'))
        expect([...column].map((value) => value + 0)).toEqual(values.map((value) => numberOf(value) + 0))
      }),
    )
  })

  it('of words hold what the values say as words', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            json.filter((value) => typeof value !== 'number'),
            fc.nat(),
          ),
        ),
        (values) => {
          const dictionary = new Dictionary()
          const column = scanned(values).ids(new EventTables().fields.id('attributes.x'), dictionary)
          expect([...column].map((id) => dictionary.word(id))).toEqual(values.map(wordOf))
        },
      ),
    )
  })

  it('of words hold constants and columns, and -1 for what is absent', () => {
    const events = [
      { at: 0, 'http.response.status_code': 502, 'logpipe.level': 'error' },
      { at: 1, 'http.response.status_code': 502 },
      { at: 2, 'user.name': 'ann' },
    ]
    const batch = eventsOf(events)
    const dictionary = new Dictionary()
    function wordsOf(field: string): (string | undefined)[] {
      return [...batch.ids(batch.tables.fields.id(field), dictionary)].map((id) =>
        id < 0 ? undefined : dictionary.word(id),
      )
    }
    expect(wordsOf('http.response.status_code')).toEqual(['502', '502', undefined])
    expect(wordsOf('logpipe.level')).toEqual(['error', undefined, undefined])
    expect(wordsOf('logpipe.error')).toEqual(['true', 'true', undefined])
    expect(wordsOf('event.outcome')).toEqual(['failure', 'failure', undefined])
    expect(wordsOf('event.dataset')).toEqual(['shop.app', 'shop.app', 'shop.app'])
    expect(wordsOf('user.name')).toEqual([undefined, undefined, 'ann'])
    expect([...batch.ids(batch.tables.fields.id('user.name'), new Dictionary())]).toEqual([-1, -1, 0])
  })
})

describe('a dictionary', () => {
  it('gives equal words equal numbers, and other words others', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\\'), maxLength: 9 })), (words) => {
        const dictionary = new Dictionary()
        const ids = words.map((word) => dictionary.internText(word))
        expect(ids.map((id) => dictionary.word(id))).toEqual(words)
        expect(dictionary.size).toBe(new Set(words).size)
        expect(ids.map((id) => dictionary.hasBackslash(id))).toEqual(words.map((word) => word.includes('\\')))
      }),
    )
  })

  it('has one word for all beyond its limit', () => {
    const dictionary = new Dictionary(2)
    expect(['a', 'b', 'c', 'd', 'a'].map((word) => dictionary.word(dictionary.internText(word)))).toEqual([
      'a',
      'b',
      otherWord,
      otherWord,
      'a',
    ])
  })
})
