import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration } from '../core/config-field.ts'
import { compileFilter } from '../core/row-filter.ts'

const Config = z.strictObject({
  threshold: duration({ default: '1s', about: 'A request this long is slow.' }),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

const slow = 0

/** Share of slow requests. An event without a duration takes no part: it is in neither count. */
export const slowRequests = defineDerive({
  type: 'slow_requests',
  summary: 'Share of slow requests, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { threshold: '500ms', window: '1m' },
  cell: ['slow'],
  outputs: { ratio: 'share', slow: 'count', total: 'count' },
  requires: () => ['event.duration'],
  keepsValues: false,
  build(config) {
    const thresholdNs = config.threshold * 1e6
    return {
      windowMs: config.window,
      notable: compileFilter({ where: [`event.duration >= ${thresholdNs}`] }),
      fold(batch, rows, cells, cellOf) {
        const durations = batch.durationNs
        for (let i = 0; i < rows.length; i++) {
          if (durations[rows[i]!]! >= thresholdNs) cells[cellOf[i]! + slow]! += 1
        }
      },
      merge(a, atA, b, atB) {
        a[atA + slow]! += b[atB + slow]!
      },
      // A cell begins with a row, so the count is never 0.
      metrics: (cells, at, window) => ({
        ratio: cells[at + slow]! / window.count,
        slow: cells[at + slow]!,
        total: window.count,
      }),
    }
  },
})
