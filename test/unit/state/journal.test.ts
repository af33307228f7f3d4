import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesOf, textOf } from '../../../src/core/byte-writer.ts'
import type { ReadResult } from '../../../src/core/component.ts'
import { StoreJournal } from '../../../src/state/journal.ts'
import { noon, temporaryFolder } from '../../support/stored-events.ts'

let folder: ReturnType<typeof temporaryFolder>
let journal: StoreJournal
beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(folder.dir, { recursive: true })
  journal = new StoreJournal(folder.dir, 1000)
})
afterEach(() => {
  journal.close()
  folder.remove()
})

const lines = (from: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => bytesOf(`{"level":30,"msg":"order ${from + i}"}`))

function contents({ records }: ReadResult): [number, number, string][] {
  return Array.from({ length: records.count }, (_, i) => [
    Number(records.base) + records.offset[i]!,
    records.timestamp[i]! - noon,
    textOf(records.bytes, records.valueStart[i]!, records.valueEnd[i]!).replace(/.*"order (\d+)".*/, '$1'),
  ])
}

test('gives back what was stored, with offsets and arrival times, also after a restart', async () => {
  await journal.append('/ingest', lines(0, 2), noon)
  await Promise.all([journal.append('/ingest', lines(2, 1), noon + 5), journal.append('stdin', lines(50, 1), noon + 6)])
  journal.close()
  await new Promise((done) => setImmediate(done))
  journal = new StoreJournal(folder.dir, 1000)
  const partition = journal.partition('/ingest', 'payments')
  expect(partition.source).toMatchObject({
    id: 'journal:/ingest',
    name: '/ingest',
    pipeline: 'payments',
    isFile: false,
  })
  expect([partition.start, partition.end()]).toEqual([0n, 3n])
  const all = await partition.read(0n, 1e6)
  expect(contents(all)).toEqual([
    [0, 0, '0'],
    [1, 0, '1'],
    [2, 5, '2'],
  ])
  expect(all).toMatchObject({ isAtEnd: true, isFinished: false, records: { next: 3 } })
  expect(contents(await journal.partition('stdin', 'payments').read(0n, 1e6))).toEqual([[0, 6, '50']])
  await journal.append('/ingest', lines(3, 1), noon + 7)
  expect(contents(await partition.read(3n, 1e6))).toEqual([[3, 7, '3']])
})

test('reads about as many bytes as asked for, and at least one record', async () => {
  await journal.append('/ingest', lines(0, 5), noon)
  const partition = journal.partition('/ingest', 'p')
  const one = await partition.read(1n, 1)
  expect([contents(one).length, one.isAtEnd, one.records.next]).toEqual([1, false, 1])
  expect(contents(await partition.read(1n, 70)).map(([offset]) => offset)).toEqual([1, 2])
  const end = await partition.read(5n, 1)
  expect([end.records.count, end.isAtEnd]).toEqual([0, true])
})

test('has nothing for an input that nobody wrote to', async () => {
  const partition = journal.partition('/none', 'p')
  expect([partition.start, partition.end()]).toEqual([0n, 0n])
  expect(await partition.read(0n, 100)).toMatchObject({ isAtEnd: true, records: { count: 0 } })
  expect(journal.inputs()).toEqual([])
})

test('counts its room down to nothing and gives it back when records are released', async () => {
  const size = lines(0, 1)[0]!.length
  expect(journal.room()).toBe(1000)
  await journal.append('/ingest', lines(0, 3), noon)
  expect(journal.room()).toBe(1000 - 3 * size)
  await journal.append('/ingest', [new Uint8Array(1000)], noon)
  expect(journal.room()).toBe(0)
  expect(journal.release('/ingest', { offset: 2n, atMs: Infinity }, 100)).toBe(2)
  journal.close()
  journal = new StoreJournal(folder.dir, 2000)
  expect(journal.room()).toBe(1000 - size)
})

test('releases only what lies before the position and the time, and refuses to read it from then on', async () => {
  for (let i = 0; i < 6; i++) await journal.append('/ingest', lines(i, 1), noon + i * 1000)
  expect(journal.release('/ingest', { offset: 5n, atMs: noon + 3000 }, 2)).toBe(2)
  expect(journal.release('/ingest', { offset: 5n, atMs: noon + 3000 }, 100)).toBe(1)
  expect(journal.release('/ingest', { offset: 5n, atMs: noon + 3000 }, 100)).toBe(0)
  expect(journal.release('/ingest', { offset: 4n, atMs: Infinity }, 100)).toBe(1)
  const partition = journal.partition('/ingest', 'p')
  expect(partition.start).toBe(4n)
  expect(contents(await partition.read(4n, 1e6)).map(([offset]) => offset)).toEqual([4, 5])
  await expect(partition.read(3n, 100)).rejects.toMatchObject({ code: 'LP_REPLAY_RANGE' })
  expect(journal.release('/ingest', { offset: 99n, atMs: Infinity }, 100)).toBe(2)
  await journal.append('/ingest', lines(6, 1), noon)
  expect(contents(await partition.read(6n, 100))).toEqual([[6, 0, '6']])
})

test('rejects every append of a commit that fails, and stores the next ones', async () => {
  const unbindable = {} as unknown as Uint8Array // A bug of a caller stands in for a failing disk.
  const results = await Promise.allSettled([
    journal.append('/new', lines(0, 1), noon),
    journal.append('/new', [unbindable], noon),
  ])
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
  expect(journal.room()).toBe(1000)
  await journal.append('/new', lines(7, 1), noon)
  expect(contents(await journal.partition('/new', 'p').read(0n, 100))).toEqual([[0, 0, '7']])
})
