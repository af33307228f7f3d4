import { z } from 'zod'

interface Range {
  readonly low: number
  readonly high: number
  readonly words: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Minute, hour, day of month, month, day of week (0 and 7 are Sunday), as in crontab(5). */
const ranges: readonly Range[] = [
  { low: 0, high: 59, words: [] },
  { low: 0, high: 23, words: [] },
  { low: 1, high: 31, words: [] },
  { low: 1, high: 12, words: months },
  { low: 0, high: 7, words: weekdays },
]

/** True for five fields of `*`, numbers, names, `a-b`, lists and steps within their ranges. */
function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  return (
    fields.length === ranges.length &&
    fields.every((field, i) => field.split(',').every((part) => isPart(part, ranges[i]!)))
  )
}

function isPart(part: string, range: Range): boolean {
  const match = /^(\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/i.exec(part)
  if (match === null) return false
  if (match[4] !== undefined && Number(match[4]) === 0) return false
  if (match[1] === '*') return true
  const first = numberOf(match[2] ?? '', range)
  const last = match[3] === undefined ? first : numberOf(match[3], range)
  return first !== undefined && last !== undefined && first <= last
}

function numberOf(word: string, range: Range): number | undefined {
  const at = range.words.indexOf(word.toLowerCase())
  const value = at >= 0 ? at + range.low : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
  return value >= range.low && value <= range.high ? value : undefined
}

/** A cron expression of five fields. */
export function cron(options: {
  readonly about: string
  readonly default: string
}): z.ZodType<string, string | undefined> {
  return z
    .string()
    .refine(isCron, {
      error: 'is not minute, hour, day, month and weekday, such as 17 3 * * *',
      params: { finding: 'bad_cron' },
    })
    .meta({ description: options.about, unit: 'cron' })
    .prefault(options.default)
}
