import { expect, test } from 'vitest'
import type { Partition, RecordInput } from '../../../src/core/component.ts'
import { LogpipeError } from '../../../src/core/error.ts'
import { RecordBatch } from '../../../src/core/record-batch.ts'
import { rangeInput, StillClock, type RangeOptions, type SourceRange } from '../../../src/replay/range-input.ts'
import { sourceOf } from '../../support/events.ts'

/** Records at each position of [start, end), read up to `failsAt`. */
function partitionOf(id: string, start: bigint, end: bigint, failsAt = end): Partition {
  const source = sourceOf(id)
  return {
    source,
    start,
    end: () => end,
    async read(from) {
      if (from >= failsAt && from < end) throw new LogpipeError('LP_SOURCE_READ', `reading ${id}`)
      const records = new RecordBatch(source, new Uint8Array(0), from, 8)
      for (let i = 0; i < 8 && from + BigInt(i) < failsAt; i++) records.push(i, NaN, 0, 0)
      records.next = records.count
      return { records, isAtEnd: false, isFinished: false }
    },
    close: () => Promise.resolve(),
  }
}

async function ranged(
  partitions: readonly Partition[],
  ranges: Readonly<Record<string, SourceRange>>,
  options: Partial<RangeOptions> = {},
): Promise<readonly Partition[]> {
  const input: RecordInput = {
    isBounded: false,
    discover: () => Promise.resolve(partitions),
    stop: () => Promise.resolve(),
  }
  const expected = new Map(Object.keys(ranges).map((id) => [id, `/srv/${id}.log`]))
  const whole = { isEnd: true, allowsGaps: false, onFailure: () => {}, ...options }
  return await rangeInput(input, expected, { ranges: new Map(Object.entries(ranges)), ...whole }).discover()
}

async function positions(partition: Partition): Promise<number[]> {
  const seen: number[] = []
  for (let at = partition.start; ;) {
    const { records, isFinished } = await partition.read(at, 1 << 16)
    for (let i = 0; i < records.count; i++) seen.push(Number(records.base) + records.offset[i]!)
    at = records.base + BigInt(records.next)
    if (isFinished) return seen
  }
}

test('a partition is read from the first to before the last position of its range', async () => {
  const [partition] = await ranged([partitionOf('a', 0n, 100n)], { a: { from: 5n, to: 27n } })
  expect(await positions(partition!)).toEqual(Array.from({ length: 22 }, (_, i) => i + 5))
  expect(partition?.end()).toBe(27n)
})

test('partitions without a range are left out', async () => {
  const found = await ranged([partitionOf('a', 0n, 9n), partitionOf('b', 0n, 9n)], { b: { from: undefined, to: 9n } })
  expect(found.map(({ source }) => source.id)).toEqual(['b'])
})

test('where a run only stopped, nothing is finished', async () => {
  const [partition] = await ranged([partitionOf('a', 0n, 9n)], { a: { from: 0n, to: 9n } }, { isEnd: false })
  expect(await partition?.read(9n, 1)).toMatchObject({ isAtEnd: true, isFinished: false })
})

test('the first record of a range has the record time that it had then', async () => {
  const [partition] = await ranged([partitionOf('a', 0n, 9n)], { a: { from: 3n, to: 9n, recordMs: 1234 } })
  const first = await partition!.read(3n, 1)
  expect([...first.records.timestamp.subarray(0, 2)]).toEqual([1234, NaN])
  const second = await partition!.read(4n, 1)
  expect(second.records.timestamp[0]).toBeNaN()
})

test.each([
  ['before its first record', partitionOf('a', 4n, 9n), 'a:2-4'],
  ['behind its last record', partitionOf('a', 0n, 7n), 'a:7-9'],
  ['all of it', partitionOf('b', 0n, 9n), '/srv/a.log:2-9'],
])('a gap %s is refused by name, or passed over', async (_where, partition, gap) => {
  const ranges = { a: { from: 2n, to: 9n } }
  await expect(ranged([partition], ranges)).rejects.toMatchObject({
    code: 'LP_REPLAY_RANGE',
    message: `reading ${gap}: the records are gone`,
  })
  const found = await ranged([partition], ranges, { allowsGaps: true })
  for (const one of found) expect(await positions(one)).not.toEqual([])
})

test('what fails on the way is told at once', async () => {
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => void failures.push(error)
  const [partition] = await ranged([partitionOf('a', 0n, 9n, 4n)], { a: { from: 0n, to: 9n } }, { onFailure })
  await expect(positions(partition!)).rejects.toMatchObject({ code: 'LP_SOURCE_READ' })
  expect(failures).toHaveLength(1)
})

test('the clock stands still, and tells when somebody waits', async () => {
  const told: string[] = []
  const clock = new StillClock(7, () => told.push('idle'))
  await new Promise<void>((resolve) => clock.schedule(1e9, resolve))
  expect([clock.now(), told]).toEqual([7, ['idle']])
  clock.schedule(0, () => told.push('cancelled'))()
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['idle'])
})
