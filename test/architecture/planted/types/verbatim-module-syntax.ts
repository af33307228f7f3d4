import { StatOptions } from 'node:fs' // planted: TS1484

export type Taken = StatOptions
