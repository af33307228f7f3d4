import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { conditions, duration } from '../core/config-field.ts'
import { compileFilter } from '../core/row-filter.ts'

const Config = z.strictObject({
  bad: conditions({ about: 'An event that meets all of these is an error.' }).prefault(['logpipe.error = true']),
  total: conditions({ about: 'Only events that meet all of these are counted at all. Empty: all.' }),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

const errors = 0

/** Share of events that are errors. Errors are counted among `total` alone. */
export const errorRate = defineDerive({
  type: 'error_rate',
  summary: 'Share of events that are errors, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { bad: ['http.response.status_code >= 500'], window: '1m' },
  cell: ['errors'],
  outputs: { ratio: 'share', errors: 'count', total: 'count' },
  requires: () => [],
  keepsValues: false,
  build(config) {
    const bad = compileFilter({ where: config.bad })
    let kept = new Int32Array(0)
    return {
      windowMs: config.window,
      takes: compileFilter({ where: config.total }),
      notable: bad,
      fold(batch, rows, cells, cellOf) {
        if (kept.length < rows.length) kept = new Int32Array(rows.length * 2)
        kept.set(rows)
        const left = bad === undefined ? rows.length : bad.select(batch, kept, rows.length)
        for (let i = 0, k = 0; k < left; i++) {
          if (rows[i] !== kept[k]) continue // Both ascend.
          cells[cellOf[i]! + errors]! += 1
          k++
        }
      },
      merge(a, atA, b, atB) {
        a[atA + errors]! += b[atB + errors]!
      },
      // A cell begins with a row, so the count is never 0.
      metrics: (cells, at, window) => ({
        ratio: cells[at + errors]! / window.count,
        errors: cells[at + errors]!,
        total: window.count,
      }),
    }
  },
})
