import type { Bag } from './bag.ts'
import type { Position } from './record-batch.ts'

/**
 * What `derive` tells `alert` about one range of one source, as deltas. Cuts depend on the content alone, so a re-run
 * gives equal frames.
 */
export interface Frame {
  /** Id of the source. */
  readonly source: string
  readonly pipeline: string
  /** [from, to): contiguous per source. Equal for a heartbeat. */
  readonly from: Position
  readonly to: Position
  /** Time of its earliest event, whether or not anything counts it, epoch ms; Infinity: it has none. */
  readonly earliest: number
  /** Belongs to tick `at` and later ones: a tick t takes the frames with `at <= t`. Epoch ms, a pane end. */
  readonly at: number
  /** Watermark of the source after this frame, epoch ms. No later frame has an `at` at or below it. */
  readonly watermark: number
  readonly configHash: string
  /** The source has been read to its end: it no longer holds others back. */
  readonly isEnd: boolean
  readonly derives: readonly FrameDerive[]
  readonly matches: readonly FrameMatch[]
  /** First log lines per series, for alerts that want samples. */
  readonly samples: readonly FrameSample[]
}

/** Cells of one derive. Cell c belongs to `series[seriesOf[c]]` and the pane that starts at `pane[c]`. */
export interface FrameDerive {
  readonly derive: string
  /** Columns of a cell: column 0 is the count of rows, the definition's own follow. */
  readonly width: number
  /** Canonical keys (`core/series.ts`). */
  readonly series: readonly string[]
  readonly seriesOf: Int32Array
  readonly pane: Float64Array
  readonly cells: Float64Array
  /** One per cell if the derive keeps values, else empty. */
  readonly bags: readonly Bag[]
}

/** One event that an occurrence rule matched. */
export interface FrameMatch {
  readonly rule: string
  /** Canonical key of the rule's `by` values. */
  readonly series: string
  /** Event time, epoch ms. */
  readonly timeMs: number
  readonly position: Position
  /** How many matches this is: above 1,000 per rule, series and pane, those of one second are counted together. */
  readonly count: number
  /** Masked first characters of the message. */
  readonly sample: string
}

/** One of the first log lines of a series in a pane, by time and position. */
export interface FrameSample {
  readonly derive: string
  readonly series: string
  readonly pane: number
  readonly timeMs: number
  readonly position: Position
  readonly text: string
}

/** What to do with a frame, given where the last accepted one of its source ended. */
export type Acceptance =
  | { readonly verdict: 'apply' }
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'gap'; readonly from: Position; readonly to: Position }
  | { readonly verdict: 'overlap' }

/** Makes repeated frames harmless: each range of a source counts once. `lastTo` undefined: nothing accepted yet. */
export function accept(lastTo: Position | undefined, frame: Pick<Frame, 'from' | 'to'>): Acceptance {
  if (lastTo === undefined) return { verdict: 'apply' }
  const start = comparePositions(frame.from, lastTo)
  if (start === 0) return { verdict: 'apply' } // A heartbeat (from = to) has nothing that could count twice.
  if (comparePositions(frame.to, lastTo) <= 0) return { verdict: 'repeat' }
  return start > 0 ? { verdict: 'gap', from: lastTo, to: frame.from } : { verdict: 'overlap' }
}

export function comparePositions(a: Position, b: Position): number {
  if (a.offset !== b.offset) return a.offset < b.offset ? -1 : 1
  return a.sub - b.sub
}
