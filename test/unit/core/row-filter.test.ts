import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holds, parseCondition } from '../../../src/core/condition.ts'
import type { EventBatch } from '../../../src/core/event-batch.ts'
import { compileFilter, type ConditionLists } from '../../../src/core/row-filter.ts'
import { eventsOf, type PlainEvent } from '../../support/events.ts'

function rowsOf(batch: EventBatch, lists: ConditionLists): number[] {
  const rows = Int32Array.from({ length: batch.count }, (_, row) => row)
  const filter = compileFilter(lists)
  return [...rows.subarray(0, filter === undefined ? rows.length : filter.select(batch, rows, rows.length))]
}

const event: fc.Arbitrary<PlainEvent> = fc.record(
  {
    at: fc.nat(1000),
    'service.name': fc.constantFrom('api', 'pay', 'say "hi"'),
    'url.path': fc.constantFrom('/', '/pay', '/api/v1'),
    'http.response.status_code': fc.constantFrom(200, 404, 502),
    'event.duration': fc.constantFrom(1, 5e8, 2e9),
    'logpipe.level': fc.constantFrom('debug', 'info', 'warn', 'error'),
    'logpipe.error': fc.constantFrom(true),
    'attributes.retries': fc.constantFrom<string | number>(0, 3, '3', 'many', 2.5, '-1e3'),
    tags: fc.constantFrom(['a', 'b'], ['b'], []),
    message: fc.constantFrom('Out of memory', 'request done', 'a\\b'),
  },
  { requiredKeys: ['at'] },
)

const conditions = [
  'service.name = "api"',
  'service.name != "api"',
  'service.name in ["pay", "say \\"hi\\""]',
  'service.name exists',
  'service.name missing',
  'http.response.status_code >= 500',
  'http.response.status_code != 404',
  'http.response.status_code missing',
  'event.duration > 400ms',
  'event.duration exists',
  'logpipe.level >= warn',
  'logpipe.level = "error"',
  'logpipe.level missing',
  'event.outcome = "failure"',
  'attributes.retries = 3',
  'attributes.retries < 1',
  'tags = "a"',
  'tags != "a"',
  'message contains "memory"',
  'message matches "^request"',
  'message = "a\\\\b"',
  'url.path !~ "/api/.*"',
  'event.dataset = "shop.app"',
  'event.dataset != "shop.app"',
]

describe('a filter of rows', () => {
  it.each(conditions)('keeps the rows for which "%s" holds', (text) => {
    const { condition } = parseCondition(text)
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const batch = eventsOf(events)
        const field = batch.tables.fields.id(condition!.field)
        const expected = events.flatMap((_, row) => (holds(condition!, batch.value(row, field)) ? [row] : []))
        expect(rowsOf(batch, { where: [text] })).toEqual(expected)
      }),
    )
  })

  it('takes an event that is no error for logpipe.error = false', () => {
    const batch = eventsOf([{ at: 0, 'logpipe.error': true }, { at: 1 }])
    expect(rowsOf(batch, { where: ['logpipe.error = false'] })).toEqual([1])
    expect(rowsOf(batch, { where: ['logpipe.error = true'] })).toEqual([0])
    expect(rowsOf(batch, { where: ['logpipe.error missing'] })).toEqual([1])
  })

  it('joins its lists: all of where, one of any_of, none of none_of', () => {
    const batch = eventsOf([
      { at: 0, 'service.name': 'api', 'http.response.status_code': 502 },
      { at: 1, 'service.name': 'api', 'http.response.status_code': 404 },
      { at: 2, 'service.name': 'pay', 'http.response.status_code': 502 },
      { at: 3, 'service.name': 'api', 'http.response.status_code': 200 },
      { at: 4, 'service.name': 'api', 'http.response.status_code': 502, 'user.name': 'probe' },
    ])
    const where = ['service.name = "api"']
    const anyOf = ['http.response.status_code = 502', 'http.response.status_code = 404']
    expect(rowsOf(batch, {})).toEqual([0, 1, 2, 3, 4])
    expect(rowsOf(batch, { anyOf })).toEqual([0, 1, 2, 4])
    expect(rowsOf(batch, { where, anyOf, noneOf: ['user.name exists'] })).toEqual([0, 1])
  })

  it('refuses a condition that cannot be read', () => {
    expect(() => compileFilter({ where: ['service.name ~ "x"'] })).toThrow(
      expect.objectContaining({ code: 'LP_CONFIG_INVALID' }),
    )
  })
})
