import type { Other } from './config/load.ts' // planted: logpipe(rooms) index may not import config/load.ts

export type Taken = Other
