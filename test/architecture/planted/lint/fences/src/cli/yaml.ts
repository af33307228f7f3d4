import { parse } from 'yaml' // planted: logpipe(rooms) yaml is fenced

export const taken = parse
