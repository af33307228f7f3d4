import type { Position } from '../core/record-batch.ts'

/** One input of the alert unit. */
export interface SourceState {
  readonly source: string
  /** Known from its first frame on. */
  pipeline: string
  /** End of what was accepted of it. */
  lastTo: Position | undefined
  /** Epoch ms; -Infinity until it has reported. */
  watermark: number
  /** `included` sources hold ticks back; `joining` came after the first tick, `stalled` was excluded by a decision. */
  standing: 'included' | 'joining' | 'stalled'
  isEnded: boolean
  gaps: number
  overlaps: number
  repeats: number
}

export function newSource(source: string, standing: SourceState['standing']): SourceState {
  return {
    source,
    pipeline: '',
    lastTo: undefined,
    watermark: -Infinity,
    standing,
    isEnded: false,
    gaps: 0,
    overlaps: 0,
    repeats: 0,
  }
}

/**
 * How far ticks may go: the least watermark of the sources that are included and not at their end; once all of those
 * have ended, the greatest. -Infinity while one has not reported, or there is none.
 */
export function globalWatermark(sources: Iterable<SourceState>): number {
  let least = Infinity
  let greatest = -Infinity
  for (const { standing, isEnded, watermark } of sources) {
    if (standing !== 'included') continue
    if (!isEnded) least = Math.min(least, watermark)
    else greatest = Math.max(greatest, watermark)
  }
  return least === Infinity ? greatest : least
}

/** Whether every included source has ended; false if there is none. */
export function haveAllEnded(sources: Iterable<SourceState>): boolean {
  let included = 0
  for (const { standing, isEnded } of sources) {
    if (standing !== 'included') continue
    if (!isEnded) return false
    included++
  }
  return included > 0
}
