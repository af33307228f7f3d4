import type { Other } from '../app/start.ts' // planted: logpipe(rooms) server may not import app/start.ts

export type Taken = Other
