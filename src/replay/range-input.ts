import type { Clock } from '../core/clock.ts'
import type { Partition, ReadResult, RecordInput } from '../core/component.ts'
import { LogpipeError } from '../core/error.ts'
import { RecordBatch } from '../core/record-batch.ts'

/** Which records of a source are read: [from, to). */
export interface SourceRange {
  /** Undefined: the first one that there is. */
  readonly from: bigint | undefined
  readonly to: bigint
  /** Record time of the first record if it has none of its own, epoch ms; undefined: that of the partition. */
  readonly recordMs?: number | undefined
}

/** How the ranges of a replay end. */
export interface RangeOptions {
  /** By id of source. Others are not read. */
  readonly ranges: ReadonlyMap<string, SourceRange>
  /** True: the end of a range is the end of the input. False: it is where the run before stopped, and nothing ends there. */
  readonly isEnd: boolean
  /** Reads what is still there of a range instead of refusing it. */
  readonly allowsGaps: boolean
  /** Called when a range cannot be read on. */
  readonly onFailure: (error: unknown) => void
}

/**
 * The partitions of an input within their ranges. `discover` rejects with LP_REPLAY_RANGE where a part of a range is gone,
 * before anything is read; `expected` are the sources of this input that have to be there, id to name.
 */
export function rangeInput(
  input: RecordInput,
  expected: ReadonlyMap<string, string>,
  options: RangeOptions,
): RecordInput {
  let partitions: readonly Partition[] | undefined
  return {
    isBounded: true,
    async discover() {
      partitions ??= inRange(await input.discover(), expected, options)
      return partitions
    },
    stop: () => input.stop(),
  }
}

function inRange(
  found: readonly Partition[],
  expected: ReadonlyMap<string, string>,
  options: RangeOptions,
): Partition[] {
  const { ranges, allowsGaps } = options
  const gaps: string[] = []
  const kept: Partition[] = []
  for (const partition of found) {
    const range = ranges.get(partition.source.id)
    if (range === undefined) continue
    const end = partition.end()
    const wanted = range.from ?? partition.start
    const from = wanted < partition.start ? partition.start : wanted
    const to = end >= 0n && end < range.to ? end : range.to
    if (from > wanted) gaps.push(`${partition.source.name}:${wanted}-${from}`)
    if (to < range.to) gaps.push(`${partition.source.name}:${to}-${range.to}`)
    kept.push(new RangePartition(partition, { from, to, recordMs: range.recordMs }, options))
  }
  const there = new Set(found.map(({ source }) => source.id))
  for (const [id, name] of expected) {
    const { from = 0n, to } = ranges.get(id) ?? { to: 0n }
    if (!there.has(id) && from < to) gaps.push(`${name}:${from}-${to}`)
  }
  if (gaps.length > 0 && !allowsGaps) {
    throw new LogpipeError('LP_REPLAY_RANGE', `reading ${gaps.join(', ')}: the records are gone`, {
      remedy: 'Choose a later start, or take --allow-gaps to go on without them.',
    })
  }
  return kept
}

/** A partition that begins and ends with a range. */
class RangePartition implements Partition {
  readonly source: Partition['source']
  readonly start: bigint
  readonly #whole: Partition
  readonly #to: bigint
  readonly #recordMs: number | undefined
  readonly #options: RangeOptions

  constructor(whole: Partition, range: SourceRange & { from: bigint }, options: RangeOptions) {
    this.#whole = whole
    this.source = whole.source
    this.start = range.from
    this.#to = range.to
    this.#recordMs = range.recordMs
    this.#options = options
  }

  end(): bigint {
    return this.#to
  }

  async read(from: bigint, maxBytes: number): Promise<ReadResult> {
    const { isEnd, onFailure } = this.#options
    if (from >= this.#to) {
      const records = new RecordBatch(this.source, new Uint8Array(0), from, 0)
      return { records, isAtEnd: true, isFinished: isEnd }
    }
    try {
      const { records } = await this.#whole.read(from, maxBytes)
      if (records.next === 0)
        throw new LogpipeError('LP_REPLAY_RANGE', `reading ${this.source.name} from ${from}: it ends there`)
      cutBefore(records, this.#to)
      if (from === this.start && Number.isNaN(records.timestamp[0])) records.timestamp[0] = this.#recordMs ?? NaN
      return { records, isAtEnd: false, isFinished: false }
    } catch (error) {
      onFailure(error)
      throw error
    }
  }

  close(): Promise<void> {
    return this.#whole.close()
  }
}

/** Leaves only the records before an absolute position. */
function cutBefore(records: RecordBatch, limit: bigint): void {
  const delta = Number(limit - records.base)
  if (records.next <= delta) return
  while (records.count > 0 && records.offset[records.count - 1]! >= delta) records.count--
  records.next = delta
}

/**
 * The clock of a replay: it stands still, so that nothing is decided that was not decided then. Somebody who waits has
 * nothing left to do: `onIdle` is told, and the wait ends at the next turn of the event loop.
 */
export class StillClock implements Clock {
  readonly #atMs: number
  readonly #onIdle: () => void

  constructor(atMs: number, onIdle: () => void) {
    this.#atMs = atMs
    this.#onIdle = onIdle
  }

  now(): number {
    return this.#atMs
  }

  schedule(_atMs: number, run: () => void): () => void {
    const turn = setImmediate(() => {
      this.#onIdle()
      run()
    })
    return () => clearImmediate(turn)
  }
}
