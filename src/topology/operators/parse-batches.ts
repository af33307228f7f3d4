import { map, type OperatorFunction } from 'rxjs'
import type { Telemetry } from '../../telemetry/events.ts'
import type { DecisionKind } from '../../core/unit.ts'
import type { Delivery } from '../delivery.ts'
import type { DeriveStanding } from '../partition-run.ts'

/** Decisions that leave joins open: what comes still belongs to them. */
const leavesJoins = new Set<DecisionKind>(['arrival', 'config'])

/** Cold; keeps order. Fills the events of a delivery: from its records, or from the joins that a decision ends. */
export function parseBatches<State extends DeriveStanding>(
  telemetry: Telemetry,
): OperatorFunction<Delivery<State>, Delivery<State>> {
  return map((delivery) => {
    const { run, records, decision, events } = delivery
    events.reset(records)
    if (decision === undefined) run.parser.parse(records, events)
    else if (!leavesJoins.has(decision.kind)) run.parser.flush(events)
    if (!delivery.isMuted) telemetry.batchParsed(events, records.bytes.length)
    return delivery
  })
}
