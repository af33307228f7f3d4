import { z } from 'zod' // planted: logpipe(rooms) zod is fenced

export const taken = z
