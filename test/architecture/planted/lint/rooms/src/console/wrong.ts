import type { Other } from '../server/http.ts' // planted: logpipe(rooms) console may not import server/http.ts

export type Taken = Other
