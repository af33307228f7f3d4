export const taken = 1 // planted: logpipe(file-names) BulkWriter.ts is not kebab-case
