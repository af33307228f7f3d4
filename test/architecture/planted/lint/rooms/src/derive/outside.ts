import { sample } from '../../test/support/sample.ts' // planted: logpipe(rooms) from outside src

export const taken = sample
