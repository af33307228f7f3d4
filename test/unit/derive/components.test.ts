import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../support/engines.ts'
import type { PlainEvent } from '../../support/events.ts'
import { valuesOf } from '../../support/derive-values.ts'

const requests: readonly PlainEvent[] = [
  { at: 0, 'service.name': 'api', 'http.response.status_code': 200, 'event.duration': 20e6 },
  { at: 1000, 'service.name': 'api', 'http.response.status_code': 204, 'event.duration': 500e6 },
  { at: 2000, 'service.name': 'api', 'http.response.status_code': 301 },
  { at: 3000, 'service.name': 'api', 'http.response.status_code': 404, 'event.duration': 40e6 },
  { at: 20_000, 'service.name': 'api', 'http.response.status_code': 502, 'event.duration': 900e6 },
  { at: 21_000, 'service.name': 'pay', 'http.response.status_code': 503, 'event.duration': 1e6 },
  { at: 22_000, 'service.name': 'pay', 'logpipe.level': 'error', message: 'card refused' },
  { at: 59_999, 'logpipe.level': 'info', message: 'worker started' },
]

describe('error_rate', () => {
  it('takes what logpipe.error says, over all events', () => {
    expect(valuesOf({ id: 'd', type: 'error_rate', by: ['service.name'] }, requests)).toEqual({
      '["api"]': { ratio: 0.2, errors: 1, total: 5 },
      '["pay"]': { ratio: 1, errors: 2, total: 2 },
      '["_missing"]': { ratio: 0, errors: 0, total: 1 },
    })
  })

  it('counts errors among total alone', () => {
    const entry = {
      id: 'd',
      type: 'error_rate',
      bad: ['http.response.status_code >= 404'],
      total: ['event.duration exists'],
    }
    expect(valuesOf(entry, requests)).toEqual({ '[]': { ratio: 0.6, errors: 3, total: 5 } })
  })
})

describe('slow_requests', () => {
  it('leaves out events without a duration, and counts the threshold itself as slow', () => {
    expect(valuesOf({ id: 'd', type: 'slow_requests', threshold: '500ms' }, requests)).toEqual({
      '[]': { ratio: 0.4, slow: 2, total: 5 },
    })
  })
})

describe('requests', () => {
  it('counts by class of status, with percentiles of those that have a duration', () => {
    expect(valuesOf({ id: 'd', type: 'requests', by: ['service.name'] }, requests)).toEqual({
      '["api"]': {
        count: 5,
        rate: 5 / 60,
        status_2xx: 2,
        status_3xx: 1,
        status_4xx: 1,
        status_5xx: 1,
        p50: 40e6,
        p95: 900e6,
        p99: 900e6,
      },
      '["pay"]': {
        count: 1,
        rate: 1 / 60,
        status_2xx: 0,
        status_3xx: 0,
        status_4xx: 0,
        status_5xx: 1,
        p50: 1e6,
        p95: 1e6,
        p99: 1e6,
      },
    })
  })
})

describe('count', () => {
  it('counts what meets where, and says how many that is a second', () => {
    const entry = { id: 'd', type: 'count', where: ['http.response.status_code >= 500'], window: '30s' }
    expect(valuesOf(entry, requests)).toEqual({ '[]': { count: 2, rate: 2 / 30 } })
  })
})

const amounts: readonly PlainEvent[] = [0.1, 0.2, 0.3, -2, 1e9 + 0.5].map((amount, i) => ({
  at: i * 10_000,
  'logpipe.business.amount': amount,
}))

describe('sum', () => {
  it('adds decimals without losing any', () => {
    expect(valuesOf({ id: 'd', type: 'sum', field: 'logpipe.business.amount' }, amounts)).toEqual({
      '[]': { sum: 999_999_999.1, count: 5 },
    })
  })

  it('reads numbers out of text, and takes the unit of the field that it is told', () => {
    const events = [
      { at: 0, 'attributes.took': '12.5' },
      { at: 1, 'attributes.took': 'soon' },
      { at: 2, 'attributes.took': 30 },
    ]
    expect(valuesOf({ id: 'd', type: 'sum', field: 'attributes.took', field_unit: 'ms' }, events)).toEqual({
      '[]': { sum: 42.5e6, count: 2 },
    })
  })
})

describe('stats', () => {
  it('gives least, greatest, mean, median and deviation', () => {
    const events = [2, 4, 4, 4, 5, 5, 7, 9].map((cpu, i) => ({ at: i * 7000, 'logpipe.business.cpu_pct': cpu }))
    expect(
      valuesOf({ id: 'd', type: 'stats', field: 'logpipe.business.cpu_pct', field_unit: 'percent' }, events),
    ).toEqual({
      '[]': { min: 0.02, max: 0.09, avg: 0.05, median: 0.04, deviation: 0.02, count: 8 },
    })
  })

  it('finds a small deviation of large values', () => {
    const events = [1e9, 1e9 + 1, 1e9 + 2].map((ns, i) => ({ at: i, 'event.duration': ns }))
    const values = valuesOf({ id: 'd', type: 'stats', field: 'event.duration' }, events)['[]']
    expect(values!['deviation']).toBeCloseTo(Math.sqrt(2 / 3), 12)
  })
})

describe('percentiles', () => {
  it('names its outputs after what was asked for', () => {
    const events = Array.from({ length: 100 }, (_, i) => ({ at: i * 500, 'event.duration': (i + 1) * 1e6 }))
    expect(valuesOf({ id: 'd', type: 'percentiles', percentiles: [50, 95, 99.9] }, events)).toEqual({
      '[]': { p50: 50e6, p95: 95e6, p99_9: 100e6, count: 100 },
    })
  })
})

describe('last', () => {
  it('gives the newest by event time, not by arrival, and of two the larger', () => {
    const cpu = [
      { at: 5000, 'logpipe.business.cpu_pct': 70 },
      { at: 9000, 'logpipe.business.cpu_pct': 20 },
      { at: 9000, 'logpipe.business.cpu_pct': 30 },
      { at: 8000, 'logpipe.business.cpu_pct': 90 },
    ]
    expect(valuesOf({ id: 'd', type: 'last', field: 'logpipe.business.cpu_pct' }, cpu)).toEqual({ '[]': { last: 30 } })
  })
})

const entries: readonly Entry[] = [
  { id: 'd', type: 'error_rate', bad: ['logpipe.business.amount > 0'] },
  { id: 'd', type: 'slow_requests' },
  { id: 'd', type: 'requests' },
  { id: 'd', type: 'count' },
  { id: 'd', type: 'sum', field: 'logpipe.business.amount' },
  { id: 'd', type: 'stats', field: 'logpipe.business.amount' },
  { id: 'd', type: 'percentiles', field: 'logpipe.business.amount' },
  { id: 'd', type: 'last', field: 'logpipe.business.amount' },
]

describe('every derive', () => {
  it.each(entries)('$type gives the same whatever the order of events and of cells', (entry) => {
    const event = fc.record({
      at: fc.nat(59_999),
      recordAt: fc.constant(60_000),
      'http.response.status_code': fc.constantFrom(200, 404, 502),
      'event.duration': fc.integer({ min: 0, max: 3e9 }),
      'logpipe.business.amount': fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), (events) => {
        const ascending = [...events].sort((a, b) => a.at - b.at)
        const expected = valuesOf(entry, events)
        expect(valuesOf(entry, ascending)).toEqual(expected)
        expect(valuesOf(entry, ascending, true)).toEqual(expected)
      }),
    )
  })
})
