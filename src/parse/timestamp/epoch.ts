import { bytesOf } from '../../core/byte-writer.ts'
import { lastMs } from '../../core/civil.ts'
import { decimalEnd, digitCount, digitsEnd, digitsOf, isDigit, pointOf, scanUint } from '../quantity.ts'
import { scanFraction } from './time-of-day.ts'
import { begin, type TimeScan } from '../timestamp.ts'

const [zero, point, exponent] = [0x30, 0x2e, 0x65]

/**
 * Unix time as decimal text, `1795299255.003`, `1795299255003`: below 1e11 seconds, below 1e14 ms, below 1e17 µs, else
 * ns (`docs/formats.md` section 12), by the digits and not through a double. Digits below the ns are cut. Negative
 * numbers and times after the year 9999 are none. Returns the position after the number or -1.
 */
export function scanEpoch(bytes: Uint8Array, start: number, end: number, out: TimeScan): number {
  if (end - start === msDigits && bytes[start] !== zero) {
    const head = fewDigits(bytes, start, end - 6)
    const tail = fewDigits(bytes, end - 6, end)
    if ((head | tail) >= 0) return setMs(head * 1e6 + tail, end, out)
  }
  begin(out)
  out.zone = 0
  const whole = digitsEnd(bytes, start, end)
  const next = whole < end ? bytes[whole]! : 0
  const isCommon = bytes[start] !== zero && (next | 0x20) !== exponent
  if (isCommon && whole === start + msDigits && next !== point) return setMs(scanUint(bytes, start, whole), whole, out)
  if (isCommon && whole === start + 10) {
    const to = next === point ? scanFraction(bytes, whole, end, out) : whole
    if (to >= end || (bytes[to]! | 0x20) !== exponent) {
      const fraction = (out.nanos / 1_000_000) | 0
      out.ms = scanUint(bytes, start, whole) * 1_000 + fraction
      out.ns = out.nanos - fraction * 1_000_000
      return to
    }
  }
  return scanAnyEpoch(bytes, start, end, out)
}

/** Ms of 13 digits: most of all JSON loggers. */
const msDigits = 13

/** Value of at most nine digits that fill the span, -1 if they do not. */
function fewDigits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - zero
    if (digit >>> 0 > 9) return -1
    value = (value * 10 + digit) | 0
  }
  return value
}

function setMs(ms: number, position: number, out: TimeScan): number {
  out.ms = ms
  out.ns = 0
  out.digits = 3
  out.flags = 0
  out.zone = 0
  return position
}

/** With leading zeros, exponents and any number of digits. */
function scanAnyEpoch(bytes: Uint8Array, start: number, end: number, out: TimeScan): number {
  const to = decimalEnd(bytes, start, end)
  if (to < 0) return -1
  const place = pointOf(bytes, start, to)
  const count = digitCount(bytes, start, to)
  let zeros = 0
  while (zeros < count && digitsOf(bytes, start, to, zeros, zeros + 1) === 0) zeros++
  const size = place - zeros
  const shift = size <= 11 ? 9 : size <= 14 ? 6 : size <= 17 ? 3 : 0
  const ms = digitsOf(bytes, start, to, 0, place + shift - 6)
  if (ms > lastMs) return -1
  out.ms = ms
  out.ns = digitsOf(bytes, start, to, Math.max(place + shift - 6, 0), place + shift)
  out.digits = Math.min(Math.max(count - place + 9 - shift, 3), 9)
  return to
}

/** TAI64 label of the Unix epoch: 2^62 and the ten seconds that daemontools, runit and s6 add (cr.yp.to/libtai/tai64.html). */
const [taiHigh, taiSeconds] = [0x4000_0000, 10]
const taiBytes = 25

/** TAI64N: `@400000006b01...`, sixteen hex digits of seconds and eight of ns. Returns the position after it or -1. */
export function scanTai64n(bytes: Uint8Array, start: number, end: number, out: TimeScan): number {
  if (end - start < taiBytes || bytes[start] !== 0x40) return -1
  begin(out)
  out.zone = 0
  const high = hexAt(bytes, start + 1)
  const low = hexAt(bytes, start + 9)
  const nanos = hexAt(bytes, start + 17)
  const seconds = (high - taiHigh) * 2 ** 32 + low - taiSeconds
  if (!(seconds >= 0 && seconds * 1_000 <= lastMs && nanos < 1e9)) return -1
  const fraction = Math.floor(nanos / 1_000_000)
  out.ms = seconds * 1_000 + fraction
  out.ns = nanos - fraction * 1_000_000
  out.digits = 9
  return start + taiBytes
}

/** Eight hex digits; NaN if they are none. */
function hexAt(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 8; i++) {
    const byte = bytes[i]!
    const letter = byte | 0x20
    if (isDigit(byte)) value = value * 16 + byte - 0x30
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57
    else return Number.NaN
  }
  return value
}

const dotNet = bytesOf('/Date(')

/** .NET: `/Date(1795299255003)/`, `/Date(1795299255003+0100)/`; always ms, the offset changes nothing. */
export function scanDotNet(bytes: Uint8Array, start: number, end: number, out: TimeScan): number {
  for (let i = 0; i < dotNet.length; i++) if (start + i >= end || bytes[start + i] !== dotNet[i]) return -1
  begin(out)
  out.zone = 0
  const from = start + dotNet.length
  let to = digitsEnd(bytes, from, end)
  const ms = scanUint(bytes, from, to)
  if (ms < 0 || ms > lastMs) return -1
  out.ms = ms
  if (to < end && (bytes[to] === 0x2b || bytes[to] === 0x2d)) to = digitsEnd(bytes, to + 1, end)
  return to + 2 <= end && bytes[to] === 0x29 && bytes[to + 1] === 0x2f ? to + 2 : -1
}
