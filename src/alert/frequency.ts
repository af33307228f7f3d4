import { z } from 'zod'
import { defineAlert } from '../core/component.ts'
import { count, duration } from '../core/config-field.ts'

const Config = z.strictObject({
  num_events: count({ min: 1, max: 100_000, about: 'So many matching events of one key are an occurrence.' }),
  window: duration({ min: '1s', about: 'How far apart they may be.' }),
})

/** So many events within a window; after an occurrence the key's window is empty again. */
export const frequency = defineAlert({
  type: 'frequency',
  summary: 'Many matching events in a short time.',
  stability: 'stable',
  kind: 'occurrence',
  config: Config,
  example: { num_events: 20, window: '5m' },
  build(config) {
    const needed = config.num_events
    return {
      rule: { kind: 'occurrence', windowMs: config.window, occurs: (times) => times.length >= needed },
      threshold: needed,
    }
  },
})
