import { expect, test } from 'vitest'
import { compareSpans, spanOf, type AlertSpan } from '../../../src/replay/compare-alerts.ts'

const span = (rule: string, fromMs: number, toMs: number, labels = 'a="1"'): AlertSpan => ({
  rule,
  labels,
  fromMs,
  toMs,
})

test.each<[string, AlertSpan[], AlertSpan[], string[]]>([
  ['equal ones', [span('r', 0, 60_000)], [span('r', 0, 60_000)], ['same']],
  ['one tick apart', [span('r', 0, 60_000)], [span('r', 15_000, 45_000)], ['same']],
  ['more than a tick apart', [span('r', 0, 60_000)], [span('r', 0, 90_000)], ['shifted']],
  ['still firing in both', [span('r', 0, Infinity)], [span('r', 0, Infinity)], ['same']],
  ['still firing in one', [span('r', 0, 60_000)], [span('r', 0, Infinity)], ['shifted']],
  ['no overlap', [span('r', 0, 60_000)], [span('r', 90_000, 99_000)], ['removed', 'added']],
  ['other labels', [span('r', 0, 60_000)], [span('r', 1, 60_000, 'a="2"')], ['removed', 'added']],
  ['one for two', [span('r', 0, 60_000)], [span('r', 0, 20_000), span('r', 40_000, 60_000)], ['shifted', 'added']],
])('%s', (_, before, after, verdicts) => {
  expect(compareSpans(before, after, 15_000).map(({ verdict }) => verdict)).toEqual(verdicts)
})

test('a message tells its span', () => {
  const alert = { labels: { b: '2', a: '1' }, startsAt: '2026-03-01T10:00:00.000Z', endsAt: '0001-01-01T00:00:00Z' }
  const from = Date.UTC(2026, 2, 1, 10)
  expect(spanOf({ alerts: [alert], logpipe: { ruleId: 'r' } })).toEqual(span('r', from, Infinity, 'a="1" b="2"'))
  const ended = { ...alert, endsAt: '2026-03-01T10:01:00.000Z' }
  expect(spanOf({ alerts: [ended], logpipe: { ruleId: 'r' } })?.toMs).toBe(from + 60_000)
  expect(spanOf({ alerts: [] })).toBeUndefined()
})
