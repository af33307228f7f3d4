import type { ConditionRule, Verdict } from '../core/component.ts'
import { advance, type Episode } from './episode.ts'
import type { Series } from './pane-store.ts'
import { hasClash, newEpisode } from './publish.ts'
import type { AlertState, RuleState, Watch } from './state.ts'
import { noteChange, type TickRun } from './tick-run.ts'

/** A key whose condition became true. */
interface Fresh {
  readonly key: string
  readonly series: Series | undefined
  readonly value: number
  readonly count: number
}

/** Evaluates the rules of one derive: for series with events in reach, then for keys that only have a state. */
export function evaluateWatch(watch: Watch, run: TickRun): void {
  const { store, points, rules } = watch
  const evaluations = rules.map((rule) => new Evaluation(rule, watch, run))
  for (const series of store.active) {
    points.turnTo(series)
    for (const evaluation of evaluations) evaluation.answer(series.key, series)
  }
  points.turnTo(undefined)
  for (const evaluation of evaluations) {
    evaluation.answerQuiet()
    evaluation.create()
  }
}

/** One rule at one tick. */
class Evaluation {
  readonly #state: RuleState
  readonly #rule: ConditionRule
  readonly #watch: Watch
  readonly #run: TickRun
  readonly #isStalled: boolean
  readonly #fresh: Fresh[] = []

  constructor(state: RuleState, watch: Watch, run: TickRun) {
    this.#state = state
    // A rule that watches a derive is a condition rule (`compileRules`).
    this.#rule = state.rule.rule as ConditionRule
    this.#watch = watch
    this.#run = run
    this.#isStalled = isStalled(run.state, state)
  }

  answer(key: string, series: Series | undefined): void {
    const { t } = this.#run
    const { rule, episodes } = this.#state
    const { points } = this.#watch
    const episode = episodes.get(key)
    const wasTrue = episode !== undefined && Number.isNaN(episode.falseSince)
    points.select(rule.output)
    const verdict = this.#rule.evaluate(points, t, wasTrue)
    const isAbsence = rule.silence !== undefined && (verdict.reason === 'no_value' || rule.noValue !== 'fire')
    const isTrue = this.#settle(verdict, wasTrue) && !(isAbsence && !this.#isQuiet(key))
    if (episode === undefined) {
      if (isTrue && !(isAbsence && this.#isStalled)) {
        this.#fresh.push({ key, series, value: verdict.value, count: points.count(t) })
      }
      return
    }
    if (!isTrue && this.#isStalled) return // Nothing resolves while an input may be missing.
    if (isTrue) this.#see(episode, { value: verdict.value, count: points.count(t) })
    this.#advance(episode, isTrue, series)
  }

  /** Keys without events in reach: those with an episode, and those whose silence is watched. */
  answerQuiet(): void {
    const { episodes, keys } = this.#state
    const { store } = this.#watch
    const quiet = [...episodes.keys()]
    for (const key of keys.keys()) if (!episodes.has(key)) quiet.push(key)
    for (const key of quiet) {
      const series = store.series.get(key)
      if (series === undefined || !store.active.has(series)) this.answer(key, series)
    }
  }

  /** Makes episodes of the keys that became true, in their order, up to the limit. */
  create(): void {
    const { rule, episodes } = this.#state
    this.#fresh.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const fresh of this.#fresh) {
      if (episodes.size >= rule.limitInstances) {
        this.#state.limited++
        continue
      }
      const episode = newEpisode(rule, fresh.key, { t: this.#run.t, app: this.#run.program.app })
      if (hasClash(this.#state, episode)) {
        this.#state.clashes++
        continue
      }
      episodes.set(fresh.key, episode)
      this.#see(episode, fresh)
      this.#advance(episode, true, fresh.series)
      if (Number.isNaN(episode.startsAt)) noteChange(this.#run, this.#state, { episode, kind: 'pending' })
    }
  }

  #settle(verdict: Verdict, wasTrue: boolean): boolean {
    if (verdict.reason !== 'no_value') return verdict.isTrue
    return this.#state.rule.noValue === 'keep' ? wasTrue : this.#state.rule.noValue === 'fire'
  }

  /** Whether a key has been known for long enough that its silence means something. */
  #isQuiet(key: string): boolean {
    const known = this.#state.keys.get(key)
    return known !== undefined && this.#run.t >= known + (this.#state.rule.silence?.windowMs ?? 0)
  }

  #see(episode: Episode, point: { value: number; count: number }): void {
    episode.value = point.value
    episode.count = point.count
    episode.windowEnd = this.#run.t
    episode.windowStart = this.#run.t - this.#watch.store.derive.fold.windowMs
  }

  #advance(episode: Episode, isTrue: boolean, series: Series | undefined): void {
    const { rule, episodes, keys } = this.#state
    const step = advance(episode, isTrue, { t: this.#run.t, timing: rule })
    if (step === 'none') return
    if (step === 'resolved' || step === 'dropped') episodes.delete(episode.key)
    if (step === 'dropped') return
    if (step !== 'resolved' && series !== undefined) {
      episode.samples = series.samples.first(rule.samples, episode.windowStart, episode.windowEnd)
    }
    if (step === 'firing' && rule.silence?.forgetsKeys === true) keys.delete(episode.key)
    noteChange(this.#run, this.#state, { episode, kind: step })
  }
}

function isStalled(state: AlertState, { rule }: RuleState): boolean {
  for (const { standing, pipeline } of state.sources.values()) {
    if (standing === 'stalled' && (rule.pipelines.length === 0 || rule.pipelines.includes(pipeline))) return true
  }
  return false
}
