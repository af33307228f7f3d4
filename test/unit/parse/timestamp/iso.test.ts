import { expect, test } from 'vitest'
import { bytesOf, viewOf } from '../../../../src/core/byte-writer.ts'
import { TimeScan, type TimeContext } from '../../../../src/parse/timestamp.ts'
import { ClfMemory, scanClf } from '../../../../src/parse/timestamp/iso.ts'
import { abbreviationsOf, zoneOf } from '../../../../src/parse/timestamp/zone.ts'

const context: TimeContext = {
  zone: zoneOf('Europe/Berlin')!,
  referenceMs: NaN,
  dateOrder: 'dmy',
  abbreviations: abbreviationsOf(),
}

/** Keeps one stamp and asks for another: its instant, or -1. */
function asked(kept: string, text: string): number {
  const memory = new ClfMemory()
  const scan = new TimeScan()
  const first = bytesOf(kept)
  memory.keep(viewOf(first), 0, scanClf(first, 0, first.length, context, scan), scan)
  const other = new TimeScan()
  const bytes = bytesOf(`[${text}] `)
  const to = memory.find(viewOf(bytes), 1, 1 + text.length, other)
  return to < 0 ? to : other.ms
}

const stamp = '21/Nov/2026:22:14:15 +0100'

test('a stamp that comes again has the instant of the first one', () => {
  expect(asked(stamp, stamp)).toBe(Date.UTC(2026, 10, 21, 21, 14, 15))
})

test.each(Array.from(stamp, (_, i) => [i]))('a stamp with another byte %i is not the one that is remembered', (i) => {
  expect(asked(stamp, `${stamp.slice(0, i)}9${stamp.slice(i + 1)}`.replace(stamp, 'x'))).toBe(-1)
})

test.each([
  ['without a zone, which is that of the context', '21/Nov/2026:22:14:15'],
  ['with a fraction', '21/Nov/2026:22:14:15.003 +01'],
  ['of a leap second', '31/Dec/2016:23:59:60 +0000'],
  ['shorter than itself', stamp.slice(0, -1)],
])('a stamp %s is not remembered', (_, text) => {
  expect(asked(text, text)).toBe(-1)
})
