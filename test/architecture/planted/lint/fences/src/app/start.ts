import { Command } from 'commander' // planted: logpipe(rooms) commander is fenced

export const taken = Command
