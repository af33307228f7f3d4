import { concatMap, type OperatorFunction } from 'rxjs'
import type { Decision } from '../../core/unit.ts'
import type { Delivery } from '../delivery.ts'
import type { PartitionRun, DeriveStanding } from '../partition-run.ts'

/** Cold; keeps order. Folds the events into frames; a new decision is recorded before it has an effect. */
export function deriveFrames<State extends DeriveStanding>(
  record: (run: PartitionRun<State>, decision: Decision) => Promise<void>,
): OperatorFunction<Delivery<State>, Delivery<State>> {
  return concatMap(async (delivery) => {
    const { run, events, records, decision, frames, isMuted } = delivery
    if (decision !== undefined && !isMuted) await record(run, decision)
    run.takeEvents(events, (frame) => frames.push(frame))
    if (decision === undefined) run.advance(records)
    else run.takeDecision(decision, (frame) => frames.push(frame))
    return delivery
  })
}
