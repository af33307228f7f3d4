import { fingerprint, sortedNames, type Labels } from '../core/fingerprint.ts'
import { hashId } from '../core/id.ts'
import { labelName, seriesValues } from '../core/series.ts'
import type { Output } from '../core/unit.ts'
import { endOf, type Episode, type TransitionKind } from './episode.ts'
import type { RuleInstance } from './program.ts'
import { alertOutput } from './record.ts'
import type { AlertProgram, RuleState } from './state.ts'

/** A change of an instance, also those that are not published. */
export interface Transition {
  readonly kind: TransitionKind
  readonly rule: string
  readonly alertId: string
  readonly labels: Labels
  readonly annotations: Labels
  /** The tick, epoch ms. */
  readonly t: number
  readonly value: number
}

/** Labels of an instance: `by` values, then those of the rule, then alertname and severity; empty ones are dropped. */
function labelsOf(rule: RuleInstance, key: string): Labels {
  const values = seriesValues(key)
  const labels: Record<string, string> = {}
  rule.by.forEach((field, i) => {
    labels[labelName(field)] = (values[i] ?? '').slice(0, 1024)
  })
  const all = { ...labels, ...rule.labels, alertname: rule.name, severity: rule.severity }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

/** A new, pending episode. */
export function newEpisode(rule: RuleInstance, key: string, at: { t: number; app: string }): Episode {
  const labels = labelsOf(rule, key)
  const canonical = JSON.stringify(sortedNames(labels).map((name) => [name, labels[name]]))
  return {
    key,
    alertId: hashId([at.app, rule.id, canonical, String(at.t)]),
    labels,
    fingerprint: fingerprint(labels),
    activeAt: at.t,
    startsAt: NaN,
    falseSince: NaN,
    revision: 0,
    publishedAt: NaN,
    value: NaN,
    count: 0,
    windowStart: at.t,
    windowEnd: at.t,
    lastMatch: NaN,
    annotations: {},
    samples: [],
  }
}

/** Two keys of a rule may differ and still give equal labels, where labels of the rule win over those of `by`. */
export function hasClash(state: RuleState, episode: Episode): boolean {
  if (Object.keys(state.rule.labels).length === 0) return false
  for (const { fingerprint } of state.episodes.values()) if (fingerprint === episode.fingerprint) return true
  return false
}

/** Numbers the revisions of alerts and hands them out. */
export class Publisher {
  readonly #program: AlertProgram
  readonly #out: (output: Output) => void
  readonly #onTransition: (transition: Transition) => void

  constructor(program: AlertProgram, out: (output: Output) => void, onTransition: (transition: Transition) => void) {
    this.#program = program
    this.#out = out
    this.#onTransition = onTransition
  }

  /** A change at tick `t`; `pending` is only reported. `reason` is why an episode was ended by the configuration. */
  publish(state: RuleState, episode: Episode, change: { kind: TransitionKind; t: number; reason?: string }): void {
    const { kind, t, reason } = change
    const { rule, unit } = state
    if (kind === 'firing' || kind === 'updated' || kind === 'pending') {
      const values = {
        value: episode.value,
        threshold: rule.threshold,
        windowMs: episode.windowEnd - episode.windowStart,
        unit,
        labels: episode.labels,
      }
      episode.annotations = Object.fromEntries(
        rule.annotations.map(([name, template]) => [name, template.render(values)]),
      )
    }
    if (kind !== 'pending') {
      episode.revision++
      episode.publishedAt = t
      const endsAt = kind !== 'resolved' ? NaN : reason === undefined ? endOf(episode, { t, timing: rule }) : t
      this.#out(alertOutput({ rule, unit, episode, kind, t, endsAt, reason }, this.#program))
    }
    const { alertId, labels, annotations, value } = episode
    this.#onTransition({ kind, rule: rule.id, alertId, labels, annotations, t, value })
  }
}
