import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { documentOf, LogEvent } from '../../../src/core/log-event.ts'
import { openStore, type Store } from '../../../src/state/store.ts'
import { batchOf, fileSource, noon, temporaryFolder, type EventSpec } from '../../support/stored-events.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store
beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.dir)
})
afterEach(() => {
  store.close()
  folder.remove()
})

function stored(): { id: string; timeMs: number; doc: unknown }[] {
  const page = store.view.query.search({ expression: '', nowMs: noon, sort: 'oldest', limit: 1000 })
  if (!page.ok) throw new Error(page.problem.message)
  return page.value.events.map((event) => ({ ...event, doc: JSON.parse(event.doc) as unknown }))
}

function lines(count: number, message = (i: number): string => `GET /cart/${i} 200`): EventSpec[] {
  return Array.from({ length: count }, (_, i) => ({ message: message(i), timeMs: noon + i, service: `shop-${i % 3}` }))
}

describe('the store as a sink', () => {
  test('stores the document and the id of each row, and nothing before the commit', async () => {
    const batch = batchOf(lines(37))
    await store.events.write(batch, 0)
    expect(stored()).toEqual([])
    store.flush()
    const expected = Array.from({ length: 37 }, (_, row) => ({
      id: new LogEvent(batch, row).id,
      timeMs: noon + row,
      doc: JSON.parse(JSON.stringify(documentOf(batch, row))) as unknown,
    }))
    expect(stored()).toEqual(expected)
    expect(store.counts.events).toEqual({ written: 37, repeated: 0, mismatched: 0 })
  })

  test('takes the rows from the given one on', async () => {
    await store.events.write(batchOf(lines(20)), 17)
    store.flush()
    expect(stored().map((event) => event.timeMs - noon)).toEqual([17, 18, 19])
  })

  test.each([1, 15, 16, 17, 33])('keeps one copy of %i rows that come again', async (repeated) => {
    await store.events.write(batchOf(lines(repeated)), 0)
    await store.events.write(batchOf(lines(40)), 0)
    store.flush()
    expect(stored().map((event) => event.timeMs - noon)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(store.counts.events).toEqual({ written: 40, repeated, mismatched: 0 })
    expect(store.view.query.count({ expression: 'cart', nowMs: noon })).toEqual({ ok: true, value: 40 })
  })

  test('counts another content under a known id, and keeps the first', async () => {
    await store.events.write(batchOf(lines(20)), 0)
    await store.events.write(batchOf(lines(20, (i) => (i === 3 ? 'GET /cart/3 500' : `GET /cart/${i} 200`))), 0)
    store.flush()
    expect(store.counts.events).toEqual({ written: 20, repeated: 19, mismatched: 1 })
    expect(stored()[3]).toMatchObject({ doc: { message: 'GET /cart/3 200' } })
  })

  test('keeps the sources apart', async () => {
    await store.events.write(batchOf(lines(2), { source: fileSource('/var/log/a.log') }), 0)
    await store.events.write(batchOf(lines(2), { source: fileSource('/var/log/b.log') }), 0)
    store.flush()
    expect(new Set(stored().map((event) => event.id)).size).toBe(4)
    const count = store.view.query.count({ expression: 'source:/var/log/b.log', nowMs: noon })
    expect(count).toEqual({ ok: true, value: 2 })
  })

  test('finds any message by its words, as it was written', async () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9]{1,12}$/)
    const other = fc.constantFrom(
      '支付',
      '超时',
      'Größe',
      'ſtop',
      'ｆｕｌｌ',
      'สวัสดี',
      '"',
      '\\',
      "'",
      '*',
      '\u0000',
      'a-b',
      '😀x',
    )
    const message = fc.array(fc.oneof(word, other), { minLength: 1, maxLength: 6 }).map((words) => words.join(' '))
    let base = 0
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        fc.pre(/[\p{L}\p{N}]/u.test(text))
        base += 1000
        const batch = batchOf([{ message: text, timeMs: noon }], { base })
        await store.events.write(batch, 0)
        store.flush()
        const expression = `"${text.replace(/["\\]/g, '\\$&')}"`
        const page = store.view.query.search({ expression, nowMs: noon, limit: 10_000 })
        const id = new LogEvent(batch, 0).id
        expect(page.ok && page.value.events.map((event) => event.id)).toContain(id)
      }),
      { numRuns: 150 },
    )
  })
})
