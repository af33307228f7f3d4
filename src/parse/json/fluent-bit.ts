import { defineJsonFormat } from '../format.ts'
import { kubernetesKeys } from './kubernetes-keys.ts'

/** Fluent Bit's Kafka output: `@timestamp` as seconds with a fraction (its `timestamp_format` double), the line in `log`. */
export const fluentBit = defineJsonFormat({
  shape: 'json',
  name: 'fluent_bit',
  summary: 'Fluent Bit: the line is in log, with its container.',
  tier: 'core',
  dataset: 'fluent_bit.log',
  module: 'fluent_bit',
  fields: [
    'log.iostream',
    'container.id',
    'container.name',
    'kubernetes.pod.name',
    'kubernetes.namespace',
    'service.name',
  ],
  example:
    '{"@timestamp":1795299255.003121,"log":"Listening on port 8080\\n","stream":"stdout","kubernetes":{"pod_name":"pay-0","namespace_name":"shop","container_name":"pay"}}',
  isEnvelope: true,
  secondsKey: '@timestamp',
  accepts: (has) => {
    if (!has('@timestamp')) return false
    if (has('log', 'string')) return true
    // Without `log`, an event of its own that has a number for its time is none.
    return has('@timestamp', 'number') && has('message', 'string') && (has('kubernetes', 'object') || !has('level'))
  },
  keys: {
    '@timestamp': { to: 'time' },
    time: { to: 'time', rank: 1 },
    log: { to: 'payload' },
    message: { to: 'payload', rank: 1 },
    stream: { to: 'field', field: 'log.iostream' },
    _p: { to: 'partial' },
    logtag: { to: 'partial', rank: 1 },
    partial_message: { to: 'partial', rank: 2 },
    container_id: { to: 'container', rank: 2 },
    container_name: { to: 'field', field: 'container.name', rank: 1 },
    ...kubernetesKeys('kubernetes'),
  },
})
