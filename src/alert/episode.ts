import type { Labels } from '../core/fingerprint.ts'

/** What an instance can go through. `pending` is told to nobody; the others are revisions of an alert. */
export type TransitionKind = 'pending' | 'firing' | 'updated' | 'resolved'

/** A firing alert is said again after this much event time, so that retention never drops it. */
const repeatMs = 12 * 3_600_000

/** One episode of one instance: from the first true tick until it is resolved. Times are ticks, epoch ms. */
export interface Episode {
  /** Key of the series. */
  readonly key: string
  readonly alertId: string
  readonly labels: Labels
  readonly fingerprint: string
  readonly activeAt: number
  /** When it fired; NaN while pending. */
  startsAt: number
  /** Since when the condition is gone; NaN while it holds. */
  falseSince: number
  /** Of the newest record; 0 while pending. */
  revision: number
  /** Tick of the newest record. */
  publishedAt: number
  /** Newest value that was true; NaN: none. */
  value: number
  /** Events in its window; of occurrence rules: matches of the episode. */
  count: number
  windowStart: number
  windowEnd: number
  /** Time of the newest match of an occurrence rule; NaN for condition rules. */
  lastMatch: number
  annotations: Labels
  samples: readonly string[]
}

export interface Timing {
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly resolveAfterMs: number
}

/** What a tick makes of an episode. `none`: it goes on as it was; `dropped`: it was pending, and nobody is told. */
export type Advance = 'none' | 'firing' | 'updated' | 'resolved' | 'dropped'

/** One tick of a condition rule. Changes the times of the episode, nothing else. */
export function advance(episode: Episode, isTrue: boolean, at: { t: number; timing: Timing }): Advance {
  const { t, timing } = at
  const isPending = Number.isNaN(episode.startsAt)
  if (isPending) {
    if (!isTrue) return 'dropped'
    if (t - episode.activeAt < timing.forMs) return 'none'
    episode.startsAt = t
    return 'firing'
  }
  if (isTrue) episode.falseSince = NaN
  else {
    if (Number.isNaN(episode.falseSince)) episode.falseSince = t
    if (t - episode.falseSince >= timing.keepFiringForMs) return 'resolved'
  }
  return repeated(episode, t)
}

/** One tick of an occurrence rule without a new match. */
export function advanceQuiet(episode: Episode, at: { t: number; timing: Timing }): Advance {
  return at.t >= episode.lastMatch + at.timing.resolveAfterMs ? 'resolved' : repeated(episode, at.t)
}

function repeated(episode: Episode, t: number): Advance {
  return t - episode.publishedAt >= repeatMs ? 'updated' : 'none'
}

/** The next tick at which an episode may change though no event comes. */
export function deadline(episode: Episode, timing: Timing): number {
  if (Number.isNaN(episode.startsAt)) return episode.activeAt + timing.forMs
  let next = episode.publishedAt + repeatMs
  if (!Number.isNaN(episode.falseSince)) next = Math.min(next, episode.falseSince + timing.keepFiringForMs)
  if (!Number.isNaN(episode.lastMatch)) next = Math.min(next, episode.lastMatch + timing.resolveAfterMs)
  return next
}

/** When a resolved episode ended: at the tick, or when the last occurrence had been over for long enough. */
export function endOf(episode: Episode, at: { t: number; timing: Timing }): number {
  if (Number.isNaN(episode.lastMatch)) return at.t
  return Math.max(episode.startsAt, episode.lastMatch + at.timing.resolveAfterMs)
}
