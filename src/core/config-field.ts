import { z } from 'zod'
import { formatQuantity, parseDuration, parseRate, parseShare, parseSize } from './quantity-text.ts'
import type { MetricUnit } from './component.ts'
import { parseCondition } from './condition.ts'

/**
 * Fields of config that mean the same everywhere. Values carry their units as people write them; code gets numbers in
 * base units. `about` is the text of the reference page.
 */
export interface FieldOptions {
  readonly about: string
  /** As a person would write it. Absent: the field is required. */
  readonly default?: string
}

/** Codes that a field gives to its findings; `config` adds file, line and column. */
export type FieldFinding =
  'missing_unit' | 'unfit_unit' | 'out_of_range' | 'bad_value' | 'secret_literal' | 'bad_regex' | 'bad_condition'

/** Refuses a value inside a transform. */
function refuse(context: z.RefinementCtx, finding: FieldFinding, message: string): typeof z.NEVER {
  context.addIssue({ code: 'custom', message, params: { finding } })
  return z.NEVER
}

interface Quantity {
  readonly word: string
  readonly unit: string
  readonly parse: (text: string) => number | undefined
  readonly hint: string
  readonly allowsBare: boolean
}

function quantity(kind: Quantity, options: FieldOptions & { readonly min?: string; readonly max?: string }) {
  const min = options.min === undefined ? -Infinity : (kind.parse(options.min) ?? -Infinity)
  const max = options.max === undefined ? Infinity : (kind.parse(options.max) ?? Infinity)
  const schema = z
    .union([z.string(), z.number()])
    .meta({ description: options.about, unit: kind.unit })
    .transform((input, context): number => {
      if (typeof input === 'number' && input !== 0 && !kind.allowsBare) {
        return refuse(context, 'missing_unit', `${kind.word} needs a unit: did you mean ${input}${kind.hint}?`)
      }
      const text = String(input)
      const value = kind.parse(text)
      if (value === undefined) return refuse(context, 'bad_value', `${JSON.stringify(text)} is not ${kind.word}`)
      if (value < min) {
        return refuse(context, 'out_of_range', `${text} is below the least value ${options.min}`)
      }
      if (value > max) {
        return refuse(context, 'out_of_range', `${text} is above the greatest value ${options.max}`)
      }
      return value
    })
  return options.default === undefined ? schema : schema.prefault(options.default)
}

type QuantityField = z.ZodType<number, string | number | undefined>

/** Milliseconds; written `500ms 30s 5m 2h 7d 1w 1h30m` or `0`. */
export function duration(options: FieldOptions & { readonly min?: string; readonly max?: string }): QuantityField {
  return quantity({ word: 'a duration', unit: 'duration', parse: parseDuration, hint: 's', allowsBare: false }, options)
}

/** Bytes; written `256B 64KiB 1MiB 10MB`. */
export function size(options: FieldOptions & { readonly min?: string; readonly max?: string }): QuantityField {
  return quantity({ word: 'a size', unit: 'size', parse: parseSize, hint: 'KiB', allowsBare: false }, options)
}

/** 0 to 1; written `5%` or `0.05`. */
export function share(options: FieldOptions): QuantityField {
  return quantity({ word: 'a share', unit: 'share', parse: parseShare, hint: '%', allowsBare: true }, options)
}

/** An integer from `min` to `max`. */
export function count(options: {
  readonly about: string
  readonly default?: number
  readonly min?: number
  readonly max?: number
}): z.ZodType<number, number | undefined> {
  const schema = z
    .int()
    .min(options.min ?? 0)
    .max(options.max ?? Number.MAX_SAFE_INTEGER)
    .meta({ description: options.about, unit: 'count' })
  return options.default === undefined ? schema : schema.prefault(options.default)
}

/** A limit with the unit it was written in: it must fit the unit of what it is compared with. */
export interface Threshold {
  /** Base units: share 0 to 1, ns, bytes, per second, or a plain number. */
  readonly value: number
  /** `number` was written bare and fits counts and plain numbers, and shares if it has a point. */
  readonly unit: 'share' | 'duration' | 'size' | 'rate' | 'number'
  /** As written. */
  readonly text: string
}

/** `5%`, `800ms`, `5MB`, `20/s`, `1000`. */
export function threshold(options: { readonly about: string }): z.ZodType<Threshold, string | number> {
  return z
    .union([z.string(), z.number()])
    .meta({ description: options.about, unit: 'threshold' })
    .transform((input, context): Threshold => {
      const text = String(input)
      if (typeof input === 'number' || /^-?[0-9.]+(e[+-]?[0-9]+)?$/i.test(text)) {
        const value = Number(input)
        if (Number.isFinite(value)) return { value, unit: 'number', text }
      }
      const asShare = text.endsWith('%') ? parseShare(text) : undefined
      if (asShare !== undefined) return { value: asShare, unit: 'share', text }
      const rate = parseRate(text)
      if (rate !== undefined) return { value: rate, unit: 'rate', text }
      const ms = parseDuration(text)
      if (ms !== undefined) return { value: ms * 1e6, unit: 'duration', text }
      const bytes = parseSize(text)
      if (bytes !== undefined) return { value: bytes, unit: 'size', text }
      return refuse(context, 'bad_value', `${JSON.stringify(text)} is not a limit such as 5%, 800ms, 5MB, 20/s or 1000`)
    })
}

/** Units that each unit of a threshold fits. */
const fitting: Readonly<Record<Threshold['unit'], readonly MetricUnit[]>> = {
  share: ['share'],
  duration: ['ns'],
  size: ['bytes'],
  rate: ['per_second'],
  number: ['count', 'number'],
}

/** Why a limit does not fit a metric, with a hint; undefined if it fits. */
export function unfitUnit(limit: Threshold, unit: MetricUnit): string | undefined {
  if (fitting[limit.unit].includes(unit)) return undefined
  if (limit.unit === 'number' && unit === 'share' && limit.value >= 0 && limit.value <= 1) return undefined
  return `${limit.text} does not fit: did you mean ${formatQuantity(limit.value, unit)}?`
}

/** Text of 1 to 1,024 characters. */
export function text(options: FieldOptions): z.ZodType<string, string | undefined> {
  const schema = z.string().min(1).max(1024).meta({ description: options.about })
  return options.default === undefined ? schema : schema.prefault(options.default)
}

/** True or false. */
export function flag(options: {
  readonly about: string
  readonly default: boolean
}): z.ZodType<boolean, boolean | undefined> {
  return z.boolean().meta({ description: options.about }).prefault(options.default)
}

/** Stable identity of a derive or rule. */
export function identifier(options: { readonly about: string }): z.ZodType<string, string> {
  return z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9 and -')
    .meta({ description: options.about })
}

/** Dotted name of a field of events. */
export function fieldName(options: FieldOptions): z.ZodType<string, string | undefined> {
  const schema = z
    .string()
    .regex(/^[@A-Za-z_][A-Za-z0-9_@-]*(\.[A-Za-z0-9_@-]+)*$/, 'is not the dotted name of a field')
    .meta({ description: options.about, unit: 'field' })
  return options.default === undefined ? schema : schema.prefault(options.default)
}

/** `<derive id>.<output>`. */
export function metricName(options: { readonly about: string }): z.ZodType<string, string> {
  return z
    .string()
    .regex(/^[a-z0-9-]{1,64}\.[a-z0-9_]+$/, 'must be <derive id>.<output>, such as error-rate.ratio')
    .meta({ description: options.about, unit: 'metric' })
}

const condition = z.string().superRefine((text, context) => {
  const { fault } = parseCondition(text)
  if (fault === undefined) return
  const { finding, message, offset } = fault
  context.addIssue({ code: 'custom', message, params: { finding, offset } })
})

/** A list of conditions `field op value`; `core/condition.ts` compiles it. */
export function conditions(options: { readonly about: string }): z.ZodType<string[], string[] | undefined> {
  return z.array(condition).meta({ description: options.about, unit: 'conditions' }).prefault([])
}

/** Text that is never shown: strings, JSON and inspection give `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself; hand it on, never keep or print it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

/** A secret: `config` puts a `Secret` there for `env:NAME`, `file:/path` or a lone `${…}`; a literal is a finding. */
export function secret(options: { readonly about: string }): z.ZodType<Secret, Secret> {
  return z
    .custom<Secret>((value) => value instanceof Secret, {
      error: () => 'a secret must come from env:NAME or file:/absolute/path, never from the file itself',
      params: { finding: 'secret_literal' satisfies FieldFinding },
    })
    .meta({ description: options.about, unit: 'secret' })
}
