import { readFileSync } from 'node:fs' // planted: logpipe(rooms) node:fs is fenced

export const taken = readFileSync
