import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Encoder } from '../../../src/core/codec.ts'
import { encodeFrame } from '../../../src/core/frame-codec.ts'
import { wordOf } from '../../../src/core/event-batch.ts'
import type { Frame } from '../../../src/core/frame.ts'
import { createAlertUnit } from '../../../src/alert/unit.ts'
import { chunkText, enginesOf, framesOf, storyOf, type Story } from '../../support/engines.ts'
import { storyStart, type PlainEvent } from '../../support/events.ts'

/** One rule and one derive of each kind, so that each property holds for all of them at once. */
const engines = enginesOf({
  derives: [
    { id: 'errors', type: 'error_rate', by: ['service.name'], window: '1m' },
    { id: 'slow', type: 'slow_requests', by: ['service.name'], window: '30s', threshold: '500ms' },
    { id: 'requests', type: 'requests', by: ['service.name', 'url.path'], window: '1m' },
    { id: 'amount', type: 'sum', field: 'logpipe.business.amount', by: ['service.name'], window: '1m' },
    { id: 'spread', type: 'stats', field: 'logpipe.business.amount', window: '1m' },
    {
      id: 'gauge',
      type: 'last',
      field: 'logpipe.business.cpu_pct',
      field_unit: 'percent',
      by: ['service.name'],
      window: '30s',
    },
  ],
  rules: [
    {
      id: 'any-oom',
      type: 'any',
      severity: 'high',
      where: ['message contains "Out of memory"'],
      by: ['service.name'],
      resolve_after: '45s',
    },
    {
      id: 'many-errors',
      type: 'frequency',
      severity: 'medium',
      where: ['logpipe.error = true'],
      num_events: 4,
      window: '1m',
      by: ['service.name'],
      resolve_after: '30s',
    },
    {
      id: 'error-share',
      type: 'threshold',
      metric: 'errors.ratio',
      above: '30%',
      recover_below: '10%',
      for: '15s',
      keep_firing_for: '30s',
      severity: 'high',
    },
    {
      id: 'cpu',
      type: 'threshold',
      metric: 'gauge.last',
      stat: 'avg',
      window: '1m',
      levels: [
        { severity: 'high', above: '60%' },
        { severity: 'critical', above: '90%' },
      ],
    },
    {
      id: 'ratio',
      type: 'ratio',
      bad: ['http.response.status_code >= 500'],
      window: '1m',
      min_events: 5,
      above: '20%',
      severity: 'low',
    },
    {
      id: 'p95',
      type: 'percentile',
      percentile: 95,
      window: '45s',
      min_events: 3,
      above: '700ms',
      by: ['url.path'],
      severity: 'low',
    },
    {
      id: 'quiet',
      type: 'flatline',
      window: '45s',
      below: 2,
      by: ['service.name'],
      expected: [{ 'service.name': 'batch' }],
      severity: 'critical',
    },
  ],
})

interface Line {
  readonly gap: number
  readonly lag: number
  readonly service: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly amount: number
  readonly cpu: number
  readonly oom: boolean
}

const line: fc.Arbitrary<Line> = fc.record({
  gap: fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 3000 }), weight: 9 },
    { arbitrary: fc.integer({ min: 0, max: 90_000 }), weight: 1 },
  ),
  lag: fc.integer({ min: 0, max: 9000 }),
  service: fc.constantFrom('api', 'pay', 'cart'),
  path: fc.constantFrom('/', '/pay'),
  status: fc.constantFrom(200, 200, 404, 502),
  ms: fc.integer({ min: 1, max: 1200 }),
  amount: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  cpu: fc.integer({ min: 0, max: 100 }),
  oom: fc.constantFrom(false, false, false, true),
})

/** Events in the order of their arrival; none is late, since none lags behind more than `out_of_order`. */
function eventsOfLines(lines: readonly Line[], lateBy = 0): PlainEvent[] {
  let clock = 0
  return lines.map((one, i) => {
    clock += one.gap
    return {
      at: Math.max(0, clock - one.lag - (i % 7 === 3 ? lateBy : 0)),
      recordAt: clock,
      'service.name': one.service,
      'url.path': one.path,
      'http.response.status_code': one.status,
      'event.duration': one.ms * 1e6,
      'logpipe.business.amount': one.amount,
      'logpipe.business.cpu_pct': one.cpu,
      message: one.oom ? `Out of memory: killed worker ${i}` : `request ${i} done`,
    }
  })
}

const stories = fc.array(line, { minLength: 1, maxLength: 120 })

function bytesOf(frame: Frame): string {
  const to = new Encoder()
  encodeFrame(to, frame)
  return Buffer.from(to.finish()).toString('base64')
}

/** Newest documents without revisions, and alerts by rule, labels and activeAt: equal however the work was split. */
function contentOf({ outputs, transitions }: Story): unknown {
  const metrics = new Map<string, string>()
  for (const { stage, id, value } of outputs)
    if (stage === 'metric') metrics.set(id, value.replace(/"revision":\d+,/, ''))
  const told = transitions.map(({ kind, rule, labels, t, value }) => JSON.stringify([kind, rule, labels, t, value]))
  return { metrics: [...metrics].sort(([a], [b]) => (a < b ? -1 : 1)), told: told.sort() }
}

/** Errors by minute and service, the plain way. */
function recount(events: readonly PlainEvent[]): Record<string, { ratio: number; errors: number; total: number }> {
  const windows: Record<string, { ratio: number; errors: number; total: number }> = {}
  for (const event of events) {
    const start = new Date(Math.floor((storyStart + event.at) / 60_000) * 60_000).toISOString()
    const window = (windows[`${start} ${wordOf(event['service.name'] ?? '')}`] ??= { ratio: 0, errors: 0, total: 0 })
    window.total++
    if (Number(event['http.response.status_code']) >= 500) window.errors++
    window.ratio = window.errors / window.total
  }
  return windows
}

/** Events dealt out to so many sources; each keeps their order. */
function dealt(events: readonly PlainEvent[], sources: number): PlainEvent[][] {
  const parts = Array.from({ length: sources }, (): PlainEvent[] => [])
  events.forEach((event, i) => parts[(i * 7) % sources]!.push(event))
  return parts
}

function interleaved(parts: readonly (readonly Frame[])[], picks: readonly number[]): Frame[] {
  const queues = parts.map((part) => [...part])
  const frames: Frame[] = []
  for (let i = 0; queues.some((queue) => queue.length > 0); i++) {
    const waiting = queues.filter((queue) => queue.length > 0)
    frames.push(waiting[(picks[i % picks.length] ?? 0) % waiting.length]!.shift()!)
  }
  return frames
}

const cuts = fc
  .array(fc.integer({ min: 1, max: 119 }), { maxLength: 8 })
  .map((list) => [...new Set(list)].sort((a, b) => a - b))
const picks = fc.array(fc.nat(3), { minLength: 1, maxLength: 20 })

describe('frames and alerts', () => {
  it('do not depend on where batches are cut, nor on a restart after each batch', () => {
    fc.assert(
      fc.property(stories, cuts, fc.constantFrom(false, true, 'changes' as const), (lines, at, restores) => {
        const events = eventsOfLines(lines)
        const whole = framesOf(engines, events).map(bytesOf)
        expect(framesOf(engines, events, { cuts: at, restores }).map(bytesOf)).toEqual(whole)
      }),
    )
  })

  it('have the same content over one to four sources, in whatever order their frames come', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 2, max: 4 }), picks, (lines, count, order) => {
        const events = eventsOfLines(lines)
        const untilMs = 600_000 + Math.max(...events.map(({ at }) => at))
        const single = storyOf(engines, framesOf(engines, events, { untilMs }))
        const parts = dealt(events, count).map((part, i) => framesOf(engines, part, { source: `s${i}`, untilMs }))
        const frames = interleaved(parts, order)
        expect(contentOf(storyOf(engines, frames))).toEqual(contentOf(single))
      }),
    )
  })

  it('are the same when frames come twice', () => {
    fc.assert(
      fc.property(stories, picks, (lines, again) => {
        const frames = framesOf(engines, eventsOfLines(lines, 40_000))
        const once = storyOf(engines, frames)
        const twice = frames.flatMap((frame, i) =>
          again[i % again.length]! > 1 ? [frame, ...frames.slice(Math.max(0, i - 2), i + 1)] : [frame],
        )
        expect(storyOf(engines, twice).outputs).toEqual(once.outputs)
      }),
    )
  })

  it('are the same when the state is saved and restored anywhere, and its bytes stay equal', () => {
    fc.assert(
      fc.property(stories, fc.array(fc.nat(60), { maxLength: 6 }), (lines, at) => {
        const frames = framesOf(engines, eventsOfLines(lines, 40_000))
        expect(storyOf(engines, frames, { restoreAfter: new Set(at) })).toEqual(storyOf(engines, frames))
      }),
    )
  })

  it('do not depend on empty frames that only say how far a source is', () => {
    fc.assert(
      fc.property(
        stories,
        fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 9 }),
        (lines, steps) => {
          const frames = framesOf(engines, eventsOfLines(lines))
          const told = frames.flatMap((frame, i) => {
            const next = frames[i + 1]
            if (next === undefined) return [frame]
            const watermark = Math.min(frame.watermark + steps[i % steps.length]!, next.at - 1)
            return [frame, { ...frame, from: frame.to, watermark, derives: [], matches: [], samples: [] }]
          })
          expect(storyOf(engines, told).outputs).toEqual(storyOf(engines, frames).outputs)
        },
      ),
    )
  })

  it('count every matching event in the newest document of its window, late ones too', () => {
    fc.assert(
      fc.property(stories, fc.constantFrom(0, 40_000, 200_000), (lines, lateBy) => {
        const events = eventsOfLines(lines, lateBy)
        const story = storyOf(engines, framesOf(engines, events))
        const newest = new Map<string, number>()
        for (const { stage, id, value } of story.outputs) {
          const metric = stage === 'metric' ? JSON.parse(value).logpipe.metric : undefined
          if (metric?.id === 'requests') newest.set(id, metric.count)
        }
        expect([...newest.values()].reduce((a, b) => a + b, 0)).toBe(events.length)
      }),
    )
  })

  it('hold the values that a recount of all events gives', () => {
    fc.assert(
      fc.property(stories, (lines) => {
        const events = eventsOfLines(lines, 40_000)
        const newest = new Map<string, unknown>()
        for (const { stage, value } of storyOf(engines, framesOf(engines, events)).outputs) {
          if (stage !== 'metric') continue
          const { labels, logpipe } = JSON.parse(value)
          const { id, window_start: start, values } = logpipe.metric
          if (id === 'errors') newest.set(`${start} ${labels.service_name}`, values)
        }
        expect(Object.fromEntries(newest)).toEqual(recount(events))
      }),
    )
  })
})

/** Nothing but keys that are expected, one of which may never come. */
const watching = enginesOf({
  rules: [
    {
      id: 'silent',
      type: 'flatline',
      where: ['message contains "Out of memory"'],
      window: '45s',
      by: ['service.name'],
      expected: [{ 'service.name': 'batch' }, { 'service.name': 'api' }],
      severity: 'high',
    },
  ],
})

describe('a rule that expects keys', () => {
  it('tells the same of them wherever batches are cut and over one to four sources', () => {
    fc.assert(
      fc.property(stories, cuts, fc.integer({ min: 1, max: 4 }), picks, (lines, at, count, order) => {
        const events = eventsOfLines(lines)
        const untilMs = 600_000 + Math.max(...events.map((event) => event.at))
        const single = storyOf(watching, framesOf(watching, events, { untilMs }))
        expect(single.transitions.length).toBeGreaterThan(0)
        const parts = dealt(events, count).map((part, i) => {
          return framesOf(watching, part, { source: `s${i}`, untilMs, cuts: at, restores: 'changes' })
        })
        expect(contentOf(storyOf(watching, interleaved(parts, order)))).toEqual(contentOf(single))
      }),
    )
  })
})

describe('a state of many series', () => {
  const many = enginesOf({
    derives: [{ id: 'all', type: 'requests', by: ['url.path'], window: '1m' }],
    maxSeries: 10_000,
  })
  const events = Array.from({ length: 9000 }, (_, i) => ({
    at: Math.floor(i / 4500) * 30_000,
    'url.path': `/orders/${i % 4500}`,
    'http.response.status_code': 200,
    'event.duration': i * 1e6,
  }))

  it('is encoded in chunks that are small and in order, and comes back as it was', () => {
    const unit = createAlertUnit(many.alertProgram)
    const state = unit.initial()
    for (const frame of framesOf(many, events)) unit.step(state, frame, () => {})
    const chunks = [...unit.encode(state)]
    expect(chunks.length).toBeGreaterThan(3)
    expect(Math.max(...chunks.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(512 * 1024)
    const ids = chunks.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
    const again = unit.decode(unit.stateVersion, chunks)
    expect(chunkText(unit.encode(again))).toBe(chunkText(chunks))
    expect(again.watches[0]!.store.series.size).toBe(4500)
  })
})
