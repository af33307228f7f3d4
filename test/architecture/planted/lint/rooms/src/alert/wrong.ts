import type { Other } from '../notify/route.ts' // planted: logpipe(rooms) alert may not import notify/route.ts

export type Taken = Other
