import { digitsEnd, isDigit, scanUint } from '../quantity.ts'
import { WordTable } from '../word-table.ts'
import { monthAt } from './iso.ts'
import { fullYear } from './numeric.ts'
import {
  isHourMark,
  isLetter,
  packed,
  pairAt,
  readClock,
  scanFraction,
  scanTimeOfDay,
  scanZone,
  spaceEnd,
  wideAt,
} from './time-of-day.ts'
import { begin, noOffset, noPart, settle, type TimeContext, type TimeScan } from '../timestamp.ts'

const [space, comma, dash, dot, slash, colon, open, close] = [0x20, 0x2c, 0x2d, 0x2e, 0x2f, 0x3a, 0x28, 0x29]

/** What a word of a date can be, over the numbers of the months. */
const [weekday, filler, half] = [16, 17, 18]

/** Months, weekdays and small words of en de fr es pt it zh ja: the closed list of `docs/formats.md` section 12. */
const words = new WordTable([
  [1, 'january jan januar jänner jän janvier janv enero ene janeiro gennaio gen 一月'],
  [2, 'february feb februar feber février févr fév febrero fevereiro fev febbraio 二月'],
  [3, 'march mar märz mär mrz mars marzo março 三月'],
  [4, 'april apr avril avr abril abr aprile 四月'],
  [5, 'may mai mayo maio maggio mag 五月'],
  [6, 'june jun juni juin junio junho giugno giu 六月'],
  [7, 'july jul juli juillet juil julio julho luglio lug 七月'],
  [8, 'august aug août aout agosto ago 八月'],
  [9, 'september sep sept septembre septiembre setiembre setembro set settembre 九月'],
  [10, 'october oct oktober okt octobre octubre outubro out ottobre ott 十月'],
  [11, 'november nov novembre noviembre novembro 十一月'],
  [12, 'december dec dezember dez décembre déc diciembre dic dezembro dicembre 十二月'],
  [weekday, 'monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun'],
  [weekday, 'montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so'],
  [weekday, 'lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim'],
  [weekday, 'lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom'],
  [weekday, 'segunda terça quarta quinta sexta'],
  [weekday, 'seg ter qua qui sex'],
  [weekday, 'lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab'],
  [weekday, '星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日'],
  [weekday, '月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 月 火 水 木 金 土 日'],
  [filler, 'de del of'],
  [half, '上午 午前 早上 凌晨 下午 午後 晚上'],
])
const march = 3

const yearMark = packed(0xe5, 0xb9, 0xb4) // 年
const monthMark = packed(0xe6, 0x9c, 0x88) // 月
const dayMarks: readonly number[] = [packed(0xe6, 0x97, 0xa5), packed(0xe5, 0x8f, 0xb7)] // 日 号

/** Parts that a stamp can have at most, fillers included. */
const maxParts = 12

/**
 * A date with words, or with 年月日, and a time: asctime and Apache errors (`Sat Nov 21 22:14:15.003121 2026`), RFC
 * 2822, Unix `date`, `21-Nov-2026 22:14:15`, `21 Nov 2026 22:14:15.003`, `Nov 21, 2026 10:14:15 PM`, `Nov  1 22:14:15`,
 * `2026 Nov 21 22:14:15`, `21. März 2026 22:14:15`, `2026年11月21日 20时30分15秒`. Day, month and
 * year may come in any order, each once. Returns the position after the stamp or -1.
 */
export function scanNamed(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  begin(out)
  let at = start
  let hasWeekday = false
  for (let parts = 0; parts < maxParts && at < end; parts++) {
    if (isHourAhead(bytes, at, end)) return scanTail(bytes, at, end, hasWeekday, ctx, out)
    let to: number
    if (isDigit(bytes[at])) to = scanNumber(bytes, at, end, out)
    else {
      to = wordEnd(bytes, at, end)
      const month = to === at + 3 ? monthAt(bytes, at) : 0
      const word = month > 0 ? month : words.find(bytes, at, to)
      if (word === 0) return -1
      if (word === half) return scanTail(bytes, at, end, hasWeekday, ctx, out)
      if (word === weekday) hasWeekday = true
      else if (word <= 12) {
        // `mar` at the front is March, or a Tuesday before the month that follows (it, es, fr).
        const isTuesday = out.month === march && monthAt(bytes, start) === march
        if (out.month !== noPart && !isTuesday) return -1
        out.month = word
      }
    }
    if (to < 0) return -1
    at = gapEnd(bytes, to, end)
  }
  return -1
}

function isHourAhead(bytes: Uint8Array, at: number, end: number): boolean {
  const to = digitsEnd(bytes, at, end)
  return to > at && to <= at + 2 && to < end && isHourMark(bytes, to, end)
}

/** One number of the date, by its mark or its size and place; -1 if there is no place left for it. */
function scanNumber(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  const to = digitsEnd(bytes, at, end)
  const size = to - at
  if (size > 4) return -1
  const value = scanUint(bytes, at, to)
  const mark = wideAt(bytes, to, end)
  if (mark === yearMark) out.year = size === 2 ? fullYear(value) : value
  else if (mark === monthMark) out.month = value
  else if (dayMarks.includes(mark)) out.day = value
  else {
    if (size === 4 && out.year === noPart) out.year = value
    else if (size <= 2 && out.day === noPart) out.day = value
    else if (size === 2 && out.year === noPart && out.month !== noPart) out.year = fullYear(value)
    else return -1
    return to
  }
  return to + 3
}

/** Position after a run of letters and of bytes over ASCII that are no spaces. */
function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && (isLetter(bytes[to]!) || (bytes[to]! >= 0x80 && spaceEnd(bytes, to, end) === to))) to++
  return to
}

/** Position after what may stand between two parts; a colon only after a year, as in CLF. */
function gapEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  for (let marks = 0; marks < 3 && to < end; marks++) {
    const mark = bytes[to]!
    const isMark = mark === comma || mark === dot || mark === dash || mark === slash || mark === open || mark === close
    if (isMark || (mark === colon && to === at && isDigit(bytes[to - 1]))) to++
    else {
      const after = spaceEnd(bytes, to, end)
      if (after === to) break
      to = after
    }
  }
  return to
}

/** The time at `at` and what follows it. */
function scanTail(
  bytes: Uint8Array,
  at: number,
  end: number,
  hasWeekday: boolean,
  ctx: TimeContext,
  out: TimeScan,
): number {
  if (out.month === noPart || out.day === noPart) return -1
  return scanAfterTime(bytes, scanTimeOfDay(bytes, at, end, out), end, hasWeekday, ctx, out)
}

/**
 * Zone and year after the time. A word without any year beside it may be a host, as in `Nov 21 22:14:15 EST sshd`: it
 * is a zone only at the end and before a colon (Cisco), or where a weekday tells that this is no syslog.
 */
function scanAfterTime(
  bytes: Uint8Array,
  at: number,
  end: number,
  hasWeekday: boolean,
  ctx: TimeContext,
  out: TimeScan,
): number {
  if (at < 0) return -1
  const hadYear = out.year !== noPart
  let to = scanZone(bytes, at, end, ctx, out)
  if (to < 0) return -1
  const isWord = to > at && isLetter(bytes[to - 1]!)
  if (hadYear) return settle(hasWeekday ? commentEnd(bytes, to, end) : to, ctx, out)
  const yearEnd = scanYear(bytes, to, end, out)
  if (yearEnd === to && isWord && !hasWeekday && to < end && bytes[to] !== colon) {
    out.offset = noOffset
    out.flags = 0
    to = at
    return settle(scanYear(bytes, to, end, out), ctx, out)
  }
  return settle(yearEnd, ctx, out)
}

/** A year after the time, with a space before it and a border behind it, so that `2001:db8::1` is none. */
function scanYear(bytes: Uint8Array, at: number, end: number, out: TimeScan): number {
  if (at + 5 > end || bytes[at] !== space || digitsEnd(bytes, at + 1, end) !== at + 5) return at
  const year = scanUint(bytes, at + 1, at + 5)
  const to = at + 5
  const isColon = to < end && bytes[to] === colon
  const border = to + (isColon ? 1 : 0)
  const isBorder =
    border === end || bytes[border] === space || (!isColon && (bytes[to] === 0x5d || bytes[to] === comma))
  if (year < 1970 || year > 2099 || !isBorder) return at
  out.year = year
  return to
}

/** Longest comment after an offset, bytes. */
const maxComment = 64

/** Position after the zone's name in parentheses that RFC 2822 and JavaScript put behind an offset. */
function commentEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || bytes[at] !== space || bytes[at + 1] !== open || !isDigit(bytes[at - 1])) return at
  const length = bytes.subarray(at, Math.min(end, at + maxComment)).indexOf(close)
  return length < 0 ? at : at + length + 1
}

/**
 * BSD syslog (RFC 3164): `Nov 21 22:14:15`, `Nov  1 22:14:15`; also with a fraction, a year before or after the time
 * (`Nov 21 2026 22:14:15`, `2026 Nov 21 22:14:15`), an offset, and `UTC:` as Cisco writes it. Returns the position
 * after the stamp or -1.
 */
export function scanSyslog(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  const isPlain =
    end - start >= 15 && bytes[start + 6] === space && bytes[start + 9] === colon && bytes[start + 12] === colon
  if (!isPlain) return scanNamed(bytes, start, end, ctx, out)
  const month = monthAt(bytes, start)
  const day = bytes[start + 4] === space ? bytes[start + 5]! - 0x30 : pairAt(bytes, start + 4)
  if (month === 0 || day < 1 || day > 31 || bytes[start + 3] !== space) return -1
  begin(out)
  out.month = month
  out.day = day
  if (!readClock(bytes, start + 7, out)) return -1
  let to = start + 15
  if (to < end && isDigit(bytes[to])) return -1
  if (to < end && (bytes[to] === dot || bytes[to] === comma)) to = scanFraction(bytes, to, end, out)
  return scanAfterTime(bytes, to, end, false, ctx, out)
}

/**
 * A time alone, on the date of the reference: `22:14:15.003`, `10:14:15 PM`, `下午 8:30`. Hours and minutes alone are
 * too little. Returns the position after the stamp or -1.
 */
export function scanTimeOnly(bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan): number {
  begin(out)
  const to = scanTimeOfDay(bytes, start, end, out)
  if (to <= start + 5) return -1
  const zoneEnd = scanZone(bytes, to, end, ctx, out)
  return settle(zoneEnd, ctx, out)
}
