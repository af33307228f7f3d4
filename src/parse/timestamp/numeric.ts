import { digitsEnd, scanUint } from '../quantity.ts'
import { pairAt, scanFraction, scanTimeOfDay, scanZone } from './time-of-day.ts'
import { begin, settle, type TimeContext, type TimeScan } from '../timestamp.ts'

const [space, comma, dash, dot, slash] = [0x20, 0x2c, 0x2d, 0x2e, 0x2f]

/** Two digits of a year: 70 to 99 lie in the last century (`docs/formats.md` section 12). */
export function fullYear(pair: number): number {
  return pair < 70 ? 2000 + pair : 1900 + pair
}

/**
 * A date of numbers and a time: `2026/11/21 22:14:15`, `26/11/21 22:14:15`, `21.11.2026 22:14:15`, `11/21/2026,
 * 10:14:15 PM` (order of `ctx.dateOrder`), `2026-11-21 下午 8:30`, logcat's `11-21 22:14:15.003`. With a point the day
 * comes first; of three pairs with another mark the first is the year. Returns the position after the stamp or -1.
 */
export function scanNumericDate(
  bytes: Uint8Array,
  start: number,
  end: number,
  ctx: TimeContext,
  out: TimeScan,
): number {
  begin(out)
  const aEnd = digitsEnd(bytes, start, end)
  if (aEnd === start || aEnd > start + 4 || aEnd >= end) return -1
  const mark = bytes[aEnd]
  if (mark !== dash && mark !== slash && mark !== dot) return -1
  const bEnd = digitsEnd(bytes, aEnd + 1, end)
  if (bEnd === aEnd + 1 || bEnd > aEnd + 3 || bEnd >= end) return -1
  const a = scanUint(bytes, start, aEnd)
  const b = scanUint(bytes, aEnd + 1, bEnd)
  let cEnd = bEnd
  if (bytes[bEnd] === mark) {
    cEnd = digitsEnd(bytes, bEnd + 1, end)
    const c = scanUint(bytes, bEnd + 1, cEnd)
    if (!setDate(a, aEnd - start, b, c, cEnd - bEnd - 1, mark, ctx, out)) return -1
  } else {
    if (mark !== dash || aEnd !== start + 2 || bEnd !== aEnd + 3) return -1
    out.month = a
    out.day = b
  }
  const at = gapEnd(bytes, cEnd, end)
  const to = at < 0 ? -1 : scanTimeOfDay(bytes, at, end, out)
  return to < 0 ? -1 : settle(scanZone(bytes, to, end, ctx, out), ctx, out)
}

/** As `scanNumericDate`, for dates with slashes only. */
export function scanSlashDate(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  const to = digitsEnd(bytes, start, end)
  return to < end && bytes[to] === slash ? scanNumericDate(bytes, start, end, ctx, out) : -1
}

/** logcat: `11-21 22:14:15.003`, without a year. */
export function scanLogcat(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  return end - start >= 14 && bytes[start + 2] === dash && bytes[start + 5] === space
    ? scanNumericDate(bytes, start, end, ctx, out)
    : -1
}

function setDate(
  a: number,
  aSize: number,
  b: number,
  c: number,
  cSize: number,
  mark: number,
  ctx: TimeContext,
  out: TimeScan,
): boolean {
  if (aSize === 4 || (aSize === 2 && cSize === 2 && mark !== dot)) {
    out.year = aSize === 4 ? a : fullYear(a)
    out.month = b
    out.day = c
    return cSize === 1 || cSize === 2
  }
  if (aSize > 2 || (cSize !== 4 && cSize !== 2)) return false
  const isDayFirst = mark === dot || ctx.dateOrder === 'dmy'
  out.year = cSize === 4 ? c : fullYear(c)
  out.month = isDayFirst ? b : a
  out.day = isDayFirst ? a : b
  return true
}

/** Position after what may stand between date and time: `T`, `_`, one or two spaces, a comma and a space. */
function gapEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const first = bytes[at]
  if (first === 0x54 || first === 0x74 || first === 0x5f) return at + 1
  const from = first === comma ? at + 1 : at
  if (from >= end || bytes[from] !== space) return -1
  return from + 1 < end && bytes[from + 1] === space ? from + 2 : from + 1
}

/**
 * Dates without marks between their parts: `20261121T221415.003Z`, `20261121221415Z` (with a zone only: alone it is an
 * epoch), `20261121 22:14:15`, `261121 22:14:15`, `261121 221415`. Returns the position after the stamp or -1.
 */
export function scanBasic(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  begin(out)
  const dateEnd = digitsEnd(bytes, start, end)
  const size = dateEnd - start
  if (size !== 6 && size !== 8 && size !== 14) return -1
  const monthAt = size === 6 ? start + 2 : start + 4
  out.year = size === 6 ? fullYear(pairAt(bytes, start)) : pairAt(bytes, start) * 100 + pairAt(bytes, start + 2)
  out.month = pairAt(bytes, monthAt)
  out.day = pairAt(bytes, monthAt + 2)
  const at = size === 14 ? start + 8 : gapEnd(bytes, dateEnd, end)
  if (at < 0) return -1
  const timeEnd = digitsEnd(bytes, at, end)
  let to: number
  if (timeEnd === at + 6) {
    out.hour = pairAt(bytes, at)
    out.minute = pairAt(bytes, at + 2)
    out.second = pairAt(bytes, at + 4)
    to =
      timeEnd < end && (bytes[timeEnd] === dot || bytes[timeEnd] === comma)
        ? scanFraction(bytes, timeEnd, end, out)
        : timeEnd
  } else to = scanTimeOfDay(bytes, at, end, out)
  if (to < 0) return -1
  const zoneEnd = scanZone(bytes, to, end, ctx, out)
  return size === 14 && zoneEnd === to ? -1 : settle(zoneEnd, ctx, out)
}

/**
 * glog and klog, from the byte after the level letter: `1121 22:14:15.003121`, also with the year in front
 * (`20261121 22:14:15.003121`, glog since 0.5). Returns the position after the stamp or -1.
 */
export function scanGlog(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  begin(out)
  const to = digitsEnd(bytes, start, end)
  if ((to !== start + 4 && to !== start + 8) || to >= end || bytes[to] !== space) return -1
  if (to === start + 8) out.year = scanUint(bytes, start, start + 4)
  out.month = pairAt(bytes, to - 4)
  out.day = pairAt(bytes, to - 2)
  return settle(scanTimeOfDay(bytes, to + 1, end, out), ctx, out)
}
