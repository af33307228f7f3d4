import type { Other } from '../config/load.ts' // planted: logpipe(rooms) telemetry may not import config/load.ts

export type Taken = Other
