import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration } from '../core/config-field.ts'

const Config = z.strictObject({
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

/** First digit of the status less 2 is the column. */
const firstClass = 2
const cell = ['status_2xx', 'status_3xx', 'status_4xx', 'status_5xx'] as const

/** A request is an event with a status. Those without a duration are counted, and are in no percentile. */
export const requests = defineDerive({
  type: 'requests',
  summary: 'Requests by class of status, with percentiles of their duration, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { window: '1m' },
  cell,
  outputs: {
    count: 'count',
    rate: 'per_second',
    status_2xx: 'count',
    status_3xx: 'count',
    status_4xx: 'count',
    status_5xx: 'count',
    p50: 'ns',
    p95: 'ns',
    p99: 'ns',
  },
  requires: () => ['http.response.status_code'],
  keepsValues: true,
  build(config) {
    return {
      windowMs: config.window,
      fold(batch, rows, cells, cellOf, bags) {
        const { status, durationNs } = batch
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i]!
          const column = ((status[row]! / 100) | 0) - firstClass
          if (column >= 0 && column < cell.length) cells[cellOf[i]! + column]! += 1
          const ns = durationNs[row]!
          if (ns === ns) bags[i]!.add(ns) // Not NaN.
        }
      },
      merge(a, atA, b, atB) {
        for (let i = 0; i < cell.length; i++) a[atA + i]! += b[atB + i]!
      },
      metrics(cells, at, { count, windowMs, bag }) {
        return {
          count,
          rate: (count * 1000) / windowMs,
          status_2xx: cells[at]!,
          status_3xx: cells[at + 1]!,
          status_4xx: cells[at + 2]!,
          status_5xx: cells[at + 3]!,
          p50: bag.quantile(0.5),
          p95: bag.quantile(0.95),
          p99: bag.quantile(0.99),
        }
      },
    }
  },
})
