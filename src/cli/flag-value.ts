import { parseMoment } from '../core/moment.ts'
import { parseDuration } from '../core/quantity-text.ts'
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

/** A TCP port, 0 for any free one. Throws LP_USAGE. */
export function portOf(flag: string, text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw usageError(`reading the command line: ${flag} ${text} is no port from 0 to 65535`)
}

/** A duration in ms. Throws LP_USAGE. */
export function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw usageError(`reading the command line: ${flag} ${text} is no duration`, 'Write it like 500ms, 8s or 5m.')
}
