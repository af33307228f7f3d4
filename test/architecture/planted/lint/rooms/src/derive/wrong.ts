import type { Other } from '../alert/any.ts' // planted: logpipe(rooms) derive may not import alert/any.ts

export type Taken = Other
