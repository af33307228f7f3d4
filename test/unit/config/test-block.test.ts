import { expect, test } from 'vitest'
import { TestBlockConfig } from '../../../src/config/test-block.ts'

const start = Date.UTC(2026, 2, 1, 10)

function read(block: Record<string, unknown>) {
  return TestBlockConfig.parse({ name: 'a', start: '2026-03-01T10:00:00Z', expect: {}, ...block })
}

function codes(block: Record<string, unknown>): unknown[] {
  const issues = TestBlockConfig.safeParse({ name: 'a', expect: {}, ...block }).error?.issues ?? []
  return issues.map((issue) => (issue.code === 'custom' ? (issue.params?.['finding'] ?? 'bad_value') : issue.code))
}

test('times are instants, or count from the start', () => {
  const block = read({
    advance_to: '20m',
    expect: {
      alerts: [
        { at: '5m', state: 'pending', labels: { severity: 'high' } },
        { at: '2026-03-01T10:13:00Z', state: 'none' },
      ],
      transitions: [{ at: '6m15s', transition: 'firing' }],
      metrics: [{ derive: 'errors', window_start: '0', values: { ratio: 0.5 } }],
    },
  })
  expect(block).toMatchObject({
    startMs: start,
    advanceToMs: start + 1_200_000,
    expect: {
      alerts: [
        { atMs: start + 300_000, state: 'pending' },
        { atMs: start + 780_000, state: 'none' },
      ],
      transitions: [{ atMs: start + 375_000, transition: 'firing' }],
      metrics: [{ derive: 'errors', windowStartMs: start, values: { ratio: 0.5 } }],
    },
  })
})

test('what is not expected is absent: it is not compared', () => {
  expect(read({ expect: { events: [] } }).expect).toEqual({ events: [] })
  expect(read({})).toMatchObject({ given: [], advanceToMs: undefined, rules: undefined, expect: {} })
})

test('raw records are texts, bytes or files with what a broker knows of them', () => {
  const given = read({
    given: [
      'line é',
      { value_base64: '/wA=', key: 'k', headers: { a: 'b' }, timestamp: '1s', partition: 2 },
      { file: 'lines.log' },
    ],
  }).given
  const plain = { key: undefined, headers: {}, timestampMs: undefined, partition: 0 }
  expect(given).toEqual([
    { kind: 'record', value: new TextEncoder().encode('line é'), file: undefined, ...plain },
    {
      kind: 'record',
      value: Uint8Array.of(255, 0),
      file: undefined,
      key: 'k',
      headers: { a: 'b' },
      timestampMs: start + 1000,
      partition: 2,
    },
    { kind: 'record', value: undefined, file: 'lines.log', ...plain },
  ])
})

test('events are generated from a time on', () => {
  const given = read({
    given: [{ events: { from: '3m', every: '5s', count: 60, set: { 'service.name': 'checkout' } } }],
  }).given
  expect(given).toEqual([
    { kind: 'events', fromMs: start + 180_000, everyMs: 5000, count: 60, set: { 'service.name': 'checkout' } },
  ])
})

test.each([
  ['5', [5]],
  ['0+50x3', [0, 50, 100, 150]],
  ['10-5x2 _ stale', [10, 5, 0, Number.NaN, 'stale']],
  ['1x2 _x2', [1, 1, 1, Number.NaN, Number.NaN]],
  ['-1.5+0.5x1', [-1.5, -1]],
])('the series %s is %j', (values, expected) => {
  expect(read({ given: [{ series: { metric: 'a.b', values } }] }).given).toEqual([
    { kind: 'series', metric: 'a.b', by: {}, everyMs: undefined, values: expected },
  ])
})

test.each([
  [{ given: [{ series: { metric: 'a.b', values: '1+x' } }] }, 'bad_value'],
  [{ given: [{ series: { metric: 'a.b', values: '0x999999' } }] }, 'bad_value'],
  [{ given: [{ value_base64: '///' }] }, 'bad_value'],
  [{ given: [{ value: 'a', file: 'b' }] }, 'not_allowed'],
  [{ given: [{}] }, 'not_allowed'],
  [{ given: [{ events: { set: {} }, key: 'a' }] }, 'not_allowed'],
  [{ advance_to: 20 }, 'missing_unit'],
  [{ advance_to: 'tomorrow' }, 'bad_value'],
  [{ start: '10:00' }, 'bad_value'],
  [{ start: '5m' }, 'bad_value'],
  [{ expect: { events: [{ a: { $regexp: 'x' } }] } }, 'bad_value'],
  [{ expect: { events: [{ a: { $regex: '(' } }] } }, 'bad_regex'],
  [{ expect: { drops: [{ reason: 'lost', count: 1 }] } }, 'invalid_value'],
  [{ expect: { notices: [] } }, 'unrecognized_keys'],
])('%j is refused as %s', (block, code) => {
  const found = codes(block).flatMap((finding) => (finding === 'invalid_union' ? unionCodes(block) : [finding]))
  expect(found).toEqual([code])
})

/** Findings inside of the map branch of an item. */
function unionCodes(block: Record<string, unknown>): unknown[] {
  const issues = TestBlockConfig.safeParse({ name: 'a', expect: {}, ...block }).error?.issues ?? []
  return issues
    .flatMap((issue) => (issue.code === 'invalid_union' ? issue.errors.flat() : []))
    .flatMap((inner) => (inner.code === 'custom' ? [inner.params?.['finding'] ?? 'bad_value'] : []))
}
