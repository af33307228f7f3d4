import type { Other } from '../app.ts' // planted: logpipe(rooms) server may not import app.ts

export type Taken = Other
