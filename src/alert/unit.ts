import { isJsonObject, type JsonObject } from '../core/event-batch.ts'
import { accept, type Frame } from '../core/frame.ts'
import { paneEnd, paneStart } from '../core/pane.ts'
import type { Decision, Output, Unit } from '../core/unit.ts'
import { deadline, type Episode } from './episode.ts'
import { windowMark } from './pane-store.ts'
import { Publisher, type Transition } from './publish.ts'
import { globalWatermark, haveAllEnded, newSource, type SourceState } from './sources.ts'
import { alertStateVersion, decodeAlertState, encodeAlertState } from './state-codec.ts'
import { AlertState, entriesByKey, type AlertProgram, type RuleState } from './state.ts'
import { runTick, writeWindow } from './tick.ts'

/** A pending or firing instance, for lists. */
export interface ActiveAlert {
  readonly rule: string
  readonly state: 'pending' | 'firing'
  readonly episode: Episode
}

export interface AlertUnit extends Unit<AlertState, Frame, Output> {
  /** Least watermark of the included sources, epoch ms; -Infinity until each has reported. */
  watermark(state: AlertState): number
  /** Pending and firing instances by rule, level and key. */
  alerts(state: AlertState): ActiveAlert[]
  /** The next tick at which something may happen though no event comes, epoch ms; Infinity: none. */
  nextTick(state: AlertState): number
}

/**
 * The alert stage: frames of many sources in; metric documents and alert transitions out. It counts each range of each
 * source once, evaluates ticks as the least watermark passes them, and alone numbers revisions. `onTransition` is
 * called for every change of an instance, also for `pending`, in the order of the outputs.
 */
export function createAlertUnit(
  program: AlertProgram,
  onTransition: (transition: Transition) => void = () => {},
): AlertUnit {
  const run = new AlertRun(program, onTransition)
  return {
    stateVersion: alertStateVersion,
    initial: () => new AlertState(program),
    step: (state, frame, out) => run.step(state, frame, out),
    decide: (state, decision, out) => run.decide(state, decision, out),
    encode: encodeAlertState,
    decode: (version, chunks) => decodeAlertState(program, version, chunks),
    watermark: (state) => globalWatermark(state.sources.values()),
    alerts: activeAlerts,
    nextTick: (state) => run.nextTick(state, globalWatermark(state.sources.values())),
  }
}

function activeAlerts(state: AlertState): ActiveAlert[] {
  return state.rules.flatMap(({ rule, episodes }) =>
    entriesByKey(episodes).map(([, episode]) => ({
      rule: rule.id,
      state: Number.isNaN(episode.startsAt) ? 'pending' : 'firing',
      episode,
    })),
  )
}

class AlertRun {
  readonly #program: AlertProgram
  readonly #onTransition: (transition: Transition) => void

  constructor(program: AlertProgram, onTransition: (transition: Transition) => void) {
    this.#program = program
    this.#onTransition = onTransition
  }

  step(state: AlertState, frame: Frame, out: (output: Output) => void): void {
    const source = this.#sourceOf(state, frame.source)
    const { verdict } = accept(source.lastTo, frame)
    if (verdict === 'repeat') {
      source.repeats++
      return
    }
    if (verdict === 'gap') source.gaps++
    if (verdict === 'overlap') source.overlaps++
    source.pipeline = frame.pipeline
    source.lastTo = frame.to
    source.watermark = Math.max(source.watermark, frame.watermark)
    source.isEnded = frame.isEnd
    if (state.tick === -Infinity) state.earliest = Math.min(state.earliest, frame.earliest)
    const { tickMs } = this.#program
    state.pending.add(frame, { tickMs, earliest: state.tick + tickMs, isApproximate: verdict === 'overlap' })
    this.#proceed(state, out)
  }

  /** Values: `sources {add: [id]}`, `exclude {source}`, `include {source}`, `config {derives: {id: hash}, rules: {id: [hash]}}`. */
  decide(state: AlertState, decision: Decision, out: (output: Output) => void): void {
    const value = isJsonObject(decision.value) ? decision.value : {}
    const { source, add } = { source: value['source'], add: value['add'] }
    switch (decision.kind) {
      case 'sources':
        for (const id of Array.isArray(add) ? add : [])
          this.#sourceOf(state, typeof id === 'string' ? id : JSON.stringify(id))
        break
      case 'exclude':
        if (typeof source === 'string') this.#sourceOf(state, source).standing = 'stalled'
        break
      case 'include':
        if (typeof source === 'string') this.#sourceOf(state, source).standing = 'included'
        break
      case 'config':
        this.#close(state, value, out)
        return
      default:
        return
    }
    state.isMoving = true // Rules that were held back may answer at the next tick.
    this.#proceed(state, out)
  }

  /** Sources that come once ticks have begun hold nothing back until they are included by a decision. */
  #sourceOf(state: AlertState, id: string): SourceState {
    let source = state.sources.get(id)
    if (source === undefined) {
      source = newSource(id, state.tick === -Infinity ? 'included' : 'joining')
      state.sources.set(id, source)
    }
    return source
  }

  /** Runs the ticks that the sources allow; at the end of all of them, those too that take what came late. */
  #proceed(state: AlertState, out: (output: Output) => void): void {
    const isOver = haveAllEnded(state.sources.values())
    const watermark = Math.max(globalWatermark(state.sources.values()), isOver ? state.pending.last() : -Infinity)
    const publisher = new Publisher(this.#program, out, this.#onTransition)
    for (;;) {
      const t = this.nextTick(state, watermark)
      if (!(t <= watermark)) break
      runTick({ program: this.#program, state, publisher, out, t, changes: new Map() })
    }
    if (isOver) writeOpenWindows(state, out)
  }

  /** The next tick at which something may happen; those before it would change nothing. Infinity: none. */
  nextTick(state: AlertState, watermark: number): number {
    const { tickMs } = this.#program
    if (state.tick === -Infinity) {
      const first = state.pending.first()
      if (!state.rules.some(({ rule }) => rule.expected.length > 0)) return first
      // Keys are expected from the first pane with an event on, whatever counts it; without any, from where sources are.
      if (state.earliest < Infinity) return paneEnd(state.earliest, tickMs)
      return first === Infinity && watermark > -Infinity ? paneStart(watermark, tickMs) : first
    }
    const next = state.tick + tickMs
    if (state.isMoving) return next
    let least = state.pending.first()
    for (const { store } of state.watches) for (const due of store.due.keys()) least = Math.min(least, due)
    for (const rule of state.rules) least = Math.min(least, nextDeadline(rule, state.tick))
    return Math.max(next, Math.ceil(least / tickMs) * tickMs)
  }

  /** Ends what the next configuration changes or lacks: documents so far are `partial`, alerts are resolved. */
  #close(state: AlertState, next: JsonObject, out: (output: Output) => void): void {
    const derives = isJsonObject(next['derives']) ? next['derives'] : {}
    const rules = isJsonObject(next['rules']) ? next['rules'] : {}
    const publisher = new Publisher(this.#program, out, this.#onTransition)
    const changed = state.watches.filter(({ store }) => derives[store.derive.id] !== store.derive.hash)
    if (changed.length > 0) this.#takeEarly(state, new Set(changed.map(({ store }) => store.derive.id)))
    for (const { store } of changed) {
      for (const [tick] of [...store.due].sort(([a], [b]) => a - b)) {
        for (const due of store.takeDue(tick)) writeWindow(store, due, { out, isPartial: true })
      }
    }
    for (const rule of state.rules) {
      const hashes = rules[rule.rule.id]
      if (Array.isArray(hashes) && hashes.includes(rule.rule.hash)) continue
      this.#end(rule, { publisher, t: state.tick, reason: hashes === undefined ? 'rule_removed' : 'rule_changed' })
    }
  }

  #end(rule: RuleState, { publisher, t, reason }: { publisher: Publisher; t: number; reason: string }): void {
    for (const [key, episode] of entriesByKey(rule.episodes)) {
      rule.episodes.delete(key)
      if (!Number.isNaN(episode.startsAt)) publisher.publish(rule, episode, { kind: 'resolved', t, reason })
    }
  }

  /** What waits for its tick still belongs to the derives that end. */
  #takeEarly(state: AlertState, ending: ReadonlySet<string>): void {
    for (const { store } of state.watches) {
      if (!ending.has(store.derive.id)) continue
      const { id, width } = store.derive
      const waiting = [...state.pending.byTick.values()].flatMap(({ parts }) => parts)
      const own = waiting.filter(({ part }) => part.derive === id && part.width === width)
      store.admit(own.map(({ part }) => part))
      for (const { part, isApproximate } of own) store.add(part, state.tick, isApproximate)
    }
    for (const { parts } of state.pending.byTick.values()) {
      const left = parts.filter(({ part }) => !ending.has(part.derive))
      parts.splice(0, parts.length, ...left)
    }
  }
}

/** Once every source has ended, windows that will not be filled are written as they are. */
function writeOpenWindows(state: AlertState, out: (output: Output) => void): void {
  for (const { store } of state.watches) {
    const open = [...store.due.values()].flat().filter(({ series, start }) => {
      const window = series.windowStarts.indexOf(start)
      return window >= 0 && (series.marks[window]! & windowMark.partial) === 0
    })
    open.sort((a, b) => (a.series === b.series ? a.start - b.start : a.series.key < b.series.key ? -1 : 1))
    for (const due of open) writeWindow(store, due, { out, isPartial: true })
  }
}

function nextDeadline({ rule, episodes, keys }: RuleState, tick: number): number {
  let least = Infinity
  for (const episode of episodes.values()) least = Math.min(least, deadline(episode, rule))
  const { silence } = rule
  if (silence === undefined) return least
  for (const [key, ms] of keys) {
    const at = ms + silence.windowMs
    if (at > tick && !episodes.has(key)) least = Math.min(least, at)
  }
  return least
}
