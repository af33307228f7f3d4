import { join } from 'node:path' // planted: TS6133 join

export function nothing(unused: number): void {} // planted: TS6133 unused
