import { createHash } from 'node:crypto' // planted: logpipe(rooms) node:crypto is fenced

export const taken = createHash
