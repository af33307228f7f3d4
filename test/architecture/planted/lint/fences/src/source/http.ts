import { Hono } from 'hono' // planted: logpipe(rooms) hono is fenced

export const taken = Hono
