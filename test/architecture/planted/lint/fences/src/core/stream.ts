import type { Observable } from 'rxjs'
import { of } from 'rxjs' // planted: logpipe(rooms) core may import only types from rxjs

export const stream: Observable<number> = of(1)
