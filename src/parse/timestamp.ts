import { civilFromDays, dayMs, daysFromCivil, firstMs, isCivil, lastMs } from '../core/civil.ts'
import { eventFlag } from '../core/event-flag.ts'
import type { Abbreviations, Zone } from './timestamp/zone.ts'

/** `TimeScan.year`, `month` and `day` while a stamp has given none; without a month it is only a time of day. */
export const noPart = -1
/** `TimeScan.offset` while a stamp has given none. */
export const noOffset = 0x3fff_ffff
/** `TimeScan.dateDay` while no date has been read. */
export const noDay = -0x4000_0000

/**
 * Result of a scan, owned and reused by the caller: valid only after a scan has returned a position. It has the memory
 * of the last date read, too, so that a parser should keep one of its own for each source of stamps.
 */
export class TimeScan {
  /** Epoch ms, an integer (floor), in `firstMs..lastMs` of core/civil.ts. */
  ms = 0
  /** The rest below the ms, 0..999999. */
  ns = 0
  /** Fraction digits to print: as many as given, at least 3 and at most 9. */
  digits = 3
  /** Bits of `eventFlag`: leap_second, zone_guessed, time_ambiguous. */
  flags = 0
  /** 1: the stamp gave no zone and the one of the context was taken, which goes to `event.timezone`. */
  zone: 0 | 1 = 0

  // What the scanners of one stamp hand on to `settle`.
  year = noPart
  month = noPart
  day = noPart
  hour = 0
  minute = 0
  second = 0
  nanos = 0
  /** Offset from UTC, ms. */
  offset = noOffset

  // The last date of `scanIso` (`dateC` is 0) or of `scanClf` as bytes, and its day since 1970-01-01.
  dateA = 0
  dateB = 0
  dateC = 0
  dateDay = noDay
}

export interface TimeContext {
  /** Zone of stamps that give none. */
  readonly zone: Zone
  /** What a missing year or date is found from, epoch ms; NaN: stamps without year are no times. */
  readonly referenceMs: number
  /** Order in `08/11/2026`. */
  readonly dateOrder: 'dmy' | 'mdy'
  readonly abbreviations: Abbreviations
}

export function begin(out: TimeScan): void {
  out.ns = 0
  out.digits = 3
  out.flags = 0
  out.year = noPart
  out.month = noPart
  out.day = noPart
  out.second = 0
  out.nanos = 0
  out.offset = noOffset
}

/** Makes the instant of the parts in `out`; returns `position`, or -1 if they are no time. */
export function settle(position: number, ctx: TimeContext, out: TimeScan): number {
  if (position < 0) return -1
  if (out.year >= 0) {
    if (!isCivil(out.year, out.month, out.day)) return -1
    return settleDay(daysFromCivil(out.year, out.month, out.day), position, ctx, out)
  }
  const referenceMs = ctx.referenceMs
  if (!(referenceMs >= firstMs && referenceMs <= lastMs)) return -1
  if (out.month === noPart) return settleDay(Math.floor(localOf(referenceMs, ctx, out) / dayMs), position, ctx, out)
  return settleYear(position, ctx, out)
}

/** As `settle`, with the date already known as a day since 1970-01-01. */
export function settleDay(day: number, position: number, ctx: TimeContext, out: TimeScan): number {
  const time = timeOfDay(out)
  if (time < 0) return -1
  out.ms = instantOf(day * dayMs + time, ctx, out)
  return out.ms >= firstMs && out.ms <= lastMs ? position : -1
}

/** The latest year in which the date exists and the time is at most 24 h after the reference (`docs/formats.md` section 13). */
function settleYear(position: number, ctx: TimeContext, out: TimeScan): number {
  const time = timeOfDay(out)
  if (time < 0) return -1
  const limitMs = ctx.referenceMs + dayMs
  // No offset is as large as a day.
  const latest = civilFromDays(Math.floor(limitMs / dayMs) + 1) >> 9
  const flags = out.flags
  // Leap years are at most 8 years apart.
  for (let year = latest; year >= latest - 9; year--) {
    if (!isCivil(year, out.month, out.day)) continue
    const localMs = daysFromCivil(year, out.month, out.day) * dayMs + time
    if (localMs - dayMs > limitMs) continue
    out.flags = flags
    out.ms = instantOf(localMs, ctx, out)
    if (out.ms <= limitMs) return out.ms >= firstMs ? position : -1
  }
  return -1
}

/** Ms since midnight, 86400000 for 24:00; sets `ns`. -1 if the parts are no time of day. */
function timeOfDay(out: TimeScan): number {
  if (out.second > 59 || out.hour > 23) {
    if (out.second === 60 && out.hour < 24) {
      out.second = 59
      const unit = 10 ** (9 - out.digits)
      out.nanos = 1_000_000_000 - unit
      out.flags |= eventFlag.leap_second
    } else if (out.hour !== 24 || out.minute !== 0 || out.second !== 0 || out.nanos !== 0) return -1
  }
  if (out.minute > 59) return -1
  const fraction = (out.nanos / 1_000_000) | 0
  out.ns = out.nanos - fraction * 1_000_000
  return (out.hour * 3_600 + out.minute * 60 + out.second) * 1_000 + fraction
}

function instantOf(localMs: number, ctx: TimeContext, out: TimeScan): number {
  if (out.offset !== noOffset) {
    out.zone = 0
    return localMs - out.offset
  }
  out.zone = 1
  if (ctx.zone.isUtc) return localMs
  const packed = ctx.zone.resolve(localMs)
  if ((packed & 1) === 1) out.flags |= eventFlag.time_ambiguous
  return localMs - (packed >> 1)
}

function localOf(ms: number, ctx: TimeContext, out: TimeScan): number {
  if (out.offset !== noOffset) return ms + out.offset
  return ctx.zone.isUtc ? ms : ms + ctx.zone.offsetAt(ms)
}
