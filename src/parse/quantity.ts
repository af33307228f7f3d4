import { textOf } from '../core/byte-writer.ts'
import { WordTable } from './word-table.ts'

/** Largest result in ns: what an Elasticsearch `long` can hold. */
const maxNs = 9.223_372_036_854_775e18

/**
 * A unit is `factor * 10^shift` ns: the shift moves the point of the text, which loses nothing. The words are those of
 * `docs/formats.md` section 9 and their usual long forms; both letters that look like µ are taken.
 */
const units: readonly (readonly [factor: number, shift: number, words: string])[] = [
  [1, 0, 'ns nano nanos nanosecond nanoseconds 纳秒'],
  [1, 3, 'us µs μs usec usecs micro micros microsecond microseconds 微秒'],
  [1, 6, 'ms msec msecs milli millis millisecond milliseconds 毫秒'],
  [1, 9, 's sec secs second seconds 秒 秒钟'],
  [60, 9, 'm min mins minute minutes 分 分钟'],
  [3_600, 9, 'h hr hrs hour hours 小时'],
  [86_400, 9, 'd day days 天'],
]
const unitFactors = units.map(([factor]) => factor)
const unitShifts = units.map(([, shift]) => shift)
const unitNs = units.map(([factor, shift]) => factor * 10 ** shift)
/** Number of a unit: its place in `units`, counted from 1. */
const unitWords = new WordTable(units.map(([, , words], i) => [i + 1, words]))
const isoTimeUnits: Readonly<Record<number, number>> = { 0x48: 6, 0x4d: 5, 0x53: 4 }
const isoDay = 7

const [space, plus, minus, point] = [0x20, 0x2b, 0x2d, 0x2e]
const maxSafe = Number.MAX_SAFE_INTEGER

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Position after the digits that begin at `at`. */
export function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && isDigit(bytes[to])) to++
  return to
}

/** An integer of digits that fill the span; -1 for anything else, and beyond 2^53. */
export function scanUint(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    if (value > maxSafe) return -1
  }
  return value
}

/** Position after an unsigned decimal `12`, `12.5`, `1.25e-3`; -1 if none begins at `start`. */
export function decimalEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = digitsEnd(bytes, start, end)
  if (to === start) return -1
  if (to + 1 < end && bytes[to] === point && isDigit(bytes[to + 1])) to = digitsEnd(bytes, to + 1, end)
  if (to < end && (bytes[to]! | 0x20) === 0x65) {
    const sign = bytes[to + 1]
    const digits = to + (sign === plus || sign === minus ? 2 : 1)
    if (digits < end && isDigit(bytes[digits])) to = digitsEnd(bytes, digits, end)
  }
  return to
}

/**
 * Place of the point in a decimal that fills the span (`decimalEnd`): how many of its digits stand before it, after
 * the exponent has moved it. Zeros count as digits; beyond 999 the exponent counts as 999.
 */
export function pointOf(bytes: Uint8Array, start: number, end: number): number {
  const whole = digitsEnd(bytes, start, end)
  let at = whole
  while (at < end && (bytes[at]! | 0x20) !== 0x65) at++
  let exponent = 0
  for (let i = at + 1; i < end; i++) if (isDigit(bytes[i])) exponent = Math.min(exponent * 10 + bytes[i]! - 0x30, 999)
  return whole - start + (bytes[at + 1] === minus ? -exponent : exponent)
}

/**
 * Value of the digits number `from` up to `to` (not included) of a decimal that fills the span, counted from 0 at its
 * first digit; digits it does not have are zeros, so that a moved point only moves the count. Exact up to 2^53.
 */
export function digitsOf(bytes: Uint8Array, start: number, end: number, from: number, to: number): number {
  let value = 0
  let count = 0
  for (let i = start; i < end && count < to; i++) {
    const digit = bytes[i]! - 0x30
    if (digit < 0 || digit > 9) {
      if (bytes[i] !== point) break
      continue
    }
    if (count >= from) value = value * 10 + digit
    count++
  }
  if (value === 0) return 0
  return to - Math.max(count, from) > 0 ? value * 10 ** (to - Math.max(count, from)) : value
}

/** Tens of digits: 15 are exact in a double, and 10^22 is the last exact power (W. D. Clinger, PLDI 1990). */
const [exactDigits, exactPower] = [15, 22]

/** A decimal number that fills the span, with or without a minus sign; NaN for anything else and for overflow. */
export function scanDecimal(bytes: Uint8Array, start: number, end: number): number {
  const from = bytes[start] === minus && start < end ? start + 1 : start
  const to = decimalEnd(bytes, from, end)
  if (to !== end) return Number.NaN
  const digits = digitCount(bytes, from, end)
  const shift = pointOf(bytes, from, end) - digits
  let value: number
  if (digits <= exactDigits && Math.abs(shift) <= exactPower) {
    const whole = digitsOf(bytes, from, end, 0, digits)
    value = shift < 0 ? whole / 10 ** -shift : whole * 10 ** shift
  } else {
    value = Number(textOf(bytes, from, end))
  }
  if (value === Number.POSITIVE_INFINITY) return Number.NaN
  return from > start && value !== 0 ? -value : value
}

/** How many digits a decimal that fills the span has before its exponent. */
export function digitCount(bytes: Uint8Array, start: number, end: number): number {
  const whole = digitsEnd(bytes, start, end)
  return bytes[whole] === point && whole < end ? digitsEnd(bytes, whole + 1, end) - start - 1 : whole - start
}

/**
 * A duration that fills the span, as an integer of ns, rounded half up from the decimal text: `0.052`, `1.2s`, `1h2m`,
 * `12 毫秒`, `PT1.2S`. A number alone has `defaultUnitNs`, one of 1, 1e3, 1e6, 1e9, 6e10 and so on (NaN: a unit is
 * needed). NaN for absence (`-`), negative values, unknown units and anything else.
 */
export function scanDurationNs(bytes: Uint8Array, start: number, end: number, defaultUnitNs: number): number {
  const common = commonNs(bytes, start, end, defaultUnitNs)
  if (common >= 0) return common
  const from = skipSpaces(bytes, start, end)
  let to = end
  while (to > from && bytes[to - 1] === space) to--
  if (from === to) return Number.NaN
  if (bytes[from] === 0x50) return isoDurationNs(bytes, from + 1, to)
  let total = 0
  let before = units.length + 1
  let at = from
  while (at < to) {
    const numberEnd = decimalEnd(bytes, at, to)
    if (numberEnd < 0) return Number.NaN
    if (numberEnd === to && at === from) return plainNs(bytes, at, to, defaultUnitNs)
    const wordStart = skipSpaces(bytes, numberEnd, to)
    let wordEnd = wordStart
    while (wordEnd < to && bytes[wordEnd] !== space && !isDigit(bytes[wordEnd])) wordEnd++
    const unit = unitWords.find(bytes, wordStart, wordEnd)
    if (unit === 0 || unit >= before) return Number.NaN
    total += nsOf(bytes, at, numberEnd, unit)
    before = unit
    at = skipSpaces(bytes, wordEnd, to)
  }
  return total <= maxNs ? total : Number.NaN
}

/** The common `0.052`, where integers are enough; -1 for the rest. */
function commonNs(bytes: Uint8Array, start: number, end: number, unit: number): number {
  const length = end - start
  if (length > exactDigits || length === 0) return -1
  let value = 0
  let scale = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === point && scale === 0 && i > start && i + 1 < end) {
      scale = 1
      continue
    }
    const digit = byte - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    scale *= 10
  }
  const step = scale === 0 ? unit : unit / scale
  const ns = value * step
  return Number.isInteger(step) && ns <= maxSafe ? ns : -1
}

function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to] === space) to++
  return to
}

function plainNs(bytes: Uint8Array, start: number, end: number, defaultUnitNs: number): number {
  const unit = unitNs.indexOf(defaultUnitNs) + 1
  const ns = unit === 0 ? Number.NaN : nsOf(bytes, start, end, unit)
  return ns <= maxNs ? ns : Number.NaN
}

/** Digits below the last whole one that decide how to round. */
const restDigits = 6

function nsOf(bytes: Uint8Array, start: number, end: number, unit: number): number {
  const common = commonNs(bytes, start, end, unitNs[unit - 1]!)
  if (common >= 0) return common
  const factor = unitFactors[unit - 1]!
  const whole = pointOf(bytes, start, end) + unitShifts[unit - 1]!
  const rest = digitsOf(bytes, start, end, whole, whole + restDigits) * factor
  return digitsOf(bytes, start, end, 0, whole) * factor + Math.floor(rest / 10 ** restDigits + 0.5)
}

/** The rest of an ISO 8601 duration after its P; years and months have no fixed length and are refused. */
function isoDurationNs(bytes: Uint8Array, start: number, end: number): number {
  let total = 0
  let before = units.length + 1
  let isTime = false
  let at = start
  while (at < end) {
    if (!isTime && bytes[at] === 0x54) {
      isTime = true
      at++
    }
    const numberEnd = decimalEnd(bytes, at, end)
    if (numberEnd < 0 || numberEnd >= end) return Number.NaN
    const letter = bytes[numberEnd]!
    const unit = isTime ? (isoTimeUnits[letter] ?? 0) : letter === 0x44 ? isoDay : 0
    if (unit === 0 || unit >= before) return Number.NaN
    total += nsOf(bytes, at, numberEnd, unit)
    before = unit
    at = numberEnd + 1
  }
  return before <= units.length && total <= maxNs ? total : Number.NaN
}
