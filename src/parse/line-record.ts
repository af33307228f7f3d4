import type { EventBatch } from '../core/event-batch.ts'
import type { WholeValue } from '../core/record-batch.ts'
import type { Group } from './group.ts'

/**
 * One record on its way to a row: the one at hand, or the one of the last row as long as lines may follow it. A parser
 * has two and reuses them.
 */
export class LineRecord {
  /** Span of the text, without line end and byte order mark. */
  start = 0
  end = 0
  /** It has to be cleaned. */
  isOdd = false
  /** What it was if its source has cut it. */
  whole: WholeValue | undefined = undefined
  /** Absolute position; both are those of the one record. */
  offset = 0
  offsetEnd = 0
  /** Own record time, epoch ms; NaN if it has none. */
  timestamp = NaN
  /** Reference of times without year, epoch ms. */
  reference = NaN
  /** As in `Group`. */
  stream = 0
  state = 0
  clock = NaN
  isEnveloped = false
  // What the writer was before it.
  #numbers = 0
  #scratch = 0
  #odd = 0
  /** Event time of the row before. */
  previousMs = NaN

  /** Remembers the writer before the row is begun. */
  mark(batch: EventBatch, previousMs: number): void {
    this.#numbers = batch.numberCount
    this.#scratch = batch.scratchEnd
    this.#odd = batch.oddRecords
    this.previousMs = previousMs
  }

  /** Takes its row, the last one, out of the batch. */
  takeBack(batch: EventBatch, row: number): void {
    batch.count = row
    batch.entryCount = batch.entryFrom[row]!
    batch.numberCount = this.#numbers
    batch.scratchEnd = this.#scratch
    batch.oddRecords = this.#odd
    batch.odd.delete(row)
  }

  /** Makes an empty group one of this record. */
  fill(group: Group, bytes: Uint8Array): void {
    group.stream = this.stream
    group.state = this.state
    group.clock = this.clock
    group.isEnveloped = this.isEnveloped
    group.offset = this.offset
    group.offsetEnd = this.offset
    group.timestamp = this.timestamp
    group.reference = this.reference
    group.whole = this.whole
    group.record.copy(bytes, this.start, this.end)
  }
}

/** FNV-1a of a record key as the key of a stream; never 0, which means that there is none. */
export function streamOfKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = -2128831035
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 16777619)
  return hash >>> 0 || 1
}
