import { env } from 'node:process' // planted: logpipe(rooms) node:process is fenced

export const taken = env
