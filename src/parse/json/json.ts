import { defineJsonFormat } from '../format.ts'

/** What no other JSON format accepts; it comes last. */
export const json = defineJsonFormat({
  shape: 'json',
  name: 'json',
  summary: 'Any JSON object, by the usual names of its keys.',
  tier: 'core',
  dataset: 'generic',
  module: 'generic',
  fields: ['log.level', 'log.logger', 'http.request.method', 'url.path', 'user.name', 'error.message', 'trace.id'],
  example: '{"timestamp":"2026-11-21T22:14:15.003Z","severity":"error","message":"payment declined","order":"O-1042"}',
  accepts: () => true,
  keys: {},
  passesEcs: true,
})
