import { signal } from '@preact/signals' // planted: logpipe(rooms) @preact/signals is fenced

export const taken = signal
