import type { Other } from '../config/load.ts' // planted: logpipe(rooms) core may not import config/load.ts

export type Taken = Other
