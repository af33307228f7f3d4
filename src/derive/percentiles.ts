import { z } from 'zod'
import { defineDerive } from '../core/component.ts'
import { duration, fieldName } from '../core/config-field.ts'
import { percentileName } from '../core/program.ts'
import { fieldUnit, measureOf, toMetric } from '../core/measure.ts'

const Config = z.strictObject({
  field: fieldName({ default: 'event.duration', about: 'A numeric field; events without it take no part.' }),
  field_unit: fieldUnit(),
  percentiles: z
    .array(z.number().gt(0).lte(100))
    .min(1)
    .max(20)
    .meta({ description: 'Each becomes an output: 95 is `p95`, 99.9 is `p99_9`.' })
    .prefault([50, 95, 99]),
  window: duration({ default: '1m', min: '1s', about: 'Length of a window of event time.' }),
})

/** Percentiles of a field by nearest rank: exact up to 1,000 values, then within 1 %. */
export const percentiles = defineDerive({
  type: 'percentiles',
  summary: 'Percentiles of a field, in windows of event time.',
  stability: 'stable',
  stateVersion: 1,
  config: Config,
  example: { field: 'event.duration', percentiles: [50, 99.9], window: '1m' },
  cell: [],
  outputs: (config) => {
    const { unit } = measureOf(config.field, config.field_unit)
    return Object.fromEntries([
      ...config.percentiles.map((percentile) => [percentileName(percentile), unit]),
      ['count', 'count'],
    ])
  },
  requires: (config) => [config.field],
  keepsValues: true,
  build(config) {
    const measure = measureOf(config.field, config.field_unit)
    const wanted = config.percentiles.map((percentile) => ({
      name: percentileName(percentile),
      share: percentile / 100,
    }))
    return {
      windowMs: config.window,
      fold(batch, rows, _cells, _cellOf, bags) {
        const values = batch.numeric(batch.tables.fields.id(config.field))
        for (let i = 0; i < rows.length; i++) bags[i]!.add(values[rows[i]!]!)
      },
      merge() {}, // The caller merges the bags.
      metrics(_cells, _at, { count, bag }) {
        const values: Record<string, number> = {}
        for (const { name, share } of wanted) values[name] = toMetric(bag.quantile(share), measure)
        values['count'] = count
        return values
      },
    }
  },
})
