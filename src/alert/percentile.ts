import { z } from 'zod'
import { defineAlert } from '../core/component.ts'
import { count, duration, fieldName } from '../core/config-field.ts'
import { fieldUnit } from '../core/measure.ts'
import { percentileName } from '../core/program.ts'
import { judge, limitKeys, shownLimit } from './limits.ts'

const Config = z.strictObject({
  field: fieldName({ default: 'event.duration', about: 'A numeric field; events without it take no part.' }),
  field_unit: fieldUnit(),
  percentile: z
    .number()
    .gt(0)
    .lte(100)
    .meta({ description: 'By nearest rank; exact up to 1,000 values, then within 1 %.' }),
  window: duration({ min: '1s', about: 'The events of so much time are looked at.' }),
  min_events: count({ default: 20, about: 'Fewer events are no value.' }),
  ...limitKeys,
})

/** A percentile of a field in a window that slides. */
export const percentile = defineAlert({
  type: 'percentile',
  summary: 'A percentile of a field outside a limit.',
  stability: 'stable',
  kind: 'condition',
  config: Config,
  example: { field: 'event.duration', percentile: 95, window: '10m', above: '800ms' },
  build(config) {
    const { field, field_unit, window } = config
    return {
      rule: {
        kind: 'condition',
        evaluate: (points, t, wasTrue) =>
          judge(config, points.count(t) < config.min_events ? NaN : points.at(t), wasTrue),
      },
      derive: {
        type: 'percentiles',
        config: { field, field_unit, percentiles: [config.percentile], window },
        output: percentileName(config.percentile),
      },
      threshold: shownLimit(config),
    }
  },
})
