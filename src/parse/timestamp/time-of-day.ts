import { eventFlag } from '../../core/event-flag.ts'
import { digitsEnd, isDigit } from '../quantity.ts'
import { WordTable } from '../word-table.ts'
import type { TimeContext, TimeScan } from '../timestamp.ts'
import { abbreviationKey, noAbbreviation } from './zone.ts'

const [space, plus, comma, minus, dot, colon] = [0x20, 0x2b, 0x2c, 0x2d, 0x2e, 0x3a]
const scale: readonly number[] = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1]

/** Three bytes of a character of UTF-8 as one number. */
export function packed(char: number, middle: number, last: number): number {
  return (char << 16) | (middle << 8) | last
}

const hourMarks: readonly number[] = [packed(0xe6, 0x97, 0xb6), packed(0xe6, 0x99, 0x82), packed(0xe7, 0x82, 0xb9)] // 时 時 点
const minuteMark = packed(0xe5, 0x88, 0x86) // 分
const secondMark = packed(0xe7, 0xa7, 0x92) // 秒

/** Halves of the day: 1 before noon, 2 after it. */
const halves = new WordTable([
  [1, 'am a.m. 上午 午前 早上 凌晨'],
  [2, 'pm p.m. 下午 午後 晚上'],
])

/** The character of three bytes at `at`, packed; 0 if there is none. */
export function wideAt(bytes: Uint8Array, at: number, end: number): number {
  return at + 3 <= end && bytes[at]! >= 0xe0 ? packed(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!) : 0
}

/** Value of two digits; -1 if they are none. The caller has checked that both lie before the end. */
export function pairAt(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30
  const ones = bytes[at + 1]! - 0x30
  return isNoDigit(tens) || isNoDigit(ones) ? -1 : tens * 10 + ones
}

/** One comparison for both ends: a negative number becomes a large one. */
function isNoDigit(value: number): boolean {
  return value >>> 0 > 9
}

/** Reads `HH:MM:SS`, eight bytes before the end whose colons have been seen; false if the digits are none. */
export function readClock(bytes: Uint8Array, at: number, out: TimeScan): boolean {
  const hour = pairAt(bytes, at)
  const minute = pairAt(bytes, at + 3)
  const second = pairAt(bytes, at + 6)
  out.hour = hour
  out.minute = minute
  out.second = second
  return (hour | minute | second) >= 0
}

/** Position after a space, U+00A0 or U+202F (the JDK writes it before PM since version 20); `at` if there is none. */
export function spaceEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return at
  if (bytes[at] === space) return at + 1
  if (bytes[at] === 0xc2 && at + 1 < end && bytes[at + 1] === 0xa0) return at + 2
  return wideAt(bytes, at, end) === packed(0xe2, 0x80, 0xaf) ? at + 3 : at
}

/** Reads the fraction after a point or comma at `at`; digits after the ninth are cut. Returns `at` if there is none. */
export function scanFraction(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  let nanos = 0
  let count = 0
  let to = at + 1
  for (; to < end; to++) {
    const digit = bytes[to]! - 0x30
    if (digit < 0 || digit > 9) break
    if (count < 9) {
      nanos = nanos * 10 + digit
      count++
    }
  }
  if (count === 0) return at
  out.nanos = nanos * scale[count]!
  out.digits = count < 3 ? 3 : count
  return to
}

/** Whether a character that ends an hour stands at `at`: `:` `时` `時` `点`. */
export function isHourMark(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === colon ? at < end : hourMarks.includes(wideAt(bytes, at, end))
}

/**
 * Reads `22:14`, `22:14:15.003`, `10:14:15 PM`, `20时30分15秒`, `下午 8:30` into `out`. Returns the position after it,
 * -1 if there is none. Seconds and fraction must be 0 in `out` before.
 */
export function scanTimeOfDay(bytes: Uint8Array, start: number, end: number, out: TimeScan): number {
  let half = 0
  let at = start
  if (at + 8 <= end && bytes[at + 2] === colon && bytes[at + 5] === colon && readClock(bytes, at, out)) {
    at += 8
    if (at < end && isDigit(bytes[at])) return -1
    if (at < end && (bytes[at] === dot || bytes[at] === comma)) at = scanFraction(bytes, at, end, out)
    return out.hour > 12 ? at : scanHalf(bytes, at, end, out)
  }
  if (wideAt(bytes, at, end) !== 0) {
    half = halves.find(bytes, at, at + 6 <= end ? at + 6 : at)
    if (half === 0) return -1
    at = spaceEnd(bytes, at + 6, end)
  }
  let to = digitsEnd(bytes, at, end)
  if (to === at || to > at + 2 || !isHourMark(bytes, to, end)) return -1
  out.hour = to === at + 1 ? bytes[at]! - 0x30 : pairAt(bytes, at)
  const isWide = bytes[to] !== colon
  at = to + (isWide ? 3 : 1)
  to = digitsEnd(bytes, at, end)
  if (to !== at + 2 && !(isWide && to === at + 1)) return -1
  out.minute = to === at + 1 ? bytes[at]! - 0x30 : pairAt(bytes, at)
  to = isWide ? scanWideSecond(bytes, to, end, out) : scanSecond(bytes, to, end, out)
  if (to < 0) return -1
  if (half !== 0) return setHalf(half, to, out)
  return scanHalf(bytes, to, end, out)
}

function scanSecond(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  if (at >= end || bytes[at] !== colon || !isDigit(at + 1 < end ? bytes[at + 1] : undefined)) return at
  const to = digitsEnd(bytes, at + 1, end)
  if (to !== at + 3) return -1
  out.second = pairAt(bytes, at + 1)
  return to < end && (bytes[to] === dot || bytes[to] === comma) ? scanFraction(bytes, to, end, out) : to
}

function scanWideSecond(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  if (wideAt(bytes, at, end) !== minuteMark) return -1
  let to = digitsEnd(bytes, at + 3, end)
  if (to === at + 3) return to
  if (to > at + 5) return -1
  out.second = to === at + 4 ? bytes[at + 3]! - 0x30 : pairAt(bytes, at + 3)
  if (to < end && bytes[to] === dot) to = scanFraction(bytes, to, end, out)
  return wideAt(bytes, to, end) === secondMark ? to + 3 : -1
}

/** AM or PM after the time, which sets the hour. Returns `at` without them, -1 if the hour does not go with them. */
export function scanHalf(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  const from = spaceEnd(bytes, at, end)
  if (from >= end) return at
  const first = bytes[from]! | 0x20
  if (first !== 0x61 && first !== 0x70 && first < 0xe0) return at
  const length = first >= 0xe0 ? 6 : bytes[from + 1] === dot ? 4 : 2
  const to = from + length
  const half = to <= end ? halves.find(bytes, from, to) : 0
  if (half === 0 || (to < end && isLetter(bytes[to]!))) return at
  return setHalf(half, to, out)
}

function setHalf(half: number, position: number, out: TimeScan): number {
  if (out.hour > 12) return -1
  out.hour = (out.hour % 12) + (half === 2 ? 12 : 0)
  return position
}

export function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
}

/** No zone is further from UTC than this, in minutes; RFC 3339 would allow 23:59. */
const maxOffsetMinutes = 18 * 60

/**
 * Reads a zone after a time: `Z`, `+01:00`, ` +0100`, `+01`, ` UTC`, ` CEST`, ` GMT+0800`. Returns the position after
 * it; `at` if no zone follows (`out.offset` stays); -1 if an offset follows that cannot be one.
 */
export function scanZone(bytes: Uint8Array, at: number, end: number, ctx: TimeContext, out: TimeScan): number {
  if (at >= end) return at
  const from = bytes[at] === space ? at + 1 : at
  if (from >= end) return at
  const first = bytes[from]!
  if (first === plus || first === minus) return scanOffset(bytes, from, end, at, out)
  if (first === 0x7a && from === at && !(from + 1 < end && isLetter(bytes[from + 1]!)))
    return setOffset(0, from + 1, out)
  return first >= 0x41 && first <= 0x5a ? scanAbbreviation(bytes, from, end, at, ctx, out) : at
}

function setOffset(minutes: number, position: number, out: TimeScan): number {
  out.offset = minutes * 60_000
  return position
}

/** `±hhmm`, `±hh:mm`, `±hh`; `±h` only after UTC and GMT. `none` is the position to return when it is no offset. */
function scanOffset(bytes: Uint8Array, sign: number, end: number, none: number, out: TimeScan): number {
  const isSpaced = bytes[none] === space
  const isNamed = isLetter(bytes[sign - 1]!)
  let to = digitsEnd(bytes, sign + 1, end)
  const count = to - sign - 1
  let minutes: number
  if (count === 4) minutes = pairAt(bytes, sign + 1) * 60 + minutesAt(bytes, sign + 3)
  else if (count === 2 && to + 2 < end && bytes[to] === colon && digitsEnd(bytes, to + 1, end) === to + 3) {
    minutes = pairAt(bytes, sign + 1) * 60 + minutesAt(bytes, to + 1)
    to += 3
  } else if (count === 2 && (!isSpaced || isNamed || endsShortOffset(bytes, to, end))) {
    minutes = pairAt(bytes, sign + 1) * 60
  } else if (count === 1 && isNamed) minutes = (bytes[sign + 1]! - 0x30) * 60
  else return none
  if (!(minutes <= maxOffsetMinutes)) return isSpaced ? none : -1
  return setOffset(bytes[sign] === minus ? -minutes : minutes, to, out)
}

/** NaN for no minutes, so that the sum is refused. */
function minutesAt(bytes: Uint8Array, at: number): number {
  const value = pairAt(bytes, at)
  return value > 59 ? Number.NaN : value
}

/** After a blank ` -03` could begin a message: only what follows it in PostgreSQL's and similar prefixes makes it a zone. */
function endsShortOffset(bytes: Uint8Array, at: number, end: number): boolean {
  const next = at < end ? bytes[at] : 0x5d
  return next === 0x5d || next === colon || (next === space && at + 1 < end && bytes[at + 1] === 0x5b)
}

function scanAbbreviation(
  bytes: Uint8Array,
  start: number,
  end: number,
  none: number,
  ctx: TimeContext,
  out: TimeScan,
): number {
  let key = 0
  let to = start
  for (; to < end && to < start + 6; to++) {
    const byte = bytes[to]!
    if (byte < 0x41 || byte > 0x5a) break
    key = abbreviationKey(key, byte)
  }
  if (to - start > 5 || (to < end && (isLetter(bytes[to]!) || isDigit(bytes[to]) || bytes[to] === 0x5f))) return none
  const found = ctx.abbreviations.find(key)
  if (found === noAbbreviation) return none
  if (found === 0 && to + 1 < end && (bytes[to] === plus || bytes[to] === minus) && isDigit(bytes[to + 1])) {
    const after = scanOffset(bytes, to, end, none, out)
    if (after !== none) return after
  }
  if ((found & 1) === 1) out.flags |= eventFlag.zone_guessed
  return setOffset(found >> 1, to, out)
}
