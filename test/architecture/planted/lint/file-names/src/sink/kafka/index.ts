export const taken = 1 // planted: logpipe(file-names) no index.ts inside src
