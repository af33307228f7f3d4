import { defineJsonFormat } from '../format.ts'

/** https://getpino.io/#/docs/api: `level` and `time` as numbers, `msg`, `err` as its standard serializer writes it. */
export const pino = defineJsonFormat({
  shape: 'json',
  name: 'pino',
  summary: 'Pino (Node.js): level and time as numbers.',
  tier: 'core',
  dataset: 'pino.log',
  module: 'pino',
  fields: ['log.level', 'log.logger', 'process.pid', 'host.name', 'error.type', 'error.message', 'error.stack_trace'],
  example: '{"level":50,"time":1795299255003,"pid":8710,"hostname":"pay-1","msg":"payment declined"}',
  accepts: (has) => has('level', 'number') && has('time', 'number') && (has('pid') || has('hostname')),
  keys: {
    level: { to: 'level', scale: 'pino' },
    time: { to: 'time' },
    pid: { to: 'field', field: 'process.pid' },
    hostname: { to: 'field', field: 'host.name' },
    msg: { to: 'field', field: 'message' },
    err: { to: 'error' },
    'err.*': { to: 'error' },
    reqId: { to: 'field', field: 'http.request.id' },
    responseTime: { to: 'duration', unit: 'ms' },
    v: { to: 'nothing' },
  },
})
