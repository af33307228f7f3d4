import type { Other } from '../topology/join.ts' // planted: logpipe(rooms) sink may not import topology/join.ts

export type Taken = Other
