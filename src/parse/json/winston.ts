import { defineJsonFormat } from '../format.ts'

/** Keys that winston itself does not write: the object comes from another logger. */
const foreign = [
  'time',
  'ts',
  '@timestamp',
  'logger',
  'logger_name',
  'levelname',
  'severity',
  'msg',
  '@version',
  'thread',
]

/** https://github.com/winstonjs/winston: the `json` format, with or without `timestamp`, `errors` and `label`. */
export const winston = defineJsonFormat({
  shape: 'json',
  name: 'winston',
  summary: 'Winston (Node.js): a level word of npm and a message.',
  tier: 'core',
  dataset: 'winston.log',
  module: 'winston',
  fields: ['log.level', 'log.logger', 'service.name', 'error.type', 'error.message', 'error.stack_trace'],
  example: '{"level":"error","message":"payment declined","service":"pay","timestamp":"2026-11-21T22:14:15.003Z"}',
  accepts: (has) => has('level', 'string') && has('message', 'string') && !foreign.some((key) => has(key)),
  keys: {
    level: { to: 'level', scale: 'npm' },
    message: { to: 'field', field: 'message' },
    timestamp: { to: 'time' },
    stack: { to: 'error' },
    label: { to: 'field', field: 'log.logger' },
    service: { to: 'field', field: 'service.name' },
  },
})
