import { z } from 'zod'
import { defineDerive, type MetricUnit } from '../core/component.ts'
import { duration, fieldName } from '../core/config-field.ts'
import {
  addExact,
  addSquare,
  exactInteger,
  exactNumber,
  mergeExact,
  mergeSquares,
  squareLimbs,
  squaresInteger,
} from './exact-sum.ts'
import { fieldUnit, measureOf, scaled, toMetric } from '../core/measure.ts'

const Config = z.strictObject({
  field: fieldName({ about: 'A numeric field; events without it take no part.' }),
  field_unit: fieldUnit(),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

const isSet = 0
const least = 1
const greatest = 2
const total = 3
const squares = 5
const squareNames = Array.from({ length: squareLimbs }, (_, i) => `square_${i}`)

/** Least, greatest, mean, median and standard deviation (of the whole window, not of a sample) of a field. */
export const stats = defineDerive({
  type: 'stats',
  summary: 'Least, greatest, mean, median and deviation of a field, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { field: 'logpipe.business.cpu_pct', field_unit: 'percent', window: '5m' },
  cell: ['is_set', 'min', 'max', 'low', 'high', ...squareNames],
  outputs: (config) => {
    const { unit } = measureOf(config.field, config.field_unit)
    return { min: unit, max: unit, avg: unit, median: unit, deviation: unit, count: 'count' } satisfies Record<
      string,
      MetricUnit
    >
  },
  requires: (config) => [config.field],
  keepsValues: true,
  build(config) {
    const measure = measureOf(config.field, config.field_unit)
    function widen(cells: Float64Array, at: number, low: number, high: number): void {
      const isFirst = cells[at + isSet] === 0
      cells[at + isSet] = 1
      cells[at + least] = isFirst ? low : Math.min(cells[at + least]!, low)
      cells[at + greatest] = isFirst ? high : Math.max(cells[at + greatest]!, high)
    }
    return {
      windowMs: config.window,
      fold(batch, rows, cells, cellOf, bags) {
        const values = batch.numeric(batch.tables.fields.id(config.field))
        for (let i = 0; i < rows.length; i++) {
          const value = values[rows[i]!]!
          const at = cellOf[i]!
          const integer = scaled(value, measure)
          widen(cells, at, value, value)
          addExact(cells, at + total, integer)
          addSquare(cells, at + squares, integer)
          bags[i]!.add(value)
        }
      },
      merge(a, atA, b, atB) {
        if (b[atB + isSet] === 0) return
        widen(a, atA, b[atB + least]!, b[atB + greatest]!)
        mergeExact(a, atA + total, b, atB + total)
        mergeSquares(a, atA + squares, b, atB + squares)
      },
      metrics(cells, at, { count, bag }) {
        const sum = exactInteger(cells, at + total)
        // n squared times the variance, as an integer: nothing is lost where the values lie close together.
        const spread = BigInt(count) * squaresInteger(cells, at + squares) - sum * sum
        return {
          min: toMetric(cells[at + least]!, measure),
          max: toMetric(cells[at + greatest]!, measure),
          avg: toMetric(exactNumber(cells, at + total) / count / measure.scale, measure),
          median: toMetric(bag.quantile(0.5), measure),
          deviation: toMetric(Math.sqrt(Number(spread)) / count / measure.scale, measure),
          count,
        }
      },
    }
  },
})
