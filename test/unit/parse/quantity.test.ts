import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanDecimal, scanDurationNs, scanUint } from '../../../src/parse/quantity.ts'

const encoder = new TextEncoder()

/** Reads a text that stands between other digits, so that a read beyond its ends would show. */
function read(text: string, scan: (bytes: Uint8Array, start: number, end: number) => number): number {
  const inner = encoder.encode(text)
  const bytes = new Uint8Array(inner.length + 8).fill(0x37)
  bytes.set(inner, 4)
  return scan(bytes, 4, 4 + inner.length)
}

function ns(text: string, unitNs: number): number {
  return read(text, (bytes, start, end) => scanDurationNs(bytes, start, end, unitNs))
}

const [s, ms, none] = [1e9, 1e6, Number.NaN]

describe('durations', () => {
  test.each([
    ['0.052', s, 52_000_000],
    ['0.001', s, 1_000_000],
    ['1.203', s, 1_203_000_000],
    ['0.000', s, 0],
    ['12', ms, 12_000_000],
    ['12.345678', ms, 12_345_678],
    ['4711', 1_000, 4_711_000],
    ['4711', 1, 4_711],
    ['1e9', 1, 1_000_000_000],
    ['1.5e-3', s, 1_500_000],
    ['1.5', 6e10, 90_000_000_000],
    ['0.0000000004', s, 0],
    ['0.0000000005', s, 1],
    ['0.1234567894', s, 123_456_789],
    ['0.1234567895', s, 123_456_790],
    ['8388607.999999999', s, 8_388_607_999_999_999],
    ['1E-400', s, 0],
    ['007', s, 7_000_000_000],
  ])('%s in units of %d ns', (text, unit, expected) => expect(ns(text, unit)).toBe(expected))

  test.each([
    ['1.2s', 1_200_000_000],
    ['1200ms', 1_200_000_000],
    ['1h2m', 3_720_000_000_000],
    ['1h2m3.5s', 3_723_500_000_000],
    ['PT1.2S', 1_200_000_000],
    ['PT1H2M', 3_720_000_000_000],
    ['P1DT12H', 129_600_000_000_000],
    ['P2D', 172_800_000_000_000],
    ['2.31秒', 2_310_000_000],
    ['0.52秒', 520_000_000],
    ['12 毫秒', 12_000_000],
    ['15微秒', 15_000],
    ['3分钟', 180_000_000_000],
    ['1小时 5分', 3_900_000_000_000],
    ['12us', 12_000],
    ['12µs', 12_000],
    ['12\u03bcs', 12_000],
    ['812.5µs', 812_500],
    ['90 min', 5_400_000_000_000],
    ['1.5 hours', 5_400_000_000_000],
    ['42.1 sec', 42_100_000_000],
    ['2 days', 172_800_000_000_000],
    ['1.2S', 1_200_000_000],
    ['12 MS', 12_000_000],
    [' 7ns ', 7],
    ['0.4ns', 0],
    ['0.5ns', 1],
    ['1.000000001h', 3_600_000_003_600],
  ])('%s', (text, expected) => {
    expect(ns(text, none)).toBe(expected)
    expect(ns(text, s)).toBe(expected)
  })

  test.each(
    [
      [
        '',
        '-',
        ' ',
        '-5',
        '-5ms',
        '+5ms',
        '1,234',
        '1,234ms',
        'NaN',
        'Infinity',
        'null',
        '5x',
        '5 parsecs',
        '.5s',
        '5.s',
      ],
      ['1s1s', '2m1h', '1h2', '1.2.3s', '1 2s', 's', 'P', 'PT', 'P1D2H', 'PT1D', 'P1Y', 'P1M', 'PT1S1M', 'PT1', 'P1DT'],
      [
        '1_000ms',
        '0x10ms',
        '1e400s',
        '99999999999999999999s',
        'PT99999999999999999999H',
        '５ms',
        '1..2s',
        '1e',
        '1m 2',
        'T1S',
      ],
    ].flat(),
  )('%j is no duration', (text) => {
    expect(ns(text, none)).toBeNaN()
    expect(ns(text, s)).toBeNaN()
  })

  test('a number alone needs a unit from the caller', () => {
    expect(ns('12', none)).toBeNaN()
    expect(ns('1e9', none)).toBeNaN()
  })

  test('agrees with exact arithmetic on the decimal text', () => {
    const units = [
      [1n, 0],
      [1n, 3],
      [1n, 6],
      [1n, 9],
      [60n, 9],
      [3_600n, 9],
    ] as const
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), maxLength: 9 }),
        fc.constantFrom(...units),
        (whole, fraction, [factor, shift]) => {
          const scaled = BigInt(`${whole}${fraction}`) * factor * 10n ** BigInt(shift)
          const size = 10n ** BigInt(fraction.length)
          const expected = (scaled * 2n + size) / (size * 2n)
          const text = fraction === '' ? `${whole}` : `${whole}.${fraction}`
          expect(ns(text, Number(factor) * 10 ** shift)).toBe(Number(expected))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('a form with a unit and the same number with a default unit are equal', () => {
    const names = new Map([
      ['ns', 1],
      ['us', 1e3],
      ['ms', 1e6],
      ['s', 1e9],
      ['m', 6e10],
      ['h', 3.6e12],
    ])
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(999_999), fc.constantFrom(...names), (whole, rest, [name, unit]) => {
        const number = `${whole}.${String(rest).padStart(6, '0')}`
        expect(ns(`${number}${name}`, none)).toBe(ns(number, unit))
      }),
    )
  })
})

describe('integers', () => {
  test.each([
    ['0', 0],
    ['200', 200],
    ['007', 7],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', -1],
    ['1'.repeat(4_096), -1],
    ['', -1],
    ['-1', -1],
    ['-0', -1],
    ['1.0', -1],
    ['1_000', -1],
    ['0x10', -1],
    ['5xx', -1],
    ['200 OK', -1],
    ['１', -1],
  ])('%s', (text, expected) => expect(read(text, scanUint)).toBe(expected))
})

describe('decimals', () => {
  test.each([
    ['187.25', 187.25],
    ['-0.5', -0.5],
    ['0.1', 0.1],
    ['1e22', 1e22],
    ['1.5E-3', 0.0015],
    ['123456789012345678', 123456789012345680],
    ['0.30000000000000004', 0.30000000000000004],
    ['1E-400', 0],
  ])('%s', (text, expected) => expect(read(text, scanDecimal)).toBe(expected))

  test('minus zero is zero (N2)', () => expect(Object.is(read('-0', scanDecimal), 0)).toBe(true))

  test.each(['', '-', '1e400', '0x10', '1_000', '1,234', '.5', '5.', '1e', '+1', 'NaN', '--1', '1-', ' 1'])(
    '%j is no decimal',
    (text) => expect(read(text, scanDecimal)).toBeNaN(),
  )

  test('reads what JSON writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(read(JSON.stringify(value), scanDecimal)).toBe(value === 0 ? 0 : value)
      }),
      { numRuns: 2_000 },
    )
  })
})

test('no bytes make a scanner throw, and every result is a duration, a number or none', () => {
  const bytesOfNumbers = fc
    .array(fc.constantFrom(...Array.from('0123456789.eE+-smhPTDHMnuµ秒 ,')), { maxLength: 12 })
    .map((parts) => encoder.encode(parts.join('')))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), bytesOfNumbers), (bytes) => {
      const duration = scanDurationNs(bytes, 0, bytes.length, s)
      expect(Number.isNaN(duration) || (Number.isInteger(duration) && duration >= 0)).toBe(true)
      expect(Number.isInteger(scanUint(bytes, 0, bytes.length))).toBe(true)
      expect(Math.abs(scanDecimal(bytes, 0, bytes.length))).not.toBe(Infinity)
    }),
    { numRuns: 3_000 },
  )
})
