import { z } from 'zod'
import { defineAlert, type Points } from '../core/component.ts'
import { count, duration, metricName } from '../core/config-field.ts'
import { judge, limitKeys, shownLimit } from './limits.ts'

const Config = z.strictObject({
  metric: metricName({
    about: 'The metric to watch: `<derive id>.<output>`. Absent: the number of matching events.',
  }).optional(),
  stat: z
    .enum(['last', 'min', 'max', 'avg', 'sum'])
    .meta({ description: 'What is made of the points of `window`.' })
    .prefault('last'),
  window: duration({
    min: '1s',
    about: 'Points of so much time are looked at. Absent: the point at the tick.',
  }).optional(),
  min_events: count({ default: 0, about: 'Fewer events in the window of the metric are no value.' }),
  ...limitKeys,
})

type Stat = z.output<typeof Config>['stat']

/** The points that end with the one at `t`, as one number; points without a value do not count. NaN: there is none. */
function statOf(points: Points, t: number, over: { stat: Stat; windowMs: number }): number {
  const values: number[] = []
  for (let at = t; at > t - over.windowMs; at -= points.tickMs) {
    const value = points.at(at)
    if (!Number.isNaN(value)) values.push(value)
  }
  const [newest = NaN] = values
  if (values.length === 0) return newest
  const sum = values.reduce((a, b) => a + b, 0)
  switch (over.stat) {
    case 'last':
      return newest
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
    case 'sum':
      return sum
    case 'avg':
      return sum / values.length
  }
}

/** True while a metric lies outside its limits. Without `metric` the value is the count of events in `window`. */
export const threshold = defineAlert({
  type: 'threshold',
  summary: 'A metric outside a limit.',
  stability: 'stable',
  kind: 'condition',
  config: Config,
  example: { metric: 'slow-requests.ratio', above: '10%' },
  build(config) {
    const { metric, stat, window } = config
    const windowMs = metric === undefined ? undefined : window
    return {
      rule: {
        kind: 'condition',
        evaluate(points, t, wasTrue) {
          if (points.count(t) < config.min_events) return judge(config, NaN, wasTrue)
          return judge(config, windowMs === undefined ? points.at(t) : statOf(points, t, { stat, windowMs }), wasTrue)
        },
      },
      ...(metric === undefined
        ? { derive: { type: 'count', config: { window: window ?? 60_000 }, output: 'count' } }
        : { metric, lookBackMs: window ?? 0 }),
      threshold: shownLimit(config),
    }
  },
})
