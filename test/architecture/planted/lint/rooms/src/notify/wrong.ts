import type { Other } from '../sink/stdout.ts' // planted: logpipe(rooms) notify may not import sink/stdout.ts

export type Taken = Other
