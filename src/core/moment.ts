import { daysFromCivil, dayMs, isCivil } from './civil.ts'
import { parseDuration } from './quantity-text.ts'

/**
 * RFC 3339 to epoch ms: `2026-11-21T22:14:15.003Z`. The time may be left out (midnight), so may the seconds and the
 * zone (UTC). Digits below the millisecond are cut. Undefined if the text is none or the date does not exist.
 */
export function parseInstant(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?)?$/.exec(
      text,
    )
  if (match === null) return undefined
  const part = (n: number): number => Number(match[n] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  if (!isCivil(year, month, day) || part(4) > 23 || part(5) > 59 || part(6) > 59) return undefined
  if (part(9) > 23 || part(10) > 59) return undefined
  const fractionMs = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const zoneMinutes = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1)
  const minutes = part(4) * 60 + part(5) - zoneMinutes
  return daysFromCivil(year, month, day) * dayMs + minutes * 60_000 + part(6) * 1000 + fractionMs
}

/** A moment as people give it in flags and queries: `now`, `-2h`, or RFC 3339. Undefined if it is none of them. */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs
  if (!text.startsWith('-')) return parseInstant(text)
  const back = parseDuration(text.slice(1))
  return back === undefined ? undefined : nowMs - back
}
