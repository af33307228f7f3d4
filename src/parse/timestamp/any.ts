import { digitsEnd } from '../quantity.ts'
import { scanDotNet, scanEpoch, scanTai64n } from './epoch.ts'
import { scanClf, scanIso } from './iso.ts'
import { scanNamed, scanTimeOnly } from './named.ts'
import { scanBasic, scanNumericDate } from './numeric.ts'
import { isHourMark } from './time-of-day.ts'
import type { TimeContext, TimeScan } from '../timestamp.ts'

const [space, dash, dot, slash] = [0x20, 0x2d, 0x2e, 0x2f]
/** Fewer digits than in March 1973 are too likely to be something else than an epoch in seconds. */
const minEpochDigits = 9

/**
 * A time that fills the span, blanks at its ends left out: for values of JSON and key-value fields. Returns `end`, or
 * -1 if the text is no time of any form of `docs/formats.md` section 12 (glog alone is not tried: its four digits
 * could be anything).
 */
export function scanAny(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  let from = start
  let to = end
  while (from < to && bytes[from] === space) from++
  while (to > from && bytes[to - 1] === space) to--
  return from < to && scanAnyPrefix(bytes, from, to, ctx, out) === to ? end : -1
}

/** A time at the start of the span, in any form; the rest may be anything. Returns the position after it or -1. */
export function scanAnyPrefix(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  if (start >= end) return -1
  const digits = digitsEnd(bytes, start, end) - start
  const next = start + digits < end ? bytes[start + digits] : 0
  if (digits === 0) {
    if (next === 0x40) return scanTai64n(bytes, start, end, out)
    if (next === slash) return scanDotNet(bytes, start, end, out)
    const to = scanNamed(bytes, start, end, ctx, out)
    return to < 0 ? scanTimeOnly(bytes, start, end, ctx, out) : to
  }
  if (digits === 4 && next === dash) {
    const to = scanIso(bytes, start, end, ctx, out)
    if (to >= 0) return to
  }
  if (digits <= 2 && isHourMark(bytes, start + digits, end)) return scanTimeOnly(bytes, start, end, ctx, out)
  if (digits <= 4) {
    let to = next === dash || next === slash || next === dot ? scanNumericDate(bytes, start, end, ctx, out) : -1
    if (to < 0 && next === slash) to = scanClf(bytes, start, end, ctx, out)
    return to < 0 ? scanNamed(bytes, start, end, ctx, out) : to
  }
  const to = scanBasic(bytes, start, end, ctx, out)
  return to < 0 && digits >= minEpochDigits ? scanEpoch(bytes, start, end, out) : to
}
