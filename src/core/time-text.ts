import { civilFromDays, dayMs } from './civil.ts'

/**
 * Writes an instant as RFC 3339 in UTC, `2026-11-21T22:14:15.003Z`, and returns the position after it. `ms` is an
 * integer in `firstMs..lastMs` (core/civil.ts), `ns` the rest below it (0..999999), `digits` the fraction digits
 * (3..9). The caller has room for 30 bytes. No allocation.
 */
export function formatTimestamp(bytes: Uint8Array, at: number, ms: number, ns: number, digits: number): number {
  const days = Math.floor(ms / dayMs)
  const rest = (ms - days * dayMs) | 0
  const date = civilFromDays(days) | 0
  const year = date >> 9
  const century = (year / 100) | 0
  const seconds = (rest / 1000) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  writePair(bytes, at, century)
  writePair(bytes, at + 2, year - century * 100)
  bytes[at + 4] = 0x2d
  writePair(bytes, at + 5, (date >> 5) & 15)
  bytes[at + 7] = 0x2d
  writePair(bytes, at + 8, date & 31)
  bytes[at + 10] = 0x54
  writePair(bytes, at + 11, hours)
  bytes[at + 13] = 0x3a
  writePair(bytes, at + 14, minutes - hours * 60)
  bytes[at + 16] = 0x3a
  writePair(bytes, at + 17, seconds - minutes * 60)
  bytes[at + 19] = 0x2e
  const fraction = rest - seconds * 1000
  const tens = (fraction / 10) | 0
  writePair(bytes, at + 20, tens)
  bytes[at + 22] = 0x30 + fraction - tens * 10
  let to = at + 23
  for (let left = ns | 0, unit = 100_000; to < at + 20 + digits; to++) {
    const digit = (left / unit) | 0
    bytes[to] = 0x30 + digit
    left -= digit * unit
    unit = (unit / 10) | 0
  }
  bytes[to] = 0x5a
  return to + 1
}

function writePair(bytes: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0
  bytes[at] = 0x30 + tens
  bytes[at + 1] = 0x30 + value - tens * 10
}

/** The instant with three fraction digits as a string; `ms` as for `formatTimestamp`. */
export function isoText(ms: number): string {
  const bytes = new Uint8Array(24)
  formatTimestamp(bytes, 0, ms, 0, 3)
  return String.fromCharCode(...bytes)
}
