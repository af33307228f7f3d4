import type { Other } from '../topology/join.ts' // planted: logpipe(rooms) cli may not import topology/join.ts

export type Taken = Other
