export const taken = 1 // planted: logpipe(file-names) utils is a drawer
