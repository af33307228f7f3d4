import type { Other } from '../telemetry/log.ts' // planted: logpipe(rooms) config may not import telemetry/log.ts

export type Taken = Other
