import * as rx from 'rxjs'
import { bufferTime, groupBy, mergeAll, mergeMap, mergeScan, of, shareReplay, timer } from 'rxjs'

export const unbounded = [
  mergeMap(() => of(1)), // planted: logpipe(bounded-operators) mergeMap needs a concurrency number
  mergeMap(() => of(1), Infinity), // planted: logpipe(bounded-operators) mergeMap needs a concurrency number
  rx.mergeMap(() => of(1)), // planted: logpipe(bounded-operators) mergeMap needs a concurrency number
  mergeAll(), // planted: logpipe(bounded-operators) mergeAll needs a concurrency number
  mergeScan(() => of(1), 0), // planted: logpipe(bounded-operators) mergeScan needs a concurrency number
  shareReplay(1), // planted: logpipe(bounded-operators) shareReplay needs a config object
  bufferTime(100), // planted: logpipe(bounded-operators) bufferTime needs a count cap
  groupBy((n: number) => n % 2), // planted: logpipe(bounded-operators) groupBy needs a duration
]

export const bounded = [
  mergeMap(() => of(1), 4),
  mergeAll(1),
  mergeScan(() => of(1), 0, 1),
  shareReplay({ bufferSize: 1, refCount: true }),
  bufferTime(100, null, 1000),
  groupBy((n: number) => n % 2, { duration: () => timer(1000) }),
  Object.groupBy([1, 2], (n) => `${n % 2}`),
]
