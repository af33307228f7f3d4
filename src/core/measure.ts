import { z } from 'zod'
import type { MetricUnit } from './component.ts'
import { fieldKind } from './field.ts'

/** What a field counts in, and how its values become those of a metric. */
export interface Measure {
  readonly unit: MetricUnit
  /** Metric value = field value * times / per. */
  readonly times: number
  readonly per: number
  /** Values are added as integers of 1 / scale: 1 for integer fields, a millionth for others. */
  readonly scale: number
}

const units = {
  number: { unit: 'number', times: 1, per: 1 },
  share: { unit: 'share', times: 1, per: 1 },
  percent: { unit: 'share', times: 1, per: 100 },
  bytes: { unit: 'bytes', times: 1, per: 1 },
  ns: { unit: 'ns', times: 1, per: 1 },
  us: { unit: 'ns', times: 1e3, per: 1 },
  ms: { unit: 'ns', times: 1e6, per: 1 },
  s: { unit: 'ns', times: 1e9, per: 1 },
} as const satisfies Record<string, Omit<Measure, 'scale'>>

export type FieldUnit = keyof typeof units

/** Unit of the values of a field that does not say it by its name. */
export function fieldUnit(): z.ZodOptional<z.ZodEnum<{ [Unit in FieldUnit]: Unit }>> {
  // The keys of the table are the words.
  const words = Object.fromEntries(Object.keys(units).map((word) => [word, word])) as { [Unit in FieldUnit]: Unit }
  const about =
    'What the values of the field count. Absent: `event.duration` and `*.duration` ns, `*.bytes` bytes, others plain numbers.'
  return z.enum(words).meta({ description: about }).optional()
}

export function measureOf(field: string, unit: FieldUnit | undefined): Measure {
  const isInteger = fieldKind(field) === 'long'
  const word = unit ?? (isInteger && field.endsWith('.duration') ? 'ns' : field.endsWith('.bytes') ? 'bytes' : 'number')
  return { ...units[word], scale: isInteger ? 1 : 1e6 }
}

/** Beyond this a value counts as this: sums stay exact. */
const largest = 2 ** 63

/** The value as the integer that is added. */
export function scaled(value: number, measure: Measure): number {
  return Math.max(-largest, Math.min(largest, Math.round(value * measure.scale)))
}

export function toMetric(value: number, measure: Measure): number {
  return (value * measure.times) / measure.per
}
