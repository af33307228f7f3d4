import { DatabaseSync } from 'node:sqlite' // planted: logpipe(rooms) node:sqlite is fenced

export const taken = DatabaseSync
