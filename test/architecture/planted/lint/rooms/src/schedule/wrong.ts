import type { Other } from '../state/store.ts' // planted: logpipe(rooms) schedule may not import state/store.ts

export type Taken = Other
