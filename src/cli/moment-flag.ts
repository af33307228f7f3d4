import { parseMoment } from '../core/moment.ts'
import { usageError } from './invocation.ts'

/** Epoch ms of a flag such as `--from -2h`; undefined if it was not given. Throws LP_USAGE. */
export function momentOf(flag: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const ms = parseMoment(text, nowMs)
  if (ms !== undefined) return ms
  throw usageError(`reading the command line: ${flag} ${text} is no time`, 'Write now, -2h or 2026-11-21T22:14:15Z.')
}

/** A positive whole number of a flag. Throws LP_USAGE. */
export function countOf(flag: string, text: string): number {
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count > 0) return count
  throw usageError(`reading the command line: ${flag} ${text} is no number above 0`)
}
