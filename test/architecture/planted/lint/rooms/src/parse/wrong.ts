import type { Other } from '../derive/count.ts' // planted: logpipe(rooms) parse may not import derive/count.ts

export type Taken = Other
