import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatQuantity,
  parseDuration,
  parseRate,
  parseShare,
  parseSize,
} from '../../../src/core/quantity-text.ts'

describe('quantities as people write them', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
    ['5', undefined],
    ['5 m', undefined],
    ['-5m', undefined],
    ['', undefined],
  ])('the duration %j is %j ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each([
    ['256B', 256],
    ['64KiB', 65_536],
    ['10MB', 10_000_000],
    ['1.5MiB', 1_572_864],
    ['10', undefined],
    ['10mb', undefined],
  ])('the size %j is %j bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each([
    ['5%', 0.05],
    ['99.9%', 0.999],
    ['0.05', 0.05],
    ['110%', undefined],
    ['5', undefined],
  ])('the share %j is %j', (text, value) => expect(parseShare(text)).toBe(value))

  test.each([
    ['20/s', 20],
    ['3/m', 0.05],
    ['2/30d', 2 / 2_592_000],
    ['20', undefined],
  ])('the rate %j is %j a second', (text, value) => expect(parseRate(text)).toBe(value))

  test.each([
    [0.11504, 'share', '11.5%'],
    [1.2e9, 'ns', '1.2s'],
    [360e9, 'ns', '6m0s'],
    [1_572_864, 'bytes', '1.5MiB'],
    [20, 'per_second', '20/s'],
    [12_345.6, 'count', '12346'],
  ] as const)('%d as %s is shown as %s', (value, unit, text) => expect(formatQuantity(value, unit)).toBe(text))

  test('durations are shown with their two largest units', () => {
    expect([250, 12_300, 90_000, 5_400_000, 180_000_000].map(formatDuration)).toEqual([
      '250ms',
      '12.3s',
      '1m30s',
      '1h30m',
      '2d2h',
    ])
    expect(formatBytes(512)).toBe('512B')
  })
})
