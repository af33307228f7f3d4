import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration } from '../core/config-field.ts'

const Config = z.strictObject({
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

/** How many events there are. */
export const count = defineDerive({
  type: 'count',
  summary: 'How many events there are, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { window: '1m' },
  cell: [],
  outputs: { count: 'count', rate: 'per_second' },
  requires: () => [],
  keepsValues: false,
  build(config) {
    return {
      windowMs: config.window,
      fold() {}, // The count of rows is kept by the caller.
      merge() {},
      metrics: (_, __, window) => ({ count: window.count, rate: (window.count * 1000) / window.windowMs }),
    }
  },
})
