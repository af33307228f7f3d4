import type { Output } from '../core/unit.ts'
import type { Episode, TransitionKind } from './episode.ts'
import type { Publisher } from './publish.ts'
import type { AlertProgram, AlertState, RuleState } from './state.ts'

export interface InstanceChange {
  readonly episode: Episode
  readonly kind: TransitionKind
}

/** What one tick works with. */
export interface TickRun {
  readonly program: AlertProgram
  readonly state: AlertState
  readonly publisher: Publisher
  readonly out: (output: Output) => void
  readonly t: number
  /** What changed, by rule: published at the end of the tick. */
  readonly changes: Map<RuleState, InstanceChange[]>
}

/** Notes a change. */
export function noteChange(run: TickRun, state: RuleState, change: InstanceChange): void {
  const list = run.changes.get(state)
  if (list === undefined) run.changes.set(state, [change])
  else list.push(change)
}
