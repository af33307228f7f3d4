import type { Observable } from 'rxjs'

export function start(batches: Observable<number>): void {
  batches.subscribe()
}
