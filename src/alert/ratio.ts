import { z } from 'zod'
import { defineAlert } from '../core/component.ts'
import { conditions, count, duration } from '../core/config-field.ts'
import { judge, limitKeys, shownLimit } from './limits.ts'

const Config = z.strictObject({
  bad: conditions({ about: 'An event that meets all of these is bad.' }).prefault(['logpipe.error = true']),
  total: conditions({ about: 'Only events that meet all of these are counted at all. Empty: all.' }),
  window: duration({ min: '1s', about: 'The events of so much time are looked at.' }),
  min_events: count({ default: 20, about: 'Fewer events are no value.' }),
  ...limitKeys,
})

/** Share of bad events in a window that slides. */
export const ratio = defineAlert({
  type: 'ratio',
  summary: 'Share of bad events outside a limit.',
  stability: 'stable',
  kind: 'condition',
  config: Config,
  example: { bad: ['http.response.status_code >= 500'], window: '5m', above: '5%' },
  build(config) {
    return {
      rule: {
        kind: 'condition',
        evaluate: (points, t, wasTrue) =>
          judge(config, points.count(t) < config.min_events ? NaN : points.at(t), wasTrue),
      },
      derive: {
        type: 'error_rate',
        config: { bad: config.bad, total: config.total, window: config.window },
        output: 'ratio',
      },
      threshold: shownLimit(config),
    }
  },
})
