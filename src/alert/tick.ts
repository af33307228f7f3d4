import type { Output } from '../core/unit.ts'
import { evaluateWatch } from './condition-tick.ts'
import { metricOutput } from './metric-document.ts'
import { takeMatches } from './occurrence-tick.ts'
import { placeOf, windowMark, type DueWindow, type PaneStore } from './pane-store.ts'
import type { Effects } from './pending.ts'
import type { AlertState, RuleState, Watch } from './state.ts'
import type { TickRun } from './tick-run.ts'

/**
 * One tick: takes what belongs to it, writes the documents of windows that ended or changed, evaluates every rule for
 * the keys that have events or a state, and publishes what changed by rule, level and key.
 */
export function runTick(run: TickRun): void {
  const { state, t } = run
  const effects = state.pending.take(t)
  if (state.firstTick === -Infinity) begin(state, t)
  for (const watch of state.watches) {
    watch.store.forget(t, state.tick)
    if (effects !== undefined) takeCells(watch, effects, t)
    for (const due of watch.store.takeDue(t)) writeWindow(watch.store, due, { out: run.out, isPartial: false })
    if (watch.rules.length > 0) evaluateWatch(watch, run)
  }
  for (const rule of state.rules) if (rule.rule.rule.kind === 'occurrence') takeMatches(rule, effects, run)
  for (const rule of state.rules) publishChanges(rule, run)
  state.isMoving = run.changes.size > 0 || state.watches.some(({ store }) => store.active.size > 0)
  state.tick = t
}

function begin(state: AlertState, t: number): void {
  state.firstTick = t
  for (const { rule, keys } of state.rules) for (const key of rule.expected) keys.set(key, t)
}

/** Counts what became effective for one derive. */
function takeCells(watch: Watch, effects: Effects, t: number): void {
  const { store, rules } = watch
  const { id, width, samples } = store.derive
  const parts = effects.parts.filter(({ part }) => part.derive === id && part.width === width)
  if (parts.length === 0) return
  store.admit(parts.map(({ part }) => part))
  for (const { part, isApproximate } of parts) store.add(part, t, isApproximate)
  for (const rule of rules) if (rule.rule.silence !== undefined) learnKeys(rule, watch, parts)
  if (store.readMs === 0) return
  for (const { source, sample } of effects.samples) {
    if (sample.derive !== id || sample.pane < t - store.readMs) continue
    const { pane, timeMs, position, text } = sample
    store.series.get(sample.series)?.samples.add({ pane, timeMs, source, position, text }, samples)
  }
}

/** Keys that a rule watches from now on though they go quiet: known from the end of their first pane. */
function learnKeys({ keys }: RuleState, { store, points }: Watch, parts: Effects['parts']): void {
  for (const { part } of parts) {
    for (let cell = 0; cell < part.pane.length; cell++) {
      const key = part.series[part.seriesOf[cell]!]!
      if (!keys.has(key) && store.series.has(key)) keys.set(key, part.pane[cell]! + points.tickMs)
    }
  }
}

/** Writes the document of a window, one revision after the newest. */
export function writeWindow(
  store: PaneStore,
  due: DueWindow,
  options: { out: (output: Output) => void; isPartial: boolean },
): void {
  const { series, start } = due
  const window = placeOf(series.windowStarts, start)
  if (series.windowStarts[window] !== start) return // Forgotten meanwhile.
  if (options.isPartial) series.marks[window]! |= windowMark.partial
  else series.marks[window]! &= ~(windowMark.partial | windowMark.scheduled)
  series.revisions[window]! += 1
  options.out(metricOutput(store, series, window))
}

function publishChanges(state: RuleState, { changes, publisher, t }: TickRun): void {
  const list = changes.get(state)
  if (list === undefined) return
  list.sort((a, b) => (a.episode.key < b.episode.key ? -1 : a.episode.key > b.episode.key ? 1 : 0))
  for (const { episode, kind } of list) publisher.publish(state, episode, { kind, t })
}
