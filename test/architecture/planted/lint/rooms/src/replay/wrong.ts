import type { Other } from '../topology/join.ts' // planted: logpipe(rooms) replay may not import topology/join.ts

export type Taken = Other
