import { Readable } from 'node:stream'
import { appendFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isLogpipeError } from '../../src/core/error.ts'
import type { Partition, RecordInput, SourceDefinition, SourcePorts } from '../../src/core/component.ts'
import type { RecordBatch } from '../../src/core/record-batch.ts'
import { sources } from '../../src/registry.ts'
import { openStore } from '../../src/state/store.ts'
import { FakePorts } from '../support/source-ports.ts'
import { temporaryFolder } from '../support/stored-events.ts'

/** What a source runs on; it outlives one build, as the store outlives a process. */
interface World {
  readonly dir: string
  readonly ports: SourcePorts & Pick<FakePorts, 'routes' | 'errors'>
  /** Moves the clock on. */
  passes(ms: number): void
}

const cleanups: (() => void)[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** The journal is the real one: what came over a wire is read from there. */
function newWorld(): World {
  const folder = temporaryFolder()
  const { dir } = folder
  const store = openStore(path.join(dir, 'data'))
  const fake = new FakePorts()
  cleanups.push(
    () => folder.remove(),
    () => store.close(),
  )
  const { pipeline, now, memory, report, ingest, routes, errors } = fake
  return {
    dir,
    ports: { pipeline, now, memory, report, ingest, routes, errors, journal: store.journal },
    passes: (ms) => void (fake.nowMs += ms),
  }
}

/** How lines get into a source. One that has no row gives records by itself for its example. */
interface Feed {
  config(world: World): object
  /** Called before the source is built. */
  before?(world: World, lines: readonly string[]): void
  /** Called after it was built and discovered; resolves when the lines are there. */
  after?(world: World, lines: readonly string[], partitions: readonly Partition[]): Promise<void>
  /** Lines that come while it runs. */
  more?(world: World, lines: readonly string[]): Promise<void>
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

async function post({ ports }: World, lines: readonly string[]): Promise<void> {
  for (const accept of ports.routes.values()) {
    const outcome = await accept(Buffer.from(textOf(lines)), 'text/plain')
    expect(outcome).toEqual({ status: 'stored', records: lines.length })
  }
}

const files: Feed = {
  config: ({ dir }) => ({ paths: [path.join(dir, '*.log')] }),
  before(world, lines) {
    // Two files, so that there is an order to keep.
    const half = lines.length >> 1
    writeFileSync(path.join(world.dir, 'b.log'), textOf(lines.slice(0, half)))
    writeFileSync(path.join(world.dir, 'a.log'), textOf(lines.slice(half)))
  },
  more: async ({ dir }, lines) => appendFileSync(path.join(dir, 'a.log'), textOf(lines)),
}

const feeds: Readonly<Record<string, Feed>> = {
  file: files,
  'file without follow': { ...files, config: (world) => ({ ...files.config(world), follow: false }) },
  stdin: {
    config: () => ({}),
    before: (_world, lines) =>
      void vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(textOf(lines))]) as never),
    after: (_world, lines, partitions) =>
      vi.waitFor(async () => {
        expect(await partitions[0]!.read(BigInt(lines.length), 1)).toMatchObject({ isFinished: true })
      }),
  },
  http: { config: () => ({ name: 'shop' }), after: post, more: post },
}

const ownLines: Feed = { config: () => ({}) }

interface Case {
  readonly name: string
  readonly definition: SourceDefinition
  readonly feed: Feed
  /** False: it makes its own lines. */
  readonly isFed: boolean
}

const cases = sources.flatMap((definition): Case[] => {
  const fed = Object.entries(feeds).filter(([name]) => name.split(' ')[0] === definition.type)
  if (fed.length > 0) return fed.map(([name, feed]) => ({ name, definition, feed, isFed: true }))
  const feed = { ...ownLines, config: () => definition.example as object }
  return [{ name: definition.type, definition, feed, isFed: false }]
})

function build({ definition, feed }: Case, world: World): RecordInput {
  return definition.build(definition.config.parse(feed.config(world)) as never, world.ports)
}

/** Partitions of a source that has all lines. */
async function started(one: Case, world: World, lines: readonly string[]) {
  one.feed.before?.(world, lines)
  const input = build(one, world)
  cleanups.push(() => void input.stop())
  await one.feed.after?.(world, lines, await input.discover())
  world.passes(3_600_000) // A source that is paced by the clock has all of its lines by then.
  return { input, partitions: await input.discover() }
}

interface Read {
  readonly at: bigint
  readonly value: string
}

function recordsOf(batch: RecordBatch): Read[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    at: batch.base + BigInt(batch.offset[i]!),
    value: Buffer.from(batch.bytes.subarray(batch.valueStart[i], batch.valueEnd[i])).toString('base64'),
  }))
}

const maxRounds = 2000

/** Reads on to the end, or `most` records; checks each answer by itself. */
async function readOn(partition: Partition, from: bigint, maxBytes: number, most = 120) {
  const read: Read[] = []
  const starts = [from]
  let next = from
  for (let round = 0; round < maxRounds; round++) {
    const { records, isAtEnd, isFinished } = await partition.read(next, maxBytes)
    const found = recordsOf(records)
    expect(records.base).toBe(next)
    expect(records.source.id).toBe(partition.source.id)
    const places = [...found.map(({ at }) => at), records.base + BigInt(records.next)]
    places.reduce((before, place, i) => {
      expect(place >= before + (i === 0 ? 0n : 1n), `${places.join()} ascend`).toBe(true)
      return place
    }, next)
    if (found.length === 0) expect(isFinished || isAtEnd || partition.end() === -1n, 'at least one').toBe(true)
    const sizes = found.map(({ value }) => Buffer.from(value, 'base64').length)
    const before = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0)
    // "About": a source may read a page of its own at a time, but no more because there is more.
    expect(before).toBeLessThanOrEqual(Math.max(maxBytes, 4096))
    read.push(...found)
    next = records.base + BigInt(records.next)
    if (found.length > 0) starts.push(next)
    if (isFinished) expect(isAtEnd).toBe(true)
    if (isAtEnd || read.length >= most) return { read, starts, next, isAtEnd, isFinished }
  }
  throw new Error(`${partition.source.name} does not come to an end`)
}

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/[\r\n\ufeff]/.test(text))
  .map((text) => `n=1 ${text}`)
const someLines = fc.array(line, { minLength: 2, maxLength: 30 })
/** Beside short lines one that is longer than what is asked for at once. */
const lines = fc.tuple(someLines, fc.nat(20_000)).map(([some, length]) => [...some, `long ${'x'.repeat(length)}`])
const budget = fc.integer({ min: 1, max: 6000 })

async function each<Value>(arbitrary: fc.Arbitrary<Value>, runs: number, check: (value: Value) => Promise<void>) {
  const property = fc.asyncProperty(arbitrary, async (value) => {
    await check(value)
    vi.restoreAllMocks()
    for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  })
  await fc.assert(property, { numRuns: runs })
}

describe.each(cases)('the source $name', (one) => {
  test('gives what went in, once, in order, however little is asked for at once', () =>
    each(fc.record({ lines, budget }), 8, async (given) => {
      const { partitions } = await started(one, newWorld(), given.lines)
      const values: string[] = []
      for (const partition of partitions) {
        const { read } = await readOn(partition, partition.start, given.budget)
        values.push(...read.map(({ value }) => Buffer.from(value, 'base64').toString()))
      }
      expect(values.length).toBeGreaterThan(0)
      if (one.isFed) expect(values.sort()).toEqual([...given.lines].sort())
    }))

  test('finds its partitions in a stable order, also after a restart', async () => {
    const world = newWorld()
    const given = ['n=1', 'n=2', 'n=3', 'n=4']
    const { input, partitions } = await started(one, world, given)
    const ids = partitions.map(({ source }) => source.id)
    expect(new Set(ids).size).toBe(ids.length)
    world.passes(60_000)
    expect((await input.discover()).map(({ source }) => source.id)).toEqual(ids)
    await input.stop()
    const again = build(one, world)
    expect((await again.discover()).map(({ source }) => source.id)).toEqual(ids)
    await again.stop()
  })

  test('gives equal bytes when it is read again from any position, also after a restart', () =>
    each(fc.record({ lines, budget, other: budget, pick: fc.nat() }), 7, async (given) => {
      const world = newWorld()
      const { input, partitions } = await started(one, world, given.lines)
      const firsts = new Map<string, Awaited<ReturnType<typeof readOn>>>()
      for (const partition of partitions) {
        const first = await readOn(partition, partition.start, given.budget)
        firsts.set(partition.source.id, first)
        const from = first.starts[given.pick % first.starts.length]!
        const { read } = await readOn(partition, from, given.other, first.read.length)
        const expected = first.read.filter(({ at }) => at >= from)
        expect(read.slice(0, expected.length)).toEqual(expected)
      }
      await input.stop()
      const restarted = build(one, world)
      for (const partition of await restarted.discover()) {
        const { read, starts } = firsts.get(partition.source.id)!
        const from = starts[given.pick % starts.length]!
        const expected = read.filter(({ at }) => at >= from)
        const again = await readOn(partition, from, given.other, Math.max(1, expected.length))
        expect(again.read.slice(0, expected.length)).toEqual(expected)
      }
      await restarted.stop()
    }))

  test('is bounded if and only if all of its partitions finish; nothing comes after that', async () => {
    const world = newWorld()
    const { input, partitions } = await started(one, world, ['n=1', 'n=2', 'n=3'])
    const ends = []
    for (const partition of partitions) {
      const { next } = await readOn(partition, partition.start, 1 << 16, Infinity)
      const end = await partition.read(next, 1 << 20)
      ends.push(end.isFinished)
      expect([end.records.count, end.isAtEnd]).toEqual([0, true])
      if (partition.end() !== -1n) expect(partition.end()).toBe(next)
    }
    expect(ends).toEqual(partitions.map(() => input.isBounded))
  })

  if (one.feed.more !== undefined)
    test('goes on with what comes later', async () => {
      const world = newWorld()
      const { input, partitions } = await started(one, world, ['n=1', 'n=2'])
      const [partition] = partitions
      const { next } = await readOn(partition!, partition!.start, 1 << 20)
      await one.feed.more!(world, ['n=3 é'])
      world.passes(60_000)
      await input.discover()
      const { read } = await readOn(partition!, next, 1 << 20)
      const later = input.isBounded ? [] : ['n=3 é']
      expect(read.map(({ value }) => Buffer.from(value, 'base64').toString())).toEqual(later)
    })

  test('refuses a position that is gone with an error that names the partition', async () => {
    const { partitions } = await started(one, newWorld(), ['n=1', 'n=2'])
    for (const partition of partitions) {
      const error: unknown = await partition.read(partition.start - 1n, 1000).catch((cause: unknown) => cause)
      expect(isLogpipeError(error) && [error.code, error.message]).toEqual([
        'LP_REPLAY_RANGE',
        expect.stringContaining(partition.source.name),
      ])
    }
  })

  test('may be stopped before it was started, and stopped and closed twice', async () => {
    await build(one, newWorld()).stop()
    const world = newWorld()
    const { input, partitions } = await started(one, world, ['n=1', 'n=2'])
    for (const partition of partitions) {
      await partition.read(partition.start, 1)
      await partition.close()
      await partition.close()
    }
    await input.stop()
    await input.stop()
    expect(world.ports.errors).toEqual([])
  })
})
