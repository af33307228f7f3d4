import { Counter } from 'prom-client' // planted: logpipe(rooms) prom-client is fenced

export const taken = Counter
