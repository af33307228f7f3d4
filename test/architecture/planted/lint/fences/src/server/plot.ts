import { uPlot } from 'uplot' // planted: logpipe(rooms) uplot is fenced

export const taken = uPlot
