import { Buffer } from 'node:buffer' // planted: logpipe(rooms) node:buffer is fenced

export const taken = Buffer
