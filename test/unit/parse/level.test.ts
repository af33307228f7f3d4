import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { levelNames, noticeBit, severityOf } from '../../../src/core/level.ts'
import {
  otelLevel,
  pinoLevel,
  pinoWord,
  pythonLevel,
  pythonWord,
  redisLevel,
  scanLevel,
  scanNpmLevel,
  syslogSeverity,
  syslogWord,
} from '../../../src/parse/level.ts'

const encoder = new TextEncoder()

function nameOf(code: number): string {
  return `${levelNames[code & 7]}${code & noticeBit ? ' notice' : ''}`
}

function levelOf(word: string, scan = scanLevel): string {
  const inner = encoder.encode(word)
  const bytes = new Uint8Array(inner.length + 8).fill(0x61)
  bytes.set(inner, 4)
  return nameOf(scan(bytes, 4, 4 + inner.length))
}

describe('words', () => {
  const table: Readonly<Record<string, string>> = {
    trace: 'trace finest finer silly verbose T V TRC VRB trce',
    debug: 'debug fine dbug config debug1 debug2 debug3 debug4 debug5 D1 D2 D3 D4 D5 D DBG 调试',
    info: 'info information informational log note success http default statement detail hint context I INF 信息',
    'info notice': 'notice N',
    warn: 'warn warning wrn deprecation W 警告',
    error: 'err error severe fail failed failure eror E 错误 异常',
    fatal: 'fatal critical crit alert emerg emergency panic dpanic F C A P FTL 严重 致命',
  }
  const cases = Object.entries(table).flatMap(([expected, words]) => words.split(' ').map((word) => [word, expected]))

  test.each(cases)('%s is %s in any case', (word, expected) => {
    const mixed = word!.slice(0, 1).toUpperCase() + word!.slice(1).toLowerCase()
    for (const form of [word!, word!.toLowerCase(), word!.toUpperCase(), mixed]) expect(levelOf(form)).toBe(expected)
  })

  test.each(
    [
      ['', 'INFOS', 'inf0', 'infO ', 'warm', 'errors', '4', '-', 'null', 'unknown', '错', '错误错误', 'I\u004e\u0000O'],
      ['\u0009nfo', 'EREOR', 'debuG1x', 'x'.repeat(33), 'e'.repeat(9_000), '\u{1f4a5}', 'ınfo', 'WA\u0012N'],
    ].flat(),
  )('%j is no level', (word) => expect(levelOf(word)).toBe(''))

  test('a longer word is cut nowhere: 32 bytes at most', () => {
    expect(levelOf(`error${' '.repeat(40)}`)).toBe('')
  })

  test('verbose is debug for npm and trace elsewhere', () => {
    expect(levelOf('verbose', scanNpmLevel)).toBe('debug')
    expect(levelOf('VERBOSE', scanNpmLevel)).toBe('debug')
    expect(levelOf('verbose')).toBe('trace')
    expect(levelOf('silly', scanNpmLevel)).toBe('trace')
    expect(levelOf('v', scanNpmLevel)).toBe('trace')
    expect(levelOf('http', scanNpmLevel)).toBe('info')
  })

  test('never throws and never reads outside of the span', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const code = scanLevel(bytes, 0, bytes.length)
        expect(code & 7).toBeLessThanOrEqual(6)
        const wide = new Uint8Array([0x65, ...bytes, 0x65])
        expect(scanLevel(wide, 1, 1 + bytes.length)).toBe(code)
      }),
    )
  })
})

describe('numbers need their scale', () => {
  test.each([
    [10, 'trace', 'trace'],
    [20, 'debug', 'debug'],
    [30, 'info', 'info'],
    [40, 'warn', 'warn'],
    [50, 'error', 'error'],
    [60, 'fatal', 'fatal'],
    [35, '', ''],
    [0, '', ''],
    [Number.NaN, '', ''],
  ])('pino %d', (value, name, word) => expect([nameOf(pinoLevel(value)), pinoWord(value)]).toEqual([name, word]))

  test.each([
    [5, 'trace', 'trace'],
    [10, 'debug', 'debug'],
    [20, 'info', 'info'],
    [25, 'info', 'success'],
    [30, 'warn', 'warning'],
    [40, 'error', 'error'],
    [50, 'fatal', 'critical'],
    [60, '', ''],
  ])('Python %d', (value, name, word) => {
    expect([nameOf(pythonLevel(value)), pythonWord(value)]).toEqual([name, word])
  })

  test.each([
    [0, 'fatal', 'emergency'],
    [1, 'fatal', 'alert'],
    [2, 'fatal', 'critical'],
    [3, 'error', 'error'],
    [4, 'warn', 'warning'],
    [5, 'info notice', 'notice'],
    [6, 'info', 'info'],
    [7, 'debug', 'debug'],
    [8, '', ''],
    [-1, '', ''],
    [1.5, '', ''],
  ])('syslog %d', (value, name, word) => {
    expect([nameOf(syslogSeverity(value)), syslogWord(value)]).toEqual([name, word])
  })

  test.each([
    [1, 'trace'],
    [4, 'trace'],
    [5, 'debug'],
    [9, 'info'],
    [12, 'info'],
    [13, 'warn'],
    [17, 'error'],
    [24, 'fatal'],
    [0, ''],
    [25, ''],
    [9.5, ''],
  ])('OpenTelemetry %d', (value, name) => expect(nameOf(otelLevel(value))).toBe(name))

  test.each([
    ['.', 'debug'],
    ['-', 'debug'],
    ['*', 'info notice'],
    ['#', 'warn'],
    ['+', ''],
  ])('Redis %s', (mark, name) => expect(nameOf(redisLevel(mark.charCodeAt(0)))).toBe(name))
})

test('severities are those of OpenTelemetry, 10 for notice', () => {
  expect([0, 1, 2, 3, 4, 5, 6].map((code) => severityOf(code, false))).toEqual([0, 1, 5, 9, 13, 17, 21])
  expect([3, 5].map((code) => severityOf(code, true))).toEqual([10, 17])
  expect(severityOf(7, false)).toBe(0)
})
