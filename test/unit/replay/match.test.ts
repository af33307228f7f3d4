import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../../src/core/event-batch.ts'
import { compareLists, differences } from '../../../src/replay/match.ts'

const event: Json = {
  '@timestamp': '2026-11-21T22:14:01.106Z',
  event: { duration: 1203000000, outcome: 'failure', category: ['web', 'api'] },
  http: { response: { status_code: 500 } },
}

const fitting: Json[] = [
  {},
  { event: { outcome: 'failure' } },
  { 'event.duration': 1203000000, 'http.response.status_code': 500 },
  { event: { category: ['web', { $regex: '^ap' }] } },
  { event: { reason: { $absent: true }, outcome: { $any: true } } },
  { event: { duration: { $approx: 1203500000 } } },
  { event: { duration: { $approx: [1203000010, 10] } } },
]

test.each(fitting)('objects match as subsets: %j', (expected) => {
  expect(differences(expected, event)).toEqual([])
})

const differing: [Json, string, string, string][] = [
  [{ event: { outcome: 'success' } }, 'event.outcome', '"success"', '"failure"'],
  [{ event: { reason: 'x' } }, 'event.reason', '"x"', 'nothing'],
  [{ event: { category: ['web'] } }, 'event.category', '["web"]', '["web","api"]'],
  [{ event: { category: ['api', 'web'] } }, 'event.category.0', '"api"', '"web"'],
  [{ event: { outcome: { $absent: true } } }, 'event.outcome', '{"$absent":true}', '"failure"'],
  [{ event: { reason: { $any: true } } }, 'event.reason', '{"$any":true}', 'nothing'],
  [{ event: { outcome: { $regex: '^ail' } } }, 'event.outcome', '{"$regex":"^ail"}', '"failure"'],
  [{ event: { duration: { $approx: 1205000000 } } }, 'event.duration', '{"$approx":1205000000}', '1203000000'],
  [{ http: { response: 500 } }, 'http.response', '500', '{"status_code":500}'],
]

test.each(differing)('%j differs at %s', (expected, path, wanted, got) => {
  const [first, second] = differences(expected, event)
  expect(first).toEqual({ path, expected: wanted, got })
  if (path !== 'event.category.0') expect(second).toBeUndefined()
})

test('each expected item needs an item of its own, whatever the order', () => {
  const loose = { a: 1 }
  const strict = { a: 1, b: 2 }
  expect(compareLists('x', [loose, strict], [strict, { a: 1, b: 3 }])).toEqual([])
  expect(compareLists('x', [loose, strict], [strict])).toEqual(['x: 2 expected, 1 found', '  - {"a":1,"b":2}'])
})

test('what is missing is shown with what comes nearest, and so is what was not expected', () => {
  expect(compareLists('transitions', [{ at: '10:00', to: 'firing' }], [{ at: '10:01', to: 'firing' }])).toEqual([
    'transitions: 1 expected, 1 found',
    '  - {"at":"10:00","to":"firing"}',
    '      at: expected "10:00", got "10:01"',
    '  + {"at":"10:01","to":"firing"}',
  ])
})

test('any list equals itself in any order, and no list that has one item less', () => {
  const items = fc.array(fc.record({ a: fc.nat(3), b: fc.nat(3) }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(
      items.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        expect(compareLists('x', list, shuffled)).toEqual([])
        expect(compareLists('x', list, shuffled.slice(1))).not.toEqual([])
      },
    ),
  )
})
