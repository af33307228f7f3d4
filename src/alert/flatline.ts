import { z } from 'zod'
import { defineAlert } from '../core/component.ts'
import { count, duration, flag } from '../core/config-field.ts'

const Config = z.strictObject({
  window: duration({ min: '1s', about: 'How long it must have been quiet.' }),
  below: count({ default: 1, min: 1, about: 'Fewer matching events than this are quiet.' }),
  expected: z
    .array(z.record(z.string(), z.string()))
    .meta({ description: 'Keys that are watched from the start, as field and value of each `by` field.' })
    .prefault([]),
  forget_keys: flag({ default: false, about: 'A quiet key is told once, then dropped until it is seen again.' }),
})

/** True while a key has fewer events than it should: from `window` after its first event, or from the start. */
export const flatline = defineAlert({
  type: 'flatline',
  summary: 'Too few matching events.',
  stability: 'stable',
  kind: 'condition',
  config: Config,
  example: { window: '10m', below: 1 },
  build(config) {
    return {
      rule: {
        kind: 'condition',
        evaluate(points, t) {
          const value = points.count(t)
          return value < config.below
            ? { isTrue: true, value, reason: 'below' }
            : { isTrue: false, value, reason: 'within' }
        },
      },
      derive: { type: 'count', config: { window: config.window }, output: 'count' },
      silence: { windowMs: config.window, forgetsKeys: config.forget_keys },
      expected: config.expected,
      threshold: config.below,
    }
  },
})
