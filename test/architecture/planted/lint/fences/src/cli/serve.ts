import { serve } from '@hono/node-server' // planted: logpipe(rooms) @hono/node-server is fenced

export const taken = serve
