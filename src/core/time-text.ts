import { civilFromDays, dayMs } from './civil.ts'

/** The digits of 00 to 99, two bytes each. */
const pairs = Uint8Array.from({ length: 200 }, (_, i) => 0x30 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10))
const [dash, dot, colon, letterT, letterZ] = [0x2d, 0x2e, 0x3a, 0x54, 0x5a]

/**
 * The last day written and its packed date: a memo, not a state. It changes no result, saves a third of the time, and
 * the signature leaves no other place for it.
 */
const lastDay = Int32Array.of(0, civilFromDays(0))

function dateOf(days: number): number {
  if (lastDay[0] !== days) {
    lastDay[0] = days
    lastDay[1] = civilFromDays(days)
  }
  return lastDay[1]!
}

/**
 * Writes an instant as RFC 3339 in UTC, `2026-11-21T22:14:15.003Z`, and returns the position after it. `ms` is an
 * integer in `firstMs..lastMs` (core/civil.ts), `ns` the rest below it (0..999999), `digits` the fraction digits
 * (3..9). The caller has room for 30 bytes. No allocation.
 */
export function formatTimestamp(bytes: Uint8Array, at: number, ms: number, ns: number, digits: number): number {
  const days = Math.floor(ms / dayMs) | 0
  const rest = (ms - days * dayMs) | 0
  const date = dateOf(days)
  const year = date >> 9
  const century = (year / 100) | 0
  const seconds = (rest / 1000) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  const fraction = rest - seconds * 1000
  const tens = (fraction / 10) | 0
  writePair(bytes, at, century)
  writePair(bytes, at + 2, year - century * 100)
  bytes[at + 4] = dash
  writePair(bytes, at + 5, (date >> 5) & 15)
  bytes[at + 7] = dash
  writePair(bytes, at + 8, date & 31)
  bytes[at + 10] = letterT
  writePair(bytes, at + 11, hours)
  bytes[at + 13] = colon
  writePair(bytes, at + 14, minutes - hours * 60)
  bytes[at + 16] = colon
  writePair(bytes, at + 17, seconds - minutes * 60)
  bytes[at + 19] = dot
  writePair(bytes, at + 20, tens)
  bytes[at + 22] = 0x30 + fraction - tens * 10
  if (digits > 3) writeNanos(bytes, at + 23, ns, digits - 3)
  const to = at + 20 + digits
  bytes[to] = letterZ
  return to + 1
}

function writePair(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = pairs[2 * value]!
  bytes[at + 1] = pairs[2 * value + 1]!
}

/** The first `count` digits of `ns` with six digits. */
function writeNanos(bytes: Uint8Array, at: number, ns: number, count: number): void {
  let left = ns | 0
  for (let i = 5; i >= 0; i--) {
    const next = (left / 10) | 0
    if (i < count) bytes[at + i] = 0x30 + left - next * 10
    left = next
  }
}

/** The instant with three fraction digits as a string; `ms` as for `formatTimestamp`. */
export function isoText(ms: number): string {
  const bytes = new Uint8Array(24)
  formatTimestamp(bytes, 0, ms, 0, 3)
  return String.fromCharCode(...bytes)
}
