import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration, fieldName } from '../core/config-field.ts'
import { addExact, exactNumber, mergeExact } from './exact-sum.ts'
import { fieldUnit, measureOf, scaled, toMetric } from '../core/measure.ts'

const Config = z.strictObject({
  field: fieldName({ about: 'A numeric field; events without it take no part.' }),
  field_unit: fieldUnit(),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

/** Sum of a field, exact to a millionth (integer fields: exact), so that the order of events does not matter. */
export const sum = defineDerive({
  type: 'sum',
  summary: 'Sum of a field, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { field: 'http.response.body.bytes', window: '1m' },
  cell: ['low', 'high'],
  outputs: (config) => ({ sum: measureOf(config.field, config.field_unit).unit, count: 'count' }),
  requires: (config) => [config.field],
  keepsValues: false,
  build(config) {
    const measure = measureOf(config.field, config.field_unit)
    return {
      windowMs: config.window,
      fold(batch, rows, cells, cellOf) {
        const values = batch.numeric(batch.tables.fields.id(config.field))
        for (let i = 0; i < rows.length; i++) addExact(cells, cellOf[i]!, scaled(values[rows[i]!]!, measure))
      },
      merge: mergeExact,
      metrics: (cells, at, window) => ({
        sum: toMetric(exactNumber(cells, at) / measure.scale, measure),
        count: window.count,
      }),
    }
  },
})
