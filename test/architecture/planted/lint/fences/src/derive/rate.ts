import { map } from 'rxjs' // planted: logpipe(rooms) rxjs is fenced

export const taken = map
