import { defineJsonFormat } from '../format.ts'

/** https://docs.docker.com/engine/logging/drivers/json-file/: one part of a line of at most 16 KiB in `log`. */
export const dockerJson = defineJsonFormat({
  shape: 'json',
  name: 'docker_json',
  summary: "Docker's json-file driver.",
  tier: 'core',
  dataset: 'docker.log',
  module: 'docker',
  fields: ['log.iostream'],
  example: '{"log":"Listening on port 8080\\n","stream":"stdout","time":"2026-11-21T22:14:15.003121456Z"}',
  isEnvelope: true,
  isPartialWithoutLineFeed: true,
  accepts: (has) => has('log', 'string') && has('stream', 'string') && has('time', 'string') && !has('@timestamp'),
  keys: {
    log: { to: 'payload' },
    stream: { to: 'field', field: 'log.iostream' },
    time: { to: 'time' },
    'attrs.*': { to: 'under', prefix: 'container.labels' },
  },
})
