import { render } from 'preact' // planted: logpipe(rooms) preact is fenced

export const taken = render
