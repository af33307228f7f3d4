import { schedule } from 'node-cron' // planted: logpipe(rooms) node-cron is fenced

export const taken = schedule
