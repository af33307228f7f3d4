import { z } from 'zod'
import { count, duration, identifier, metricName, text } from '../core/config-field.ts'
import type { Json } from '../core/event-batch.ts'
import { parseDuration } from '../core/quantity-text.ts'
import { dropReasons } from '../core/result.ts'
import type { Expectation, GivenItem, TestBlock } from '../core/test-block.ts'
import { parseInstant } from '../core/moment.ts'
import { compilePattern } from '../core/pattern.ts'

/** Start of blocks that give none. */
const defaultStart = '2026-01-01T00:00:00Z'
const maxValues = 100_000

/** A time of a block: an instant, or ms after its start. */
interface BlockTime {
  readonly isAfterStart: boolean
  readonly ms: number
}

function refuse(context: z.RefinementCtx, finding: string, message: string): typeof z.NEVER {
  context.addIssue({ code: 'custom', message, params: { finding } })
  return z.NEVER
}

function time(about: string) {
  return z
    .union([z.string(), z.number()])
    .meta({ description: about })
    .transform((input, context): BlockTime => {
      if (typeof input === 'number' && input !== 0)
        return refuse(context, 'missing_unit', `a time after the start needs a unit: did you mean ${input}s?`)
      const instant = parseInstant(String(input))
      if (instant !== undefined) return { isAfterStart: false, ms: instant }
      const ms = parseDuration(String(input))
      if (ms !== undefined) return { isAfterStart: true, ms }
      return refuse(
        context,
        'bad_value',
        `${JSON.stringify(input)} is neither a time such as 2026-01-05T10:00:00Z nor a duration after the start`,
      )
    })
}

/** Canonical base64 (RFC 4648 section 4). */
const base64 = z
  .string()
  .refine((input) => Buffer.from(input, 'base64').toString('base64') === input, 'is not base64')
  .transform((input) => new Uint8Array(Buffer.from(input, 'base64')))

const words = z.record(z.string(), z.string())

/** `a`, `axn`, `a+bxn`, `a-bxn`: n steps after the first value; `_`, `_xn`: gaps; `stale`. As promtool's series. */
function expandSeries(notation: string): (number | 'stale')[] | undefined {
  const values: (number | 'stale')[] = []
  for (const part of notation.trim().split(/\s+/)) {
    const match = /^(?:(stale)|(_)(?:x(\d{1,6}))?|(-?\d+(?:\.\d+)?)(?:([+-]\d+(?:\.\d+)?))?(?:x(\d{1,6}))?)$/.exec(part)
    if (match === null) return undefined
    if (match[1] !== undefined) values.push('stale')
    else if (match[2] !== undefined) for (let i = 0; i < Number(match[3] ?? 1); i++) values.push(Number.NaN)
    else for (let i = 0; i <= Number(match[6] ?? 0); i++) values.push(Number(match[4]) + i * Number(match[5] ?? 0))
    if (values.length > maxValues) return undefined
  }
  return values
}

const json = z.unknown().transform((input): Json => input as Json) // YAML gives JSON alone.

const Events = z.strictObject({
  from: time('First event.').prefault('0'),
  every: duration({ about: 'Time between two events.', default: '1s', min: '1ms' }),
  count: count({ about: 'How many events.', default: 1, min: 1, max: 1_000_000 }),
  set: z.record(z.string(), json).meta({ description: 'Dotted field to value, in every event.' }),
})

const Series = z.strictObject({
  metric: metricName({ about: 'The metric that is given in place of events.' }),
  by: words.meta({ description: 'Field to value of the series.' }).prefault({}),
  every: duration({ about: 'Time between two values. Absent: the tick.', min: '1s' }).optional(),
  values: z
    .string()
    .meta({ description: '`0+50x20 _x5 stale`: values, gaps and the end of the series.' })
    .transform(
      (input, context) =>
        expandSeries(input) ??
        refuse(context, 'bad_value', `${JSON.stringify(input)} is no row of values such as 0+50x20 _x5 stale`),
    ),
})

const kinds = ['value', 'value_base64', 'file', 'events', 'series'] as const

const Given = z.union([
  z.string().meta({ description: 'A raw record.' }),
  z
    .strictObject({
      value: z.string().meta({ description: 'A raw record as text.' }).optional(),
      value_base64: base64.meta({ description: 'A raw record as base64.' }).optional(),
      file: text({ about: 'A file whose lines are records, from the folder of this file.' }).optional(),
      key: z.string().meta({ description: 'Key of the record.' }).optional(),
      headers: words.meta({ description: 'Headers of the record.' }).optional(),
      timestamp: time('Time of the record. Absent: the time of the event.').optional(),
      partition: count({ about: 'Partition of the record.', max: 1023 }).optional(),
      events: Events.meta({ description: 'Events after parse, as many as wanted.' }).optional(),
      series: Series.meta({ description: 'Points of a metric.' }).optional(),
    })
    .superRefine((item, context) => {
      const present = kinds.filter((kind) => item[kind] !== undefined)
      if (present.length !== 1) refuse(context, 'not_allowed', `an item has exactly one of ${kinds.join(', ')}`)
      const isRecordItem = item.events === undefined && item.series === undefined
      if (!isRecordItem && (item.key ?? item.headers ?? item.timestamp ?? item.partition) !== undefined) {
        refuse(context, 'not_allowed', 'key, headers, timestamp and partition belong to raw records')
      }
    }),
])

const operators = ['$absent', '$regex', '$approx', '$any']

/** JSON that is compared as a subset; keys that begin with a dollar are operators. */
const matcher = z
  .unknown()
  .superRefine((input, context) => checkOperators(input, context))
  .transform((input): Json => input as Json) // YAML gives JSON alone.

function checkOperators(input: unknown, context: z.RefinementCtx): void {
  if (typeof input !== 'object' || input === null) return
  for (const [key, value] of Object.entries(input)) {
    if (key.startsWith('$') && !operators.includes(key))
      refuse(context, 'bad_value', `there is no operator ${key}: use ${operators.join(', ')}`)
    if (key === '$regex' && typeof value === 'string') {
      const { fault } = compilePattern(value, false)
      if (fault !== undefined) refuse(context, 'bad_regex', fault)
    }
    checkOperators(value, context)
  }
}

const Expect = z.strictObject({
  events: z.array(matcher).optional(),
  metrics: z
    .array(
      z.strictObject({
        derive: identifier({ about: 'Id of the derive.' }),
        by: words.optional(),
        window_start: time('Start of the window.').optional(),
        values: matcher,
      }),
    )
    .optional(),
  alerts: z
    .array(
      z.strictObject({
        at: time('A tick.'),
        state: z.enum(['pending', 'firing', 'none']),
        labels: matcher.optional(),
        annotations: matcher.optional(),
      }),
    )
    .optional(),
  transitions: z
    .array(
      z.strictObject({
        at: time('A tick.'),
        transition: z.enum(['pending', 'firing', 'updated', 'resolved']),
        labels: matcher.optional(),
      }),
    )
    .optional(),
  dead_letters: z.array(matcher).optional(),
  drops: z.array(z.strictObject({ reason: z.enum(dropReasons), count: count({ about: 'How many.' }) })).optional(),
})

/** One entry of `tests:`; times come out as epoch ms. The place is set by the reader. */
export const TestBlockConfig = z
  .strictObject({
    name: text({ about: 'What it shows, as a sentence.' }),
    rules: z
      .array(identifier({ about: 'Id of a rule.' }))
      .meta({ description: 'Rules that take part. Absent: all of the file.' })
      .optional(),
    start: z
      .string()
      .meta({ description: 'Where durations count from.' })
      .transform(
        (input, context) =>
          parseInstant(input) ??
          refuse(context, 'bad_value', `${JSON.stringify(input)} is not a time such as 2026-01-05T10:00:00Z`),
      )
      .prefault(defaultStart),
    format: text({ about: 'Format of raw records; in rule files only.' }).optional(),
    given: z
      .array(Given)
      .meta({ description: 'Raw records, generated events and series, in this order.' })
      .prefault([]),
    advance_to: time(
      'The watermark is set to exactly this. Absent: time runs until nothing is scheduled, at most 24 h.',
    ).optional(),
    expect: Expect.meta({ description: 'Each list given is compared whole, objects as subsets.' }),
  })
  .transform((block): Omit<TestBlock, 'place'> => {
    const startMs = block.start
    const at = (when: BlockTime): number => (when.isAfterStart ? startMs + when.ms : when.ms)
    return {
      name: block.name,
      rules: block.rules,
      startMs,
      format: block.format,
      given: block.given.map((item) => givenItem(item, at)),
      advanceToMs: block.advance_to === undefined ? undefined : at(block.advance_to),
      expect: expectation(block.expect, at),
    }
  })

function givenItem(item: z.output<typeof Given>, at: (when: BlockTime) => number): GivenItem {
  if (typeof item === 'string') return givenItem({ value: item }, at)
  if (item.events !== undefined) {
    const { from, every, count: howMany, set } = item.events
    return { kind: 'events', fromMs: at(from), everyMs: every, count: howMany, set }
  }
  if (item.series !== undefined) {
    const { metric, by, every, values } = item.series
    return { kind: 'series', metric, by, everyMs: every, values }
  }
  return {
    kind: 'record',
    value: item.value === undefined ? item.value_base64 : new TextEncoder().encode(item.value),
    file: item.file,
    key: item.key,
    headers: item.headers ?? {},
    timestampMs: item.timestamp === undefined ? undefined : at(item.timestamp),
    partition: item.partition ?? 0,
  }
}

function expectation(expect: z.output<typeof Expect>, at: (when: BlockTime) => number): Expectation {
  const { events, metrics, alerts, transitions, dead_letters: deadLetters, drops } = expect
  return {
    events,
    metrics: metrics?.map(({ derive, by, window_start: start, values }) => {
      return { derive, by, windowStartMs: start === undefined ? undefined : at(start), values }
    }),
    alerts: alerts?.map(({ at: when, state, labels, annotations }) => ({ atMs: at(when), state, labels, annotations })),
    transitions: transitions?.map(({ at: when, transition, labels }) => ({ atMs: at(when), transition, labels })),
    deadLetters,
    drops,
  }
}
