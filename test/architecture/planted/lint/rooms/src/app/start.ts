import type { Other } from '../cli/main.ts' // planted: logpipe(rooms) app may not import cli/main.ts

export type Taken = Other
