import type { OccurrenceRule } from '../core/component.ts'
import type { FrameMatch } from '../core/frame.ts'
import { paneStart } from '../core/pane.ts'
import { advanceQuiet, type Episode } from './episode.ts'
import type { Effects } from './pending.ts'
import { hasClash, newEpisode } from './publish.ts'
import { compareSamples } from './sample-list.ts'
import { entriesByKey, type RuleState } from './state.ts'
import { noteChange, type TickRun } from './tick-run.ts'

/** Times that one key holds at most, and that one counted match adds. */
const maxTimes = 100_000
const maxAtOnce = 10_000

/** What the matches of a tick were for one key. */
interface Occurred {
  count: number
  lastMs: number
  readonly samples: string[]
}

/** Gives an occurrence rule the matches of a tick in the order of their times, and ends what has been quiet. */
export function takeMatches(state: RuleState, effects: Effects | undefined, run: TickRun): void {
  const { episodes, rule } = state
  const occurred = effects === undefined ? noneOccurred : occurrencesOf(state, effects)
  for (const [key, { count, lastMs, samples }] of occurred) {
    const episode = episodes.get(key)
    if (episode !== undefined) see(episode, { count, lastMs, samples }, state)
  }
  for (const episode of episodes.values()) {
    const step = advanceQuiet(episode, { t: run.t, timing: rule })
    if (step === 'none' || step === 'dropped') continue
    episode.windowEnd = run.t
    if (step === 'resolved') episodes.delete(episode.key)
    noteChange(run, state, { episode, kind: step })
  }
  for (const [key, one] of entriesByKey(occurred)) if (!episodes.has(key)) create(key, one, { state, run })
  forgetTimes(state, run)
}

const noneOccurred: ReadonlyMap<string, Occurred> = new Map<string, Occurred>()

function create(key: string, occurred: Occurred, { state, run }: { state: RuleState; run: TickRun }): void {
  const { episodes, rule } = state
  if (run.changes.get(state)?.some(({ episode }) => episode.key === key)) return // It ended at this very tick.
  if (episodes.size >= rule.limitInstances) {
    state.limited++
    return
  }
  const episode = newEpisode(rule, key, { t: run.t, app: run.program.app })
  if (hasClash(state, episode)) {
    state.clashes++
    return
  }
  episode.startsAt = run.t
  const window = windowOf(state)
  episode.windowStart = run.t - Math.max(window, run.program.tickMs)
  see(episode, occurred, state)
  episodes.set(key, episode)
  noteChange(run, state, { episode, kind: 'firing' })
}

function see(episode: Episode, occurred: Occurred, { rule }: RuleState): void {
  episode.count += occurred.count
  episode.value = episode.count
  episode.lastMatch = Number.isNaN(episode.lastMatch) ? occurred.lastMs : Math.max(episode.lastMatch, occurred.lastMs)
  episode.samples = [...episode.samples, ...occurred.samples].slice(0, rule.samples)
}

function windowOf({ rule }: RuleState): number {
  return rule.rule.kind === 'occurrence' ? rule.rule.windowMs : 0
}

function occurrencesOf(state: RuleState, effects: Effects): Map<string, Occurred> {
  const found = effects.matches.filter(({ match }) => match.rule === state.rule.id)
  found.sort((a, b) => compareSamples({ ...a.match, source: a.source }, { ...b.match, source: b.source }))
  const occurred = new Map<string, Occurred>()
  for (const { match } of found) {
    const { count, lastMs } = occurrenceOf(state, match)
    const known = occurred.get(match.series)
    if (count === 0) continue
    if (known === undefined) occurred.set(match.series, { count, lastMs, samples: [match.sample] })
    else {
      known.count += count
      known.lastMs = Math.max(known.lastMs, lastMs)
      if (known.samples.length < state.rule.samples) known.samples.push(match.sample)
    }
  }
  return occurred
}

/** How many matches make an occurrence together with this one, and the time of the newest; 0: it is none yet. */
function occurrenceOf(state: RuleState, { series, timeMs, count }: FrameMatch): { count: number; lastMs: number } {
  // Only occurrence rules have matches.
  const rule = state.rule.rule as OccurrenceRule
  if (rule.windowMs === 0) return { count: rule.occurs([timeMs]) ? count : 0, lastMs: timeMs }
  const times = state.times.get(series) ?? []
  let at = times.length
  while (at > 0 && times[at - 1]! > timeMs) at--
  times.splice(at, 0, ...Array.from({ length: Math.min(count, maxAtOnce) }, () => timeMs))
  const lastMs = times.at(-1) ?? timeMs
  const stale = times.findIndex((time) => time > lastMs - rule.windowMs)
  times.splice(0, Math.max(stale, times.length - maxTimes))
  if (rule.occurs(times)) {
    state.times.delete(series)
    return { count: times.length, lastMs }
  }
  state.times.set(series, times)
  return { count: 0, lastMs }
}

/** Now and then drops the keys whose newest match is older than the window. */
function forgetTimes(state: RuleState, { t, state: { tick }, program }: TickRun): void {
  const rarely = program.tickMs * 16
  if (paneStart(t, rarely) === paneStart(tick, rarely)) return
  for (const [key, times] of state.times) if (times.at(-1)! <= t - windowOf(state)) state.times.delete(key)
}
