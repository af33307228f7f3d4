import { describe, expect, it } from 'vitest'
import type { ConditionRule, Points } from '../../../src/core/component.ts'
import { alerts } from '../../../src/registry.ts'

/** Points at multiples of a second; the value is also the count unless counts are given. */
function pointsOf(values: readonly number[], counts: readonly number[] = values): Points {
  return {
    tickMs: 1000,
    at: (t) => values[t / 1000] ?? NaN,
    count: (t) => counts[t / 1000] ?? 0,
  }
}

function ruleOf(type: string, config: Readonly<Record<string, unknown>>): ConditionRule {
  const definition = alerts.find((one) => one.type === type)!
  return definition.build(definition.config.parse(config)).rule as ConditionRule
}

/** The answers over all points, each with the one before. */
function answersOf(rule: ConditionRule, points: Points, ticks: number): string[] {
  const answers: string[] = []
  let wasTrue = false
  for (let i = 0; i < ticks; i++) {
    const verdict = rule.evaluate(points, i * 1000, wasTrue)
    wasTrue = verdict.isTrue
    answers.push(`${verdict.isTrue ? '+' : '-'}${verdict.reason}`)
  }
  return answers
}

describe('limits', () => {
  it.each([
    [{ above: 5 }, [4, 5, 6, 5, NaN], ['-within', '-within', '+above', '-within', '-no_value']],
    [{ below: 5 }, [6, 5, 4, 5], ['-within', '-within', '+below', '-within']],
    [{ above: 5, below: 1 }, [0, 1, 5, 6], ['+below', '-within', '-within', '+above']],
    [
      { above: 5, recover_below: 3 },
      [4, 6, 4, 3.5, 3, 4],
      ['-within', '+above', '+recovering', '+recovering', '-within', '-within'],
    ],
    [{ below: 5, recover_above: 8 }, [6, 4, 7, 8, 7], ['-within', '+below', '+recovering', '-within', '-within']],
  ])('%j on %j', (limits, values, expected) => {
    const rule = ruleOf('threshold', { metric: 'd.count', ...limits })
    expect(answersOf(rule, pointsOf(values), values.length)).toEqual(expected)
  })
})

describe('threshold', () => {
  it.each([
    ['last', 4],
    ['min', 1],
    ['max', 9],
    ['avg', 3.75],
    ['sum', 15],
  ])(
    '%s of the points of its window is %d: it ends with the one at the tick, and gaps do not count',
    (stat, expected) => {
      const rule = ruleOf('threshold', { metric: 'd.count', above: 0, stat, window: '5s' })
      expect(rule.evaluate(pointsOf([100, NaN, 1, 9, 1, 4]), 5000, false).value).toBe(expected)
    },
  )

  it('looks at the point at the tick without a window, and asks for enough events', () => {
    const rule = ruleOf('threshold', { metric: 'd.ratio', above: '10%', min_events: 20 })
    const points = pointsOf([0.5, 0.5, 0.05], [19, 20, 20])
    expect(answersOf(rule, points, 3)).toEqual(['-no_value', '+above', '-within'])
  })
})

describe.each([
  ['ratio', { window: '5m', above: 0.1, min_events: 3 }],
  ['percentile', { percentile: 95, window: '5m', above: 0.1, min_events: 3 }],
])('%s', (type, config) => {
  it('has no value below its least number of events', () => {
    const points = pointsOf([0.5, 0.5, 0.1], [2, 3, 3])
    expect(answersOf(ruleOf(type, config), points, 3)).toEqual(['-no_value', '+above', '-within'])
  })
})

describe('flatline', () => {
  it('is true below its count, also where there is nothing at all', () => {
    const rule = ruleOf('flatline', { window: '5m', below: 2 })
    expect(answersOf(rule, pointsOf([NaN, NaN, NaN], [0, 1, 2]), 3)).toEqual(['+below', '+below', '-within'])
  })
})

describe('what rules compile to', () => {
  it.each([
    ['threshold', { metric: 'd.ratio', window: '1m' }, { metric: 'd.ratio', lookBackMs: 60_000 }],
    [
      'threshold',
      { window: '5m', above: 10 },
      { derive: { type: 'count', config: { window: 300_000 }, output: 'count' }, threshold: 10 },
    ],
    ['ratio', { window: '1m', above: '5%' }, { derive: { type: 'error_rate', output: 'ratio' }, threshold: 0.05 }],
    [
      'percentile',
      { percentile: 99.9, window: '1m', below: '1ms' },
      { derive: { type: 'percentiles', output: 'p99_9' }, threshold: 1e6 },
    ],
    ['frequency', { num_events: 3, window: '1m' }, { rule: { kind: 'occurrence', windowMs: 60_000 }, threshold: 3 }],
    ['flatline', { window: '1m' }, { silence: { windowMs: 60_000, forgetsKeys: false }, threshold: 1 }],
    ['any', {}, { rule: { kind: 'occurrence', windowMs: 0 }, threshold: NaN }],
  ])('%s of %j', (type, config, expected) => {
    const definition = alerts.find((one) => one.type === type)!
    expect(definition.build(definition.config.parse(config))).toMatchObject(expected)
  })
})
