import { Type } from 'avsc' // planted: logpipe(rooms) avsc is fenced

export const taken = Type
