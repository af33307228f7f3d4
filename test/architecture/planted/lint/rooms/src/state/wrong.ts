import type { Other } from '../source/file.ts' // planted: logpipe(rooms) state may not import source/file.ts

export type Taken = Other
