import { defineJsonFormat } from '../format.ts'
import { kubernetesKeys } from './kubernetes-keys.ts'

/** https://www.elastic.co/docs/reference/beats/filebeat/exported-fields: fields have their ECS names; labels of pods, too. */
export const filebeat = defineJsonFormat({
  shape: 'json',
  name: 'filebeat',
  summary: 'Filebeat and other Beats: the line is in message.',
  tier: 'core',
  dataset: 'filebeat.log',
  module: 'filebeat',
  fields: ['log.file.path', 'log.offset', 'host.name', 'container.id', 'kubernetes.pod.name', 'service.name'],
  example:
    '{"@timestamp":"2026-11-21T22:14:15.003Z","@metadata":{"beat":"filebeat","type":"_doc","version":"8.15.0"},"message":"Listening on port 8080","log":{"file":{"path":"/var/log/pay.log"},"offset":1042}}',
  isEnvelope: true,
  accepts: (has) => has('@metadata.beat') || (has('agent.type') && has('ecs.version')),
  keys: {
    '@metadata.*': { to: 'nothing' },
    message: { to: 'payload' },
    stream: { to: 'field', field: 'log.iostream' },
    'container.id': { to: 'container' },
    'container.labels.*': { to: 'under', prefix: 'container.labels' },
    ...kubernetesKeys('kubernetes'),
    'kubernetes.*': { to: 'under', prefix: 'kubernetes' },
    'kubernetes.container.name': [
      { to: 'field', field: 'kubernetes.container.name' },
      { to: 'field', field: 'container.name', rank: 1 },
      { to: 'field', field: 'service.name', rank: 9 },
    ],
    'kubernetes.pod.name': { to: 'field', field: 'kubernetes.pod.name' },
    'fields.service': { to: 'field', field: 'service.name' },
    'fields.service_name': { to: 'field', field: 'service.name', rank: 1 },
    'fields.app': { to: 'field', field: 'service.name', rank: 1 },
    'fields.env': { to: 'field', field: 'service.environment' },
    'fields.*': { to: 'under', prefix: 'labels' },
  },
  passesEcs: true,
})
