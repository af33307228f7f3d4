import { createHash, randomUUID } from 'node:crypto' // planted: logpipe(rooms) core may import only createHash

export const taken = [createHash, randomUUID]
