import { daysFromCivil, isCivil } from '../../core/civil.ts'
import { scanNumericDate } from './numeric.ts'
import { pairAt, readClock, scanFraction, scanHalf, scanZone } from './time-of-day.ts'
import { noDay, noOffset, settleDay, type TimeContext, type TimeScan } from '../timestamp.ts'

const [space, comma, dash, dot, slash, colon, letterZ] = [0x20, 0x2c, 0x2d, 0x2e, 0x2f, 0x3a, 0x5a]

/**
 * ISO 8601 and RFC 3339 with `T`, `t`, a space or `_` between date and time: `2026-11-21T22:14:15.003Z`,
 * `2026-11-21 22:14:15,003`, `2026-11-21 22:14:15.003121+01`. Returns the position after the stamp or -1.
 */
export function scanIso(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  if (end - start < 15 || bytes[start + 4] !== dash || bytes[start + 7] !== dash) return -1
  const mark = bytes[start + 10]
  if (mark !== 0x54 && mark !== space && mark !== 0x74 && mark !== 0x5f) return -1
  const day = isoDay(bytes, start, out)
  if (day === noDay) return -1
  // One-digit hours, two spaces, 下午 and the like.
  if (end - start < 19 || bytes[start + 13] !== colon || bytes[start + 16] !== colon || bytes[start + 11] === space)
    return scanNumericDate(bytes, start, end, ctx, out)
  return scanClockAndZone(bytes, start + 11, end, day, ctx, out)
}

/** CLF without its brackets: `21/Nov/2026:22:14:15 +0000`; also with a space before the time, a fraction, no zone. */
export function scanClf(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  if (end - start < 20 || bytes[start + 2] !== slash || bytes[start + 6] !== slash) return -1
  const mark = bytes[start + 11]
  if ((mark !== colon && mark !== space) || bytes[start + 14] !== colon || bytes[start + 17] !== colon) return -1
  const day = clfDay(bytes, start, out)
  return day === noDay ? -1 : scanClockAndZone(bytes, start + 12, end, day, ctx, out)
}

/** Where the parts of a stamp lie, four bytes each: the seconds first, which change most often. */
const stampParts = [16, 12, 0, 4, 8, 20, 22] as const
const stampBytes = 26

/**
 * The last stamp of the usual form, `21/Nov/2026:22:14:15 +0000`, and its instant: lines come in runs of one second. It
 * depends on nothing but its bytes, since it has a date and an offset.
 */
export class ClfMemory {
  readonly #parts = new Int32Array(stampParts.length)
  #ms = NaN

  /** Position after the stamp at `at` if it is the one remembered, whose instant `out` gets; else -1. */
  find(view: DataView, at: number, end: number, out: TimeScan): number {
    if (end - at < stampBytes) return -1
    const parts = this.#parts
    for (let i = 0; i < stampParts.length; i++) {
      if (view.getInt32(at + stampParts[i]!, true) !== parts[i]) return -1
    }
    out.ms = this.#ms
    out.ns = 0
    out.digits = 3
    out.flags = 0
    out.zone = 0
    return at + stampBytes
  }

  /** Keeps what `scanClf` has read from `at` to `to`, if it is of that form. */
  keep(view: DataView, at: number, to: number, from: TimeScan): void {
    if (to - at !== stampBytes || from.zone !== 0 || from.ns !== 0 || from.digits !== 3 || from.flags !== 0) return
    for (let i = 0; i < stampParts.length; i++) this.#parts[i] = view.getInt32(at + stampParts[i]!, true)
    this.#ms = from.ms
  }
}

/** The rest of a stamp whose time begins at `at` as `HH:MM:SS`, eight bytes that lie before the end. */
function scanClockAndZone(
  bytes: Uint8Array,
  at: number,
  end: number,
  day: number,
  ctx: TimeContext,
  out: TimeScan,
): number {
  if (!readClock(bytes, at, out)) return -1
  out.nanos = 0
  out.digits = 3
  out.flags = 0
  let to = at + 8
  if (to < end) {
    let next = bytes[to]
    if (next === dot || next === comma) {
      to = scanFraction(bytes, to, end, out)
      next = to < end ? bytes[to] : 0
    }
    if (next === letterZ && to + 1 === end) {
      out.offset = 0
      return settleDay(day, to + 1, ctx, out)
    }
    out.offset = noOffset
    if (out.hour <= 12) to = scanHalf(bytes, to, end, out)
    if (to >= 0) to = scanZone(bytes, to, end, ctx, out)
    if (to < 0) return -1
  } else out.offset = noOffset
  return settleDay(day, to, ctx, out)
}

/** Day of `YYYY-MM-DD`, whose dashes have been seen; the last date is remembered. */
function isoDay(bytes: Uint8Array, at: number, out: TimeScan): number {
  const a = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  const b = bytes[at + 5]! | (bytes[at + 6]! << 8) | (bytes[at + 8]! << 16) | (bytes[at + 9]! << 24)
  if (a === out.dateA && b === out.dateB && out.dateC === 0) return out.dateDay
  return newDay(bytes, at, pairAt(bytes, at + 5), pairAt(bytes, at + 8), out, a, b, 0)
}

/** Day of `DD/Mon/YYYY`, whose slashes have been seen; the last date is remembered. */
function clfDay(bytes: Uint8Array, at: number, out: TimeScan): number {
  const a = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24)
  const b = bytes[at + 5]!
  const c = bytes[at + 7]! | (bytes[at + 8]! << 8) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 24)
  if (a === out.dateA && b === out.dateB && c === out.dateC) return out.dateDay
  return newDay(bytes, at + 7, monthAt(bytes, at + 3), pairAt(bytes, at), out, a, b, c)
}

/** The day of a date whose year stands at `at`; only a date that exists is remembered, under its bytes. */
function newDay(
  bytes: Uint8Array,
  at: number,
  month: number,
  day: number,
  out: TimeScan,
  a: number,
  b: number,
  c: number,
): number {
  const century = pairAt(bytes, at)
  const rest = pairAt(bytes, at + 2)
  if (century < 0 || rest < 0 || !isCivil(century * 100 + rest, month, day)) return noDay
  out.dateA = a
  out.dateB = b
  out.dateC = c
  out.dateDay = daysFromCivil(century * 100 + rest, month, day)
  return out.dateDay
}

/** Three letters in lower case as one number. */
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map(
  (name) => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
)

/** Number of the English month whose three letters stand at `at`, in any case; 0 if they are none. */
export function monthAt(bytes: Uint8Array, at: number): number {
  return months.indexOf(((bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]! | 0x202020) >>> 0) + 1
}
