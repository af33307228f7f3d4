import type { CompiledDerive } from '../core/program.ts'
import type { MetricUnit } from '../core/component.ts'
import type { Json, JsonObject } from '../core/event-batch.ts'
import type { Episode } from './episode.ts'
import { PaneStore, SeriesPoints } from './pane-store.ts'
import { Pending } from './pending.ts'
import type { RuleInstance } from './program.ts'
import type { RecordSettings } from './record.ts'
import type { SourceState } from './sources.ts'

/** What the alert unit runs. */
export interface AlertProgram extends RecordSettings {
  readonly tickMs: number
  readonly configHash: string
  readonly derives: readonly CompiledDerive[]
  readonly rules: readonly RuleInstance[]
}

/** A rule with what it remembers. */
export interface RuleState {
  readonly rule: RuleInstance
  readonly unit: MetricUnit
  /** Pending and firing instances by key. */
  readonly episodes: Map<string, Episode>
  /** For rules that watch quiet keys: from when on a key counts as known, epoch ms. */
  readonly keys: Map<string, number>
  /** For occurrence rules with a window: sorted times of the matches of a key. */
  readonly times: Map<string, number[]>
  /** Instances that were not created because of the limit. */
  limited: number
  /** Instances that were not created because another one has the same labels. */
  clashes: number
}

/** A derive with the rules that watch it. */
export interface Watch {
  readonly store: PaneStore
  readonly points: SeriesPoints
  readonly rules: readonly RuleState[]
}

export class AlertState {
  readonly sources = new Map<string, SourceState>()
  /** Last evaluated tick, epoch ms; -Infinity before the first. */
  tick = -Infinity
  /** First evaluated tick: keys that are expected are watched from here on. */
  firstTick = -Infinity
  /** Time of the earliest event that came before the first tick, epoch ms. */
  earliest = Infinity
  /** Something changed at the last tick, so the next one is not idle. */
  isMoving = false
  readonly pending = new Pending()
  /** One for each derive, in the order of the program. */
  readonly watches: readonly Watch[]
  /** By id and level. */
  readonly rules: readonly RuleState[]

  constructor(program: AlertProgram) {
    this.rules = program.rules.map((rule) => newRule(rule, program.derives))
    this.watches = program.derives.map((derive) => {
      const rules = this.rules.filter(({ rule }) => rule.derive === derive.id)
      const readMs = Math.max(0, ...rules.map(({ rule }) => rule.lookBackMs + derive.fold.windowMs))
      const store = new PaneStore(derive, { readMs, tickMs: program.tickMs })
      return { store, points: new SeriesPoints(store, program.tickMs), rules }
    })
  }
}

function newRule(rule: RuleInstance, derives: readonly CompiledDerive[]): RuleState {
  const derive = derives.find(({ id }) => id === rule.derive)
  const unit = derive?.outputs[rule.output] ?? 'count'
  return { rule, unit, episodes: new Map(), keys: new Map(), times: new Map(), limited: 0, clashes: 0 }
}

/** Entries of a map in the order of their keys. */
export function entriesByKey<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Value of a `config` decision: what the next program keeps is told by its hashes. */
export function configDecisionValue(next: AlertProgram): JsonObject {
  const hashes = new Map<string, Json[]>()
  for (const { id, hash } of next.rules) hashes.set(id, [...(hashes.get(id) ?? []), hash])
  const derives = Object.fromEntries(next.derives.map(({ id, hash }) => [id, hash]))
  return { hash: next.configHash, derives, rules: Object.fromEntries(hashes) }
}
