import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { civilFromDays, daysFromCivil, firstMs, isCivil, lastMs } from '../../../src/core/civil.ts'
import { eventFlag, eventFlagNames, namesOfFlags } from '../../../src/core/event-flag.ts'
import { formatTimestamp, isoText } from '../../../src/core/time-text.ts'

function text(ms: number, ns: number, digits: number): string {
  const bytes = new Uint8Array(40).fill(0x2a)
  const end = formatTimestamp(bytes, 4, ms, ns, digits)
  const all = String.fromCharCode(...bytes)
  expect(all.slice(0, 4) + all.slice(end)).toBe('*'.repeat(40 - end + 4))
  return all.slice(4, end)
}

describe('instants', () => {
  test.each([
    [0, 0, 3, '1970-01-01T00:00:00.000Z'],
    [1_795_299_255_003, 121_999, 3, '2026-11-21T22:14:15.003Z'],
    [1_795_299_255_003, 121_999, 4, '2026-11-21T22:14:15.0031Z'],
    [1_795_299_255_003, 121_999, 6, '2026-11-21T22:14:15.003121Z'],
    [1_795_299_255_003, 121_999, 9, '2026-11-21T22:14:15.003121999Z'],
    [1_795_299_255_003, 7, 9, '2026-11-21T22:14:15.003000007Z'],
    [-1, 900_000, 4, '1969-12-31T23:59:59.9999Z'],
    [firstMs, 0, 3, '0000-01-01T00:00:00.000Z'],
    [lastMs, 999_999, 9, '9999-12-31T23:59:59.999999999Z'],
    [Date.UTC(2000, 1, 29), 0, 3, '2000-02-29T00:00:00.000Z'],
    [Date.UTC(2100, 1, 28, 23, 59, 59, 999), 0, 3, '2100-02-28T23:59:59.999Z'],
  ])('%d ms and %d ns with %d digits', (ms, ns, digits, expected) => expect(text(ms, ns, digits)).toBe(expected))

  test('agree with Date in every year, in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: firstMs, max: lastMs }), (ms) => {
        expect(isoText(ms)).toBe(new Date(ms).toISOString())
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('civil dates', () => {
  test('every day of 800 years goes there and back', () => {
    let date = new Date(Date.UTC(1700, 0, 1))
    for (let days = daysFromCivil(1700, 1, 1); days < daysFromCivil(2500, 1, 1); days++) {
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
      const ok =
        daysFromCivil(year, month, day) === days &&
        civilFromDays(days) === year * 512 + month * 32 + day &&
        isCivil(year, month, day)
      if (!ok) expect.fail(date.toISOString())
      date = new Date(date.getTime() + 86_400_000)
    }
  })

  test.each([
    [2026, 2, 29],
    [2100, 2, 29],
    [2026, 2, 30],
    [2026, 4, 31],
    [2026, 9, 31],
    [2026, 11, 31],
    [2026, 12, 32],
    [2026, 13, 1],
    [2026, 0, 1],
    [2026, 1, 0],
    [-1, 1, 1],
    [10_000, 1, 1],
  ])('%d-%d-%d does not exist', (year, month, day) => expect(isCivil(year, month, day)).toBe(false))
})

describe('event flags', () => {
  test('each has its bit, and the names come in that order', () => {
    expect(Object.values(eventFlag)).toEqual(eventFlagNames.map((_, bit) => 1 << bit))
    expect(eventFlagNames.join(' ')).toBe(
      'invalid_utf8 utf16 truncated partial join_limit big_number dup_key too_deep field_overflow key_renamed ' +
        'json_invalid parse_timeout leap_second zone_guessed time_missing time_clamped time_ambiguous value_invalid ' +
        'headers_cut series_overflow original_lost',
    )
  })

  test('a set is listed in the order of its bits', () => {
    expect(namesOfFlags(0)).toEqual([])
    expect(namesOfFlags(eventFlag.time_ambiguous | eventFlag.utf16)).toEqual(['utf16', 'time_ambiguous'])
    expect(namesOfFlags(1 << 30)).toEqual([])
  })
})
