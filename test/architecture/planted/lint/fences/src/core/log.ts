import { pino } from 'pino' // planted: logpipe(rooms) pino is fenced

export const taken = pino
