import { didYouMean } from '../config/nearest.ts'
import { LogpipeError } from '../core/error.ts'
import type { Format } from '../parse/format.ts'
import { formats } from '../registry.ts'

/** One row of `logpipe formats`. */
export interface FormatRow {
  readonly name: string
  readonly kind: 'json' | 'text' | 'envelope'
  readonly tier: 'core' | 'extra'
  readonly summary: string
  readonly dataset: string
  /** Fields that its events may have beside those that every event has. */
  readonly fields: readonly string[]
  /** A realistic line. */
  readonly example: string
}

/** All formats, by name. */
export function listFormats(): FormatRow[] {
  return formats.map(rowOf).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Throws LP_USAGE with the nearest names. */
export function formatNamed(name: string): FormatRow {
  const format = formats.find((one) => one.name === name)
  if (format !== undefined) return rowOf(format)
  const names = formats.map((one) => one.name)
  const within = names.filter((known) => name !== '' && known.includes(name))
  const hint = within.length > 0 ? `did you mean ${within.slice(0, 3).join(' or ')}?` : didYouMean(name, names)
  throw new LogpipeError('LP_USAGE', `reading the command line: there is no format ${name}`, {
    remedy: hint ?? 'The command logpipe formats lists all of them.',
  })
}

function rowOf({ name, shape, isEnvelope, tier, summary, dataset, fields, example }: Format): FormatRow {
  return { name, kind: isEnvelope === true ? 'envelope' : shape, tier, summary, dataset, fields, example }
}
