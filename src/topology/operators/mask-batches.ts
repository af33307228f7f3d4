import { tap, type MonoTypeOperatorFunction } from 'rxjs'
import type { EventBatch } from '../../core/event-batch.ts'
import type { Delivery } from '../delivery.ts'
import type { DeriveStanding } from '../partition-run.ts'

/** Cold; keeps order. The one place between parse and every output where text is rewritten. */
export function maskBatches<State extends DeriveStanding>(
  mask: (events: EventBatch) => void,
): MonoTypeOperatorFunction<Delivery<State>> {
  return tap(({ events }) => mask(events))
}
