import { tap, type MonoTypeOperatorFunction } from 'rxjs'
import type { AlertRun, AlertStanding } from '../alert-run.ts'
import type { Delivery } from '../delivery.ts'
import type { DeriveStanding } from '../partition-run.ts'

/** Cold; keeps order. Gives the frames to the alert unit, whose outputs wait for the next commit, as the frames do. */
export function evaluateFrames<DeriveState extends DeriveStanding, AlertState extends AlertStanding>(
  alerts: AlertRun<AlertState>,
): MonoTypeOperatorFunction<Delivery<DeriveState>> {
  return tap(({ run, frames }) => {
    for (const frame of frames) if (alerts.take(frame)) run.keep(frame)
  })
}
