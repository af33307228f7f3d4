import { concatMap, type OperatorFunction } from 'rxjs'
import type { EventSink } from '../../core/component.ts'
import type { EventBatch } from '../../core/event-batch.ts'
import type { Telemetry } from '../../telemetry/events.ts'
import type { Delivery } from '../delivery.ts'
import type { DeriveStanding } from '../partition-run.ts'

export interface IndexSettings {
  readonly pipelines: readonly { readonly sinks: readonly EventSink[] }[]
  /** Stores dead records within the next commit. */
  readonly bury: (events: EventBatch) => void
  readonly telemetry: Telemetry
  readonly onEvents: ((events: EventBatch) => void) | undefined
}

/** Cold; keeps order. Hands events to the sinks and dead records to the store; what is muted they have already. */
export function indexBatches<State extends DeriveStanding>(
  settings: IndexSettings,
): OperatorFunction<Delivery<State>, Delivery<State>> {
  return concatMap(async (delivery) => {
    const { run, events, isMuted } = delivery
    if (isMuted) return delivery
    if (events.dead.length > 0) settings.bury(events)
    if (events.count > 0) {
      for (const sink of settings.pipelines[run.pipeline]!.sinks) await sink.write(events, 0)
      settings.telemetry.eventsIndexed(events.records.source.pipeline, events.count)
    }
    settings.onEvents?.(events)
    return delivery
  })
}
