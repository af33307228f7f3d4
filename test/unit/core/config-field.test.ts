import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import {
  count,
  duration,
  metricName,
  Secret,
  secret,
  share,
  size,
  threshold,
  unfitUnit,
} from '../../../src/core/config-field.ts'

const about = 'A field.'

function findingOf(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  const [issue] = result.success ? [] : result.error.issues
  return issue?.code === 'custom' ? [issue.params?.['finding'], issue.message] : issue?.code
}

describe('fields of config', () => {
  test('yield base units, and their default when absent', () => {
    expect(duration({ about, default: '5m' }).parse(undefined)).toBe(300_000)
    expect(duration({ about }).parse('1h30m')).toBe(5_400_000)
    expect(duration({ about }).parse(0)).toBe(0)
    expect(size({ about }).parse('64KiB')).toBe(65_536)
    expect(share({ about }).parse(0.05)).toBe(0.05)
    expect(count({ about, default: 3 }).parse(undefined)).toBe(3)
  })

  test('refuse a bare number where a unit is needed, with a hint', () => {
    expect(findingOf(duration({ about }), 30)).toEqual(['missing_unit', 'a duration needs a unit: did you mean 30s?'])
    expect(findingOf(size({ about }), 10)).toEqual(['missing_unit', 'a size needs a unit: did you mean 10KiB?'])
  })

  test('refuse what is no quantity or out of its range', () => {
    expect(findingOf(duration({ about }), 'soon')).toEqual(['bad_value', '"soon" is not a duration'])
    expect(findingOf(duration({ about, max: '1m' }), '2m')).toEqual([
      'out_of_range',
      '2m is above the greatest value 1m',
    ])
    expect(findingOf(size({ about, min: '4KiB' }), '1KiB')).toEqual([
      'out_of_range',
      '1KiB is below the least value 4KiB',
    ])
    expect(findingOf(metricName({ about }), 'error-rate')).toBe('invalid_format')
  })

  test.each([
    ['5%', 'share', undefined],
    ['800ms', 'ns', undefined],
    ['5MB', 'bytes', undefined],
    ['20/s', 'per_second', undefined],
    [1000, 'count', undefined],
    [0.05, 'share', undefined],
    ['5%', 'count', '5% does not fit: did you mean 0.05?'],
    [5, 'share', '5 does not fit: did you mean 500%?'],
    ['800ms', 'share', '800ms does not fit: did you mean 80000000000%?'],
  ] as const)('the limit %j against %s: %s', (written, unit, problem) => {
    expect(unfitUnit(threshold({ about }).parse(written), unit)).toBe(problem)
  })

  test('a secret never shows itself', () => {
    const value = new Secret('hunter2')
    const shown = [String(value), JSON.stringify({ value }), inspect(value), `${inspect({ deep: { value } })}`]
    expect(shown.join(' ')).not.toContain('hunter2')
    expect(value.reveal()).toBe('hunter2')
    expect(secret({ about }).safeParse('hunter2').success).toBe(false)
  })
})
