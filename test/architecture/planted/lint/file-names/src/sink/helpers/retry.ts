export const taken = 1 // planted: logpipe(file-names) helpers is a drawer
