import { z } from 'zod'
import { defineSink } from '../core/component.ts'

const Config = z.strictObject({})

/** Events in the embedded store, in the same transaction as progress, metrics and alerts. */
export const store = defineSink({
  type: 'store',
  summary: 'Events in the embedded store (SQLite), searchable by `logpipe query`.',
  stability: 'stable',
  config: Config,
  example: {},
  build: (_config, ports) => ports.store,
})
