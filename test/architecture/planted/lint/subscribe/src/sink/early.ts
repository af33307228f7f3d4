import type { Observable } from 'rxjs'

export function start(batches: Observable<number>): void {
  batches.subscribe() // planted: logpipe(subscribe) only in src/topology
}
