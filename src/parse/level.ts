import { level, noticeBit } from '../core/level.ts'
import { WordTable } from './word-table.ts'

const notice = level.info | noticeBit

/** The words and letters of `docs/formats.md` section 14, and `trce` of the .NET console. */
const words = new WordTable([
  [level.trace, 'trace finest finer silly verbose t v trc vrb trce'],
  [level.debug, 'debug fine dbug config debug1 debug2 debug3 debug4 debug5 d1 d2 d3 d4 d5 d dbg 调试'],
  [level.info, 'info information informational log note success http default statement detail hint context i inf 信息'],
  [notice, 'notice n'],
  [level.warn, 'warn warning wrn deprecation w 警告'],
  [level.error, 'err error severe fail failed failure eror e 错误 异常'],
  [level.fatal, 'fatal critical crit alert emerg emergency panic dpanic f c a p ftl 严重 致命'],
])

/** The four words that most events have, as the first four bytes in one number. */
const [info, warn, erro, debu] = [0x696e666f, 0x7761726e, 0x6572726f, 0x64656275]
const lowerCase = 0x20202020

/** A longer word is no level (`docs/bad-input.md` section 2). */
const maxWordBytes = 32

/**
 * The level of a word that fills the span: 1..6 as in `core/level.ts`, with `noticeBit` when the word is notice; 0 if
 * it is no level. Case does not matter. `verbose` is trace here; npm and Redis have their own scales below.
 */
export function scanLevel(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 4 || length === 5) {
    // Letters differ from each other in more than the bit of their case, and nothing else becomes one by it.
    const head =
      (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]! | lowerCase
    if (length === 4) {
      if (head === info) return level.info
      if (head === warn) return level.warn
    } else {
      const last = bytes[start + 4]! | 0x20
      if (head === erro && last === 0x72) return level.error
      if (head === debu && last === 0x67) return level.debug
    }
  }
  return end - start > maxWordBytes ? 0 : words.find(bytes, start, end)
}

/** As `scanLevel`, on the scale of npm (winston): `verbose` is debug there. */
export function scanNpmLevel(bytes: Uint8Array, start: number, end: number): number {
  // The only words of seven bytes that begin with v; `scanLevel` has said that it is one of the list.
  const isVerbose = end - start === 7 && (bytes[start]! | 0x20) === 0x76
  const found = scanLevel(bytes, start, end)
  return isVerbose && found === level.trace ? level.debug : found
}

/** The level of a Redis mark, one byte of `. - * #` (debug, verbose, notice, warning); 0 for any other byte. */
export function redisLevel(mark: number): number {
  if (mark === 0x2e || mark === 0x2d) return level.debug
  if (mark === 0x2a) return notice
  return mark === 0x23 ? level.warn : 0
}

/** One scale of numbers: the level of each, and the word that goes to `log.level`. */
type Scale = ReadonlyMap<number, readonly [code: number, word: string]>

/** https://getpino.io/#/docs/api?id=loggerlevels-object, and the same numbers in bunyan. */
const pino: Scale = new Map([
  [10, [level.trace, 'trace']],
  [20, [level.debug, 'debug']],
  [30, [level.info, 'info']],
  [40, [level.warn, 'warn']],
  [50, [level.error, 'error']],
  [60, [level.fatal, 'fatal']],
])

/** https://docs.python.org/3/library/logging.html#logging-levels, and 5 and 25 of loguru. */
const python: Scale = new Map([
  [5, [level.trace, 'trace']],
  [10, [level.debug, 'debug']],
  [20, [level.info, 'info']],
  [25, [level.info, 'success']],
  [30, [level.warn, 'warning']],
  [40, [level.error, 'error']],
  [50, [level.fatal, 'critical']],
])

/** RFC 5424 section 6.2.1. */
const syslog: Scale = new Map([
  [0, [level.fatal, 'emergency']],
  [1, [level.fatal, 'alert']],
  [2, [level.fatal, 'critical']],
  [3, [level.error, 'error']],
  [4, [level.warn, 'warning']],
  [5, [notice, 'notice']],
  [6, [level.info, 'info']],
  [7, [level.debug, 'debug']],
])

/** The level of a pino or bunyan number; 0 if the scale has no such number. */
export function pinoLevel(value: number): number {
  return pino.get(value)?.[0] ?? 0
}

/** The word of a pino or bunyan number for `log.level`; empty if the scale has no such number. */
export function pinoWord(value: number): string {
  return pino.get(value)?.[1] ?? ''
}

/** The level of a Python or loguru number; 0 if the scale has no such number. */
export function pythonLevel(value: number): number {
  return python.get(value)?.[0] ?? 0
}

/** The word of a Python or loguru number for `log.level`; empty if the scale has no such number. */
export function pythonWord(value: number): string {
  return python.get(value)?.[1] ?? ''
}

/** The level of a syslog, GELF or journald severity (0..7), with `noticeBit` for 5; 0 for any other number. */
export function syslogSeverity(value: number): number {
  return syslog.get(value)?.[0] ?? 0
}

/** The word of a syslog severity for `log.level`; empty for any other number. */
export function syslogWord(value: number): string {
  return syslog.get(value)?.[1] ?? ''
}

/** The level of an OpenTelemetry severity number (1..24 in fours); 0 for any other number. */
export function otelLevel(value: number): number {
  return Number.isInteger(value) && value >= 1 && value <= 24 ? Math.ceil(value / 4) : 0
}
