import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration, fieldName } from '../core/config-field.ts'
import { fieldUnit, measureOf, toMetric } from '../core/measure.ts'

const Config = z.strictObject({
  field: fieldName({ about: 'A numeric field; events without it take no part.' }),
  field_unit: fieldUnit(),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

const isSet = 0
const time = 1
const newest = 2

/** The newest value of a field by event time (ms); of two at the same time the larger one. */
export const last = defineDerive({
  type: 'last',
  summary: 'Newest value of a field, in windows of event time: gauges such as CPU percent.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { field: 'logpipe.business.disk_pct', field_unit: 'percent', window: '1m' },
  cell: ['is_set', 'time', 'value'],
  outputs: (config) => ({ last: measureOf(config.field, config.field_unit).unit }),
  requires: (config) => [config.field],
  keepsValues: false,
  build(config) {
    const measure = measureOf(config.field, config.field_unit)
    function put(cells: Float64Array, at: number, ms: number, value: number): void {
      const isOlder =
        cells[at + isSet] === 1 && (ms < cells[at + time]! || (ms === cells[at + time] && value <= cells[at + newest]!))
      if (isOlder) return
      cells[at + isSet] = 1
      cells[at + time] = ms
      cells[at + newest] = value
    }
    return {
      windowMs: config.window,
      fold(batch, rows, cells, cellOf) {
        const values = batch.numeric(batch.tables.fields.id(config.field))
        for (let i = 0; i < rows.length; i++) put(cells, cellOf[i]!, batch.time[rows[i]!]!, values[rows[i]!]!)
      },
      merge(a, atA, b, atB) {
        if (b[atB + isSet] === 1) put(a, atA, b[atB + time]!, b[atB + newest]!)
      },
      metrics: (cells, at) => ({ last: toMetric(cells[at + newest]!, measure) }),
    }
  },
})
