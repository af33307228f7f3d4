/** Panes are [start, end) of one tick, aligned to the epoch; every window is a row of whole panes. */

/** Start of the pane that holds `ms`. */
export function paneStart(ms: number, tickMs: number): number {
  return Math.floor(ms / tickMs) * tickMs
}

/** End of the pane that holds `ms`: the first tick after it. */
export function paneEnd(ms: number, tickMs: number): number {
  return paneStart(ms, tickMs) + tickMs
}

/**
 * Watermark of one source: the highest min(event time, record time) less `outOfOrderMs`. It never goes back; one fast
 * clock cannot move it further than the record times do.
 */
export class Watermark {
  readonly outOfOrderMs: number
  /** Epoch ms; -Infinity before the first event. */
  ms: number

  constructor(outOfOrderMs: number, ms = -Infinity) {
    this.outOfOrderMs = outOfOrderMs
    this.ms = ms
  }

  /** The watermark after an event; `this` is unchanged. A clamped event has its record time as event time. */
  after(eventMs: number, recordMs: number): number {
    const seen = Math.min(eventMs, Number.isNaN(recordMs) ? eventMs : recordMs) - this.outOfOrderMs
    return seen > this.ms ? seen : this.ms
  }
}
