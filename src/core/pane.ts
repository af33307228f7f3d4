/** Panes are [start, end) of one tick, aligned to the epoch; every window is a row of whole panes. */

/** Start of the pane that holds `ms`. */
export function paneStart(ms: number, tickMs: number): number {
  return Math.floor(ms / tickMs) * tickMs
}

/** End of the pane that holds `ms`: the first tick after it. */
export function paneEnd(ms: number, tickMs: number): number {
  return paneStart(ms, tickMs) + tickMs
}
