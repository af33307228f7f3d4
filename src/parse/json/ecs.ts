import { defineJsonFormat } from '../format.ts'

/** https://www.elastic.co/docs/reference/ecs/logging/intro: the ECS loggers of Java, .NET, Node, Python, Go, PHP, Ruby. */
export const ecs = defineJsonFormat({
  shape: 'json',
  name: 'ecs',
  summary: 'ECS loggers: fields that already have their names, dotted or nested.',
  tier: 'core',
  dataset: 'ecs.log',
  module: 'ecs',
  fields: ['log.level', 'log.logger', 'service.name', 'process.pid', 'trace.id', 'error.type', 'error.stack_trace'],
  example:
    '{"@timestamp":"2026-11-21T22:14:15.003Z","log.level":"error","message":"declined","ecs.version":"8.11.0","service.name":"pay"}',
  accepts: (has) => has('ecs.version') || (has('log.level') && has('@timestamp')),
  keys: {},
  passesEcs: true,
})
