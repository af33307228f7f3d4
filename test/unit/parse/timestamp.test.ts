import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { firstMs, lastMs } from '../../../src/core/civil.ts'
import { namesOfFlags } from '../../../src/core/event-flag.ts'
import { formatTimestamp } from '../../../src/core/time-text.ts'
import { scanAny, scanAnyPrefix } from '../../../src/parse/timestamp/any.ts'
import { scanDotNet, scanEpoch, scanTai64n } from '../../../src/parse/timestamp/epoch.ts'
import { scanClf, scanIso } from '../../../src/parse/timestamp/iso.ts'
import { scanNamed, scanSyslog, scanTimeOnly } from '../../../src/parse/timestamp/named.ts'
import {
  scanBasic,
  scanGlog,
  scanLogcat,
  scanNumericDate,
  scanSlashDate,
} from '../../../src/parse/timestamp/numeric.ts'
import { abbreviationsOf, zoneOf, type Zone } from '../../../src/parse/timestamp/zone.ts'
import { TimeScan, type TimeContext } from '../../../src/parse/timestamp.ts'

type Scan = (bytes: Uint8Array, start: number, end: number, ctx: TimeContext, out: TimeScan) => number

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function zone(name: string): Zone {
  const found = zoneOf(name)
  if (found === undefined) throw new Error(name)
  return found
}

function context(changes: Partial<TimeContext> = {}): TimeContext {
  return {
    zone: zone('UTC'),
    referenceMs: Date.UTC(2026, 10, 21, 23),
    dateOrder: 'dmy',
    abbreviations: abbreviationsOf(),
    ...changes,
  }
}

const utc = context()
const out = new TimeScan()

function printed(): string {
  const bytes = new Uint8Array(30)
  const text = decoder.decode(bytes.subarray(0, formatTimestamp(bytes, 0, out.ms, out.ns, out.digits)))
  return [text, ...namesOfFlags(out.flags)].join(' ')
}

/**
 * What a scanner makes of a text: the instant, its flags, and the rest after it; `none`. The text stands between other
 * digits, so that a read beyond its ends would show.
 */
function read(scan: Scan, text: string, ctx: TimeContext = utc): string {
  const inner = encoder.encode(text)
  const bytes = new Uint8Array(inner.length + 20).fill(0x39)
  bytes.set(inner, 10)
  const to = scan(bytes, 10, 10 + inner.length, ctx, out)
  if (to < 0) return 'none'
  expect(to).toBeLessThanOrEqual(10 + inner.length)
  const rest = decoder.decode(inner.subarray(to - 10))
  return rest === '' ? printed() : `${printed()} |${rest}`
}

const epoch: Scan = (bytes, start, end, _, scan) => scanEpoch(bytes, start, end, scan)
const tai: Scan = (bytes, start, end, _, scan) => scanTai64n(bytes, start, end, scan)
const dotNet: Scan = (bytes, start, end, _, scan) => scanDotNet(bytes, start, end, scan)

describe('ISO 8601 and RFC 3339', () => {
  test.each([
    ['2026-11-21T22:14:15.003Z', '2026-11-21T22:14:15.003Z'],
    ['2026-11-21t22:14:15z', '2026-11-21T22:14:15.000Z'],
    ['2026-11-21 22:14:15,003', '2026-11-21T22:14:15.003Z'],
    ['2026-11-21_22:14:15', '2026-11-21T22:14:15.000Z'],
    ['2026-11-21T22:14Z', '2026-11-21T22:14:00.000Z'],
    ['2026-11-21 9:14:15', '2026-11-21T09:14:15.000Z'],
    ['2026-11-21  9:14:15', '2026-11-21T09:14:15.000Z'],
    ['2026-11-21 10:14:15 PM', '2026-11-21T22:14:15.000Z'],
    ['2026-11-21 下午 8:30:15', '2026-11-21T20:30:15.000Z'],
    ['2026-11-21T22:14:15+01:00', '2026-11-21T21:14:15.000Z'],
    ['2026-11-21T22:14:15.5-0330', '2026-11-22T01:44:15.500Z'],
    ['2026-11-21 22:14:15.003121+01', '2026-11-21T21:14:15.003121Z'],
    ['2026-11-21 22:14:15 +0000', '2026-11-21T22:14:15.000Z'],
    ['2026-11-21 22:14:15.003 -03', '2026-11-22T01:14:15.003Z'],
    ['2026-11-21 22:14:15.003 -03 [4711]', '2026-11-22T01:14:15.003Z | [4711]'],
    ['2026-11-21 22:14:15 -12 items left', '2026-11-21T22:14:15.000Z | -12 items left'],
    ['2026-11-21 22:14:15 - pay - ERROR', '2026-11-21T22:14:15.000Z | - pay - ERROR'],
    ['2026-11-21 22:14:15 UTC [4711] LOG', '2026-11-21T22:14:15.000Z | [4711] LOG'],
    ['2026-11-21 22:14:15.003 CEST', '2026-11-21T20:14:15.003Z'],
    ['2026-11-21T22:14:15.003Z[main]', '2026-11-21T22:14:15.003Z |[main]'],
    ['2026-11-21 22:14:15,003 ERROR pay', '2026-11-21T22:14:15.003Z | ERROR pay'],
    ['2026-11-21 22:14:15, Info  CBS', '2026-11-21T22:14:15.000Z |, Info  CBS'],
    ['2026-11-21 22:14:15.', '2026-11-21T22:14:15.000Z |.'],
    ['2026-11-21 10:14:15 AMAZON', '2026-11-21T10:14:15.000Z | AMAZON'],
    ['2026-11-21 22:14:15 UTC_ID', '2026-11-21T22:14:15.000Z | UTC_ID'],
    ['2026-11-21T22:14:15+0060', 'none'],
    ['2026-11-21T22:14:15+99:00', 'none'],
    ['2026-11-21', 'none'],
    ['2026-11-21T', 'none'],
    ['2026-11-21T22', 'none'],
    ['2026-11-21-22:14:15', 'none'],
    ['2026-1-21T22:14:15Z', 'none'],
    ['2026-11-21T2a:14:15Z', 'none'],
    ['2026-11-21T22:14:1', 'none'],
    ['\0\0\0\0-\0\0-\0\0T22:14:15Z', 'none'],
  ])('%s', (text, expected) => expect(read(scanIso, text)).toBe(expected))

  test('the remembered date of CLF does not answer for bytes that only share its key', () => {
    expect(read(scanClf, '21/Nov/2026:22:14:15 +0000')).toBe('2026-11-21T22:14:15.000Z')
    expect(read(scanIso, '21No-v\0-\0\0T22:14:15Z')).toBe('none')
    expect(read(scanIso, '2026-11-22T22:14:15Z')).toBe('2026-11-22T22:14:15.000Z')
    expect(read(scanClf, '20/Nov/2026:22:14:15 +0000')).toBe('2026-11-20T22:14:15.000Z')
  })
})

describe('CLF', () => {
  test.each([
    ['21/Nov/2026:22:14:15 +0000', '2026-11-21T22:14:15.000Z'],
    ['21/Nov/2026:22:14:15 +0800] "GET', '2026-11-21T14:14:15.000Z |] "GET'],
    ['21/Nov/2026:22:14:15.003', '2026-11-21T22:14:15.003Z'],
    ['21/nov/2026 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['29/Feb/2024:22:14:15 +0000', '2024-02-29T22:14:15.000Z'],
    ['29/Feb/2026:22:14:15 +0000', 'none'],
    ['21/Nix/2026:22:14:15 +0000', 'none'],
    ['21/11/2026:22:14:15 +0000', 'none'],
    ['1/Nov/2026:22:14:15 +0000', 'none'],
    ['21/Nov/2026:22:14:1', 'none'],
  ])('%s', (text, expected) => expect(read(scanClf, text)).toBe(expected))
})

describe('syslog', () => {
  test.each([
    ['Nov 21 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['Nov  1 22:14:15 host sshd[1]: x', '2026-11-01T22:14:15.000Z | host sshd[1]: x'],
    ['Nov 21 22:14:15.003121 host', '2026-11-21T22:14:15.003121Z | host'],
    ['Nov 21 2026 22:14:15 host', '2026-11-21T22:14:15.000Z | host'],
    ['2026 Nov 21 22:14:15: %SYS', '2026-11-21T22:14:15.000Z |: %SYS'],
    ['Nov 21 22:14:15 2025 host', '2025-11-21T22:14:15.000Z | host'],
    ['Nov 21 22:14:15.003 UTC: %SYS-5', '2026-11-21T22:14:15.003Z |: %SYS-5'],
    ['Nov 21 22:14:15 EST sshd', '2026-11-21T22:14:15.000Z | EST sshd'],
    ['Nov 21 22:14:15 CST sshd', '2026-11-21T22:14:15.000Z | CST sshd'],
    ['Nov 21 22:14:15 2001:db8::1 sshd', '2026-11-21T22:14:15.000Z | 2001:db8::1 sshd'],
    ['Nov 21 22:14:15 4711 sshd', '2026-11-21T22:14:15.000Z | 4711 sshd'],
    ['Nov 21 22:14:15 +0100 host', '2026-11-21T21:14:15.000Z | host'],
    ['Nov 21 22:14:151 host', 'none'],
    ['Nov 32 22:14:15', 'none'],
    ['Nov 00 22:14:15', 'none'],
    ['Nov 21 22:60:15', 'none'],
    ['Nox 21 22:14:15', 'none'],
    ['Nov 21 host', 'none'],
  ])('%s', (text, expected) => expect(read(scanSyslog, text)).toBe(expected))

  test.each([
    // T9: the latest year that makes the time at most 24 h after the reference.
    ['Jan  1 00:00:05', '2026-12-31T23:59:58Z', '2027-01-01T00:00:05.000Z'],
    ['Dec 31 23:59:58', '2027-01-01T00:00:05Z', '2026-12-31T23:59:58.000Z'],
    ['Nov 22 22:14:15', '2026-11-21T22:14:15Z', '2026-11-22T22:14:15.000Z'],
    ['Nov 22 22:14:16', '2026-11-21T22:14:15Z', '2025-11-22T22:14:16.000Z'],
    ['Feb 29 12:00:00', '2026-11-21T22:14:15Z', '2024-02-29T12:00:00.000Z'],
    ['Feb 29 12:00:00', '2028-03-01T00:00:00Z', '2028-02-29T12:00:00.000Z'],
    ['Feb 29 12:00:00', '1903-12-31T00:00:00Z', '1896-02-29T12:00:00.000Z'],
    ['Dec 31 24:00:00', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
  ])('%s beside %s', (text, reference, expected) => {
    expect(read(scanSyslog, text, context({ referenceMs: Date.parse(reference) }))).toBe(expected)
  })

  test('the year is found in the zone of the stamp', () => {
    const ctx = context({ zone: zone('Asia/Shanghai'), referenceMs: Date.parse('2026-12-31T16:00:05Z') })
    expect(read(scanSyslog, 'Jan  1 00:00:03', ctx)).toBe('2026-12-31T16:00:03.000Z')
  })

  test('a year that is refused leaves no flag behind', () => {
    const ctx = context({ zone: zone('Europe/Berlin'), referenceMs: Date.parse('2026-10-23T22:00:00Z') })
    expect(read(scanSyslog, 'Oct 25 02:30:00', ctx)).toBe('2025-10-25T00:30:00.000Z')
  })

  test('without a reference there is no year', () => {
    expect(read(scanSyslog, 'Nov 21 22:14:15', context({ referenceMs: Number.NaN }))).toBe('none')
    expect(read(scanTimeOnly, '22:14:15', context({ referenceMs: Number.NaN }))).toBe('none')
  })
})

describe('dates with words', () => {
  test.each([
    ['Sat Nov 21 22:14:15 2026', '2026-11-21T22:14:15.000Z'],
    ['Sat Nov 21 22:14:15.003121 2026] [core', '2026-11-21T22:14:15.003121Z |] [core'],
    ['Sat Nov 21 22:14:15 UTC 2026', '2026-11-21T22:14:15.000Z'],
    ['Sat Nov 21 10:14:15 PM CET 2026', '2026-11-21T21:14:15.000Z'],
    ['Sat Nov 21 10:14:15\u202fPM UTC 2026', '2026-11-21T22:14:15.000Z'],
    ['Sat, 21 Nov 2026 22:14:15 +0100 (CET)', '2026-11-21T21:14:15.000Z'],
    ['Sat, 21 Nov 26 22:14:15 GMT', '2026-11-21T22:14:15.000Z'],
    ['Saturday, 21-Nov-26 22:14:15 GMT', '2026-11-21T22:14:15.000Z'],
    ['Sat Nov 21 2026 22:14:15 GMT+0800 (China Standard Time)', '2026-11-21T14:14:15.000Z'],
    ['21 Nov 2026 22:14:15.003 # msg', '2026-11-21T22:14:15.003Z | # msg'],
    ['21 Nov 22:14:15.003 * msg', '2026-11-21T22:14:15.003Z | * msg'],
    ['21-Nov-2026 22:14:15.003 SEVERE [main]', '2026-11-21T22:14:15.003Z | SEVERE [main]'],
    ['21-Nov-2026 22:14:15 UTC] PHP', '2026-11-21T22:14:15.000Z |] PHP'],
    ['Nov 21, 2026 10:14:15 PM org.apache', '2026-11-21T22:14:15.000Z | org.apache'],
    ['21/Nov/2026:22:14:15 +0000', '2026-11-21T22:14:15.000Z'],
    ['21 2026 22:14:15', 'none'],
    ['Nov 2026 22:14:15', 'none'],
    ['Nov 21 Dec 2026 22:14:15', 'none'],
    ['Nov 21 22 2026 22:14:15', 'none'],
    ['may 5 things', 'none'],
    ['Sat 22:14:15', 'none'],
    ['de 22:14:15', 'none'],
  ])('%s', (text, expected) => expect(read(scanNamed, text)).toBe(expected))

  test.each([
    // T10: de fr es pt it zh ja.
    ['21. März 2026 22:14:15', '2026-03-21T22:14:15.000Z'],
    ['21. MÄRZ 2026 22:14:15', '2026-03-21T22:14:15.000Z'],
    ['Sa 21. Nov 22:14:15 CET 2026', '2026-11-21T21:14:15.000Z'],
    ['sam. 21 févr. 2026 22:14:15', '2026-02-21T22:14:15.000Z'],
    ['21 août 2026 22:14:15', '2026-08-21T22:14:15.000Z'],
    ['21 de noviembre de 2026 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['21 ene 2026 22:14:15', '2026-01-21T22:14:15.000Z'],
    ['21 de março de 2026 22:14:15', '2026-03-21T22:14:15.000Z'],
    ['21-out-2026 22:14:15', '2026-10-21T22:14:15.000Z'],
    ['mar 24 nov 2026 22:14:15', '2026-11-24T22:14:15.000Z'],
    ['21 giugno 2026 22:14:15', '2026-06-21T22:14:15.000Z'],
    ['2026年11月21日 20时30分15秒', '2026-11-21T20:30:15.000Z'],
    ['2026年11月21日 20时30分', '2026-11-21T20:30:00.000Z'],
    ['2026年11月21日 星期六 20:30:15', '2026-11-21T20:30:15.000Z'],
    ['2026年11月21日(土) 20:30:15 JST', '2026-11-21T11:30:15.000Z'],
    ['11月21日 下午8:30', '2026-11-21T20:30:00.000Z'],
    ['2026年11月21日 午後 8:30:15', '2026-11-21T20:30:15.000Z'],
    ['十一月 21, 2026 10:14:15 下午 org', '2026-11-21T22:14:15.000Z | org'],
    ['2026年13月21日 20:30:15', 'none'],
    ['2026年0月21日 20:30:15', 'none'],
    ['21 novembro foo 2026 22:14:15', 'none'],
  ])('%s', (text, expected) => expect(read(scanNamed, text)).toBe(expected))
})

describe('dates of numbers', () => {
  test.each([
    ['2026/11/21 22:14:15 [error]', '2026-11-21T22:14:15.000Z | [error]'],
    ['2026/11/21 22:14:15.003121', '2026-11-21T22:14:15.003121Z'],
    ['26/11/21 22:14:15 WARN', '2026-11-21T22:14:15.000Z | WARN'],
    ['21/11/2026 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['21/11/2026, 10:14:15 PM', '2026-11-21T22:14:15.000Z'],
    ['2026/11/21 下午 8:30:15', '2026-11-21T20:30:15.000Z'],
    ['2026/11/21', 'none'],
    ['21/Nov/2026 22:14:15', 'none'],
    ['2026/11/21 222:14:15', 'none'],
    ['21/11/026 22:14:15', 'none'],
  ])('slashes: %s', (text, expected) => expect(read(scanSlashDate, text)).toBe(expected))

  test.each([
    ['21.11.2026 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['21.11.26 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['2026.11.21 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['10.0.0.9 22:14:15', 'none'],
    ['1.2.3 22:14:15', 'none'],
    ['11/21 22:14:15', 'none'],
    ['00-21 22:14:15', 'none'],
  ])('other marks: %s', (text, expected) => expect(read(scanNumericDate, text)).toBe(expected))

  test('T7: the order of day and month is configured, never guessed', () => {
    expect(read(scanSlashDate, '08/11/2026 10:00:00')).toBe('2026-11-08T10:00:00.000Z')
    expect(read(scanSlashDate, '08/11/2026 10:00:00', context({ dateOrder: 'mdy' }))).toBe('2026-08-11T10:00:00.000Z')
    expect(read(scanSlashDate, '11/21/2026 10:00:00')).toBe('none')
    expect(read(scanSlashDate, '11/21/2026, 10:14:15 PM', context({ dateOrder: 'mdy' }))).toBe(
      '2026-11-21T22:14:15.000Z',
    )
  })

  test.each([
    ['11-21 22:14:15.003  4711', '2026-11-21T22:14:15.003Z |  4711'],
    ['13-21 22:14:15.003', 'none'],
    ['1-21 22:14:15.003', 'none'],
    ['11-21 22:14', 'none'],
  ])('logcat: %s', (text, expected) => expect(read(scanLogcat, text)).toBe(expected))

  test.each([
    ['1121 22:14:15.003121  4711', '2026-11-21T22:14:15.003121Z |  4711'],
    ['20261121 22:14:15.003121 4711', '2026-11-21T22:14:15.003121Z | 4711'],
    ['0000 22:14:15.003121', 'none'],
    ['1321 22:14:15.003121', 'none'],
    ['121 22:14:15.003121', 'none'],
  ])('glog: %s', (text, expected) => expect(read(scanGlog, text)).toBe(expected))

  test.each([
    ['20261121T221415Z', '2026-11-21T22:14:15.000Z'],
    ['20261121T221415.003+0100', '2026-11-21T21:14:15.003Z'],
    ['20261121221415Z', '2026-11-21T22:14:15.000Z'],
    ['20261121221415.003Z', '2026-11-21T22:14:15.003Z'],
    ['20261121 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['261121 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['261121  9:14:15 [Note]', '2026-11-21T09:14:15.000Z | [Note]'],
    ['261121 221415 143 INFO', '2026-11-21T22:14:15.000Z | 143 INFO'],
    ['20261121221415', 'none'],
    ['20261121T2214', 'none'],
    ['20261321T221415Z', 'none'],
    ['261321 221415', 'none'],
    ['20261121', 'none'],
  ])('basic: %s', (text, expected) => expect(read(scanBasic, text)).toBe(expected))

  test.each([
    ['22:14:15.003 [error]', '2026-11-21T22:14:15.003Z | [error]'],
    ['22:14:15 ERR]', '2026-11-21T22:14:15.000Z | ERR]'],
    ['10:14 PM', '2026-11-21T22:14:00.000Z'],
    ['12:00:00 AM', '2026-11-21T00:00:00.000Z'],
    ['12:00:00 p.m.', '2026-11-21T12:00:00.000Z'],
    ['下午 8:30', '2026-11-21T20:30:00.000Z'],
    ['上午8点30分', '2026-11-21T08:30:00.000Z'],
    ['22:14', 'none'],
    ['下午 20:30', 'none'],
    ['22:14:15:003', '2026-11-21T22:14:15.000Z |:003'],
    ['22:1:15', 'none'],
    ['22:14:1', 'none'],
  ])('time only: %s', (text, expected) => expect(read(scanTimeOnly, text)).toBe(expected))

  test('a time alone takes the date of the reference in its own zone', () => {
    const ctx = context({ zone: zone('Asia/Shanghai'), referenceMs: Date.parse('2026-11-21T16:00:05Z') })
    expect(read(scanTimeOnly, '00:00:03', ctx)).toBe('2026-11-21T16:00:03.000Z')
    expect(read(scanTimeOnly, '16:00:03Z', ctx)).toBe('2026-11-21T16:00:03.000Z')
  })
})

describe('epoch', () => {
  test.each([
    // T2: the unit by size, at each border and beside it.
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1000000000', '2001-09-09T01:46:40.000Z'],
    ['99999999999', '5138-11-16T09:46:39.000Z'],
    ['100000000000', '1973-03-03T09:46:40.000Z'],
    ['100000000001', '1973-03-03T09:46:40.001Z'],
    ['99999999999999', '5138-11-16T09:46:39.999Z'],
    ['100000000000000', '1973-03-03T09:46:40.000000Z'],
    ['100000000000001', '1973-03-03T09:46:40.000001Z'],
    ['99999999999999999', '5138-11-16T09:46:39.999999Z'],
    ['100000000000000000', '1973-03-03T09:46:40.000000000Z'],
    ['100000000000000001', '1973-03-03T09:46:40.000000001Z'],
    ['10000000000000000000', '2286-11-20T17:46:40.000000000Z'],
    ['1795299255', '2026-11-21T22:14:15.000Z'],
    ['1795299255003', '2026-11-21T22:14:15.003Z'],
    ['1795299255003121', '2026-11-21T22:14:15.003121Z'],
    ['1795299255003121999', '2026-11-21T22:14:15.003121999Z'],
    ['1795299255.003121', '2026-11-21T22:14:15.003121Z'],
    ['1795299255.1', '2026-11-21T22:14:15.100Z'],
    ['1795299255.0031219991234', '2026-11-21T22:14:15.003121999Z'],
    ['1795299255003.5', '2026-11-21T22:14:15.0035Z'],
    ['1.795299255003e9', '2026-11-21T22:14:15.003Z'],
    ['1.795299255003121E+12', '2026-11-21T22:14:15.003121Z'],
    ['17952992550031e-4', '2026-11-21T22:14:15.0031Z'],
    ['001795299255', '2026-11-21T22:14:15.000Z'],
    ['0001795299255', '2026-11-21T22:14:15.000Z'],
    ['0.5', '1970-01-01T00:00:00.500Z'],
    ['1E-400', '1970-01-01T00:00:00.000000000Z'],
    ['1795299255.003:4711', '2026-11-21T22:14:15.003Z |:4711'],
    ['1795299255.', '2026-11-21T22:14:15.000Z |.'],
    ['-1', 'none'],
    ['-1795299255', 'none'],
    ['1e400', 'none'],
    ['999999999999999999999', 'none'],
    ['9'.repeat(4096), 'none'],
    ['NaN', 'none'],
    ['.5', 'none'],
    ['', 'none'],
  ])('%s', (text, expected) => expect(read(epoch, text)).toBe(expected))

  test.each([
    ['@4000000065a1b2c3075bcd15 msg', '2024-01-12T21:44:25.123456789Z | msg'],
    ['@400000000000000a00000000', '1970-01-01T00:00:00.000000000Z'],
    ['@400000000000000900000000', 'none'],
    ['@4000000065a1b2c33b9aca00', 'none'],
    ['@4000000065a1b2c3075bcd1', 'none'],
    ['@4000000065a1b2c3075bcdxy', 'none'],
    ['@ffffffffffffffff00000000', 'none'],
  ])('TAI64N: %s', (text, expected) => expect(read(tai, text)).toBe(expected))

  test.each([
    ['/Date(1795299255003)/', '2026-11-21T22:14:15.003Z'],
    ['/Date(1795299255003+0800)/', '2026-11-21T22:14:15.003Z'],
    ['/Date(12)/', '1970-01-01T00:00:00.012Z'],
    ['/Date(-12)/', 'none'],
    ['/Date(1795299255003)', 'none'],
    ['/Data(1795299255003)/', 'none'],
  ])('.NET: %s', (text, expected) => expect(read(dotNet, text)).toBe(expected))
})

describe('zones', () => {
  const berlin = context({ zone: zone('Europe/Berlin') })

  test.each([
    // T5: gap and overlap.
    ['2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29 02:00:00', '2026-03-29T01:00:00.000Z time_ambiguous'],
    ['2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z time_ambiguous'],
    ['2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 01:59:59', '2026-10-24T23:59:59.000Z'],
    ['2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z time_ambiguous'],
    ['2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
    ['2026-10-25 02:30:00 CET', '2026-10-25T01:30:00.000Z'],
    ['2026-10-25 02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['2026-07-01 12:00:00', '2026-07-01T10:00:00.000Z'],
  ])('Berlin: %s', (text, expected) => expect(read(scanIso, text, berlin)).toBe(expected))

  test.each([
    ['Australia/Lord_Howe', '2026-10-04 02:15:00', '2026-10-03T15:45:00.000Z time_ambiguous'],
    ['Australia/Lord_Howe', '2026-10-04 02:45:00', '2026-10-03T15:45:00.000Z'],
    ['America/St_Johns', '2010-03-14 00:00:30', '2010-03-14T03:30:30.000Z'],
    ['America/St_Johns', '2010-03-14 00:01:30', '2010-03-14T03:31:30.000Z time_ambiguous'],
    ['Pacific/Apia', '2011-12-30 12:00:00', '2011-12-30T22:00:00.000Z time_ambiguous'],
    ['Africa/Monrovia', '1971-06-01 00:00:00', '1971-06-01T00:44:30.000Z'],
    ['Asia/Kathmandu', '2026-11-21 00:00:00', '2026-11-20T18:15:00.000Z'],
    ['+08:00', '2026-11-21 00:00:00', '2026-11-20T16:00:00.000Z'],
  ])('%s: %s', (name, text, expected) => {
    expect(read(scanIso, text, context({ zone: zone(name) }))).toBe(expected)
  })

  test('an unknown zone is undefined', () => {
    expect(zoneOf('Mars/Olympus')).toBeUndefined()
    expect(zoneOf('')).toBeUndefined()
  })

  test.each([
    // T10: ambiguous abbreviations.
    ['2026-11-21 22:14:15 CST', '2026-11-22T04:14:15.000Z zone_guessed'],
    ['2026-11-21 22:14:15 IST', '2026-11-21T16:44:15.000Z zone_guessed'],
    ['2026-11-21 22:14:15 BST', '2026-11-21T21:14:15.000Z zone_guessed'],
    ['2026-11-21 22:14:15 JST', '2026-11-21T13:14:15.000Z'],
    ['2026-11-21 22:14:15 AEDT', '2026-11-21T11:14:15.000Z'],
    ['2026-11-21 22:14:15 EDT', '2026-11-22T02:14:15.000Z'],
    ['2026-11-21 22:14:15 UTC+8', '2026-11-21T14:14:15.000Z'],
    ['2026-11-21 22:14:15 GMT-0330', '2026-11-22T01:44:15.000Z'],
    ['2026-11-21 22:14:15 UTC+x', '2026-11-21T22:14:15.000Z |+x'],
    ['2026-11-21 22:14:15 XYZT', '2026-11-21T22:14:15.000Z | XYZT'],
  ])('%s', (text, expected) => expect(read(scanIso, text)).toBe(expected))

  test('the configuration decides what CST is', () => {
    const ctx = context({ abbreviations: abbreviationsOf({ CST: 480, NOVT: 420, 'no zone': 1, '': 2 }) })
    expect(read(scanIso, '2026-11-21 22:14:15 CST', ctx)).toBe('2026-11-21T14:14:15.000Z')
    expect(read(scanIso, '2026-11-21 22:14:15 NOVT', ctx)).toBe('2026-11-21T15:14:15.000Z')
    expect(read(scanIso, '2026-11-21 22:14:15 IST', ctx)).toBe('2026-11-21T16:44:15.000Z zone_guessed')
  })

  test('the scan says whether the zone was assumed', () => {
    read(scanIso, '2026-11-21 22:14:15')
    expect(out.zone).toBe(1)
    read(scanIso, '2026-11-21 22:14:15Z')
    expect(out.zone).toBe(0)
    read(epoch, '1795299255')
    expect(out.zone).toBe(0)
  })
})

describe('rows of bad-input.md', () => {
  test.each([
    ['T1', 'lunch', 'none'],
    ['T3', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['T3', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['T3', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['T3', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['T3', '9999-12-31T23:59:59-01:00', 'none'],
    ['T3', '0000-01-01T00:00:00+01:00', 'none'],
    ['T3', '+275761-01-01T00:00:00Z', 'none'],
    ['T3', '275761-01-01T00:00:00Z', 'none'],
    ['T6', '2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z leap_second'],
    ['T6', '2016-12-31T23:59:60.123456Z', '2016-12-31T23:59:59.999999Z leap_second'],
    ['T6', '2016-12-31T23:59:61Z', 'none'],
    ['T6', '2026-11-21T24:00:00Z', '2026-11-22T00:00:00.000Z'],
    ['T6', '2026-12-31 24:00', '2027-01-01T00:00:00.000Z'],
    ['T6', '2026-11-21T24:00:01Z', 'none'],
    ['T6', '2026-11-21T24:00:00.001Z', 'none'],
    ['T7', '2026-02-30T00:00:00Z', 'none'],
    ['T7', '2026-04-31T00:00:00Z', 'none'],
    ['T7', '2026-13-01T00:00:00Z', 'none'],
    ['T7', '2026-00-01T00:00:00Z', 'none'],
    ['T7', '2026-11-00T00:00:00Z', 'none'],
    ['T7', '2026-11-21T25:61:00Z', 'none'],
    ['T7', '2100-02-29T00:00:00Z', 'none'],
    ['T7', '2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['T8', '49/11/21 22:14:15', '2049-11-21T22:14:15.000Z'],
    ['T8', '50/11/21 22:14:15', '2050-11-21T22:14:15.000Z'],
    ['T8', '69/11/21 22:14:15', '2069-11-21T22:14:15.000Z'],
    ['T8', '70/11/21 22:14:15', '1970-11-21T22:14:15.000Z'],
    ['T8', '991121 22:14:15', '1999-11-21T22:14:15.000Z'],
    ['T11', '2026-11-21T22:14:15.003121999Z', '2026-11-21T22:14:15.003121999Z'],
    ['T11', '2026-11-21T22:14:15.003121999876Z', '2026-11-21T22:14:15.003121999Z'],
    ['T11', '1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.9999Z'],
  ])('%s: %s', (_, text, expected) => expect(read(scanAny, text)).toBe(expected))

  test('floor below 1970: the ms are an integer and the ns are not negative', () => {
    read(scanAny, '1969-12-31T23:59:59.9999Z')
    expect([out.ms, out.ns]).toEqual([-1, 900_000])
  })
})

describe('any form', () => {
  test.each([
    ['  2026-11-21T22:14:15Z ', '2026-11-21T22:14:15.000Z'],
    ['2026-11-21T22:14:15Z x', 'none'],
    ['1795299255003', '2026-11-21T22:14:15.003Z'],
    ['1795299255.003', '2026-11-21T22:14:15.003Z'],
    ['20261121', 'none'],
    ['12', 'none'],
    ['-1', 'none'],
    ['4711 22:14:15', 'none'],
    ['1121 22:14:15.003', 'none'],
    ['21/Nov/2026:22:14:15 +0000', '2026-11-21T22:14:15.000Z'],
    ['2026 Nov 21 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['@4000000065a1b2c3075bcd15', '2024-01-12T21:44:25.123456789Z'],
    ['/Date(1795299255003)/', '2026-11-21T22:14:15.003Z'],
    ['Sat Nov 21 22:14:15 2026', '2026-11-21T22:14:15.000Z'],
    ['Nov 21 22:14:15', '2026-11-21T22:14:15.000Z'],
    ['Nov 21, 2026 10:14:15 PM', '2026-11-21T22:14:15.000Z'],
    ['下午 8:30', '2026-11-21T20:30:00.000Z'],
    ['22:14:15', '2026-11-21T22:14:15.000Z'],
    ['22:14', 'none'],
    ['', 'none'],
    ['   ', 'none'],
    ['10.0.0.9', 'none'],
    ['null', 'none'],
  ])('whole: %s', (text, expected) => expect(read(scanAny, text)).toBe(expected))

  test.each([
    ['2026-11-21 22:14:15,003 [ERROR] pay: declined', '2026-11-21T22:14:15.003Z | [ERROR] pay: declined'],
    ['1795299255.003   1203 10.0.0.9', '2026-11-21T22:14:15.003Z |   1203 10.0.0.9'],
    ['2026/11/21 22:14:15 main.go:12: x', '2026-11-21T22:14:15.000Z | main.go:12: x'],
    ['error at 22:14:15', 'none'],
    ['10.0.0.9 - - [21/Nov/2026', 'none'],
  ])('prefix: %s', (text, expected) => expect(read(scanAnyPrefix, text)).toBe(expected))
})

const scanners: readonly (readonly [string, Scan])[] = [
  ['scanIso', scanIso],
  ['scanClf', scanClf],
  ['scanSyslog', scanSyslog],
  ['scanNamed', scanNamed],
  ['scanTimeOnly', scanTimeOnly],
  ['scanNumericDate', scanNumericDate],
  ['scanSlashDate', scanSlashDate],
  ['scanLogcat', scanLogcat],
  ['scanBasic', scanBasic],
  ['scanGlog', scanGlog],
  ['scanEpoch', epoch],
  ['scanTai64n', tai],
  ['scanDotNet', dotNet],
  ['scanAny', scanAny],
  ['scanAnyPrefix', scanAnyPrefix],
]

const stampParts = [
  ...'2026 11 21 9 0 / - . : , T Z + Nov mar Sat PM CST 22:14:15 .003 年 月 日 时 分 秒 下午 é Ã'.split(' '),
  ...'@4000000065a1b2c3 ( ) UTC +01:00 1795299255 e9 /Date('.split(' '),
  ' ',
]

/** Bytes that look like stamps more often than chance would let them. */
const stampBytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.array(fc.constantFrom(...stampParts), { maxLength: 14 }).map((parts) => encoder.encode(parts.join(''))),
)

describe('properties', () => {
  const shanghai = context({ zone: zone('Asia/Shanghai') })

  test.each(scanners)('%s never throws, stays in its span and gives a time in range', (_, scan) => {
    fc.assert(
      fc.property(stampBytes, fc.nat(5), fc.nat(5), (bytes, skip, cut) => {
        const start = Math.min(skip, bytes.length)
        const end = Math.max(start, bytes.length - cut)
        const to = scan(bytes, start, end, shanghai, out)
        if (to === -1) return
        expect(to).toBeGreaterThan(start)
        expect(to).toBeLessThanOrEqual(end)
        expect(Number.isInteger(out.ms) && out.ms >= firstMs && out.ms <= lastMs).toBe(true)
        expect(Number.isInteger(out.ns) && out.ns >= 0 && out.ns <= 999_999).toBe(true)
        expect(out.digits >= 3 && out.digits <= 9).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  test.each(scanners)('%s gives the same with a used scan, a fresh one, and other bytes around', (_, scan) => {
    fc.assert(
      fc.property(stampBytes, fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes, around) => {
        const wide = new Uint8Array(bytes.length + 16)
        wide.set(around)
        wide.set(bytes, 8)
        wide.set(around, 8 + bytes.length)
        const fresh = new TimeScan()
        const to = scan(bytes, 0, bytes.length, shanghai, fresh)
        const again = scan(wide, 8, 8 + bytes.length, shanghai, out)
        expect(again).toBe(to < 0 ? -1 : to + 8)
        if (to < 0) return
        const { ms, ns, digits, flags } = fresh
        expect([out.ms, out.ns, out.digits, out.flags, out.zone]).toEqual([ms, ns, digits, flags, fresh.zone])
      }),
      { numRuns: 3_000 },
    )
  })

  const instant = fc.record({
    ms: fc.integer({ min: firstMs, max: lastMs }),
    ns: fc.nat(999_999),
    digits: fc.integer({ min: 3, max: 9 }),
  })

  test('a formatted instant scans to itself', () => {
    fc.assert(
      fc.property(instant, ({ ms, ns, digits }) => {
        const bytes = new Uint8Array(30)
        const end = formatTimestamp(bytes, 0, ms, ns, digits)
        expect(scanIso(bytes, 0, end, utc, out)).toBe(end)
        const unit = 10 ** (9 - digits)
        expect([out.ms, out.ns, out.digits, out.zone]).toEqual([ms, ns - (ns % unit), digits, 0])
      }),
    )
  })

  test('local times of a zone agree with Intl both ways', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Tehran'].map(
      zone,
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2035, 0) }),
        (local, ms) => {
          const packed = local.resolve(ms + local.offsetAt(ms))
          const found = ms + local.offsetAt(ms) - (packed >> 1)
          if ((packed & 1) === 0) expect(found).toBe(ms)
          else expect(found).toBeLessThanOrEqual(ms)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('the zone of the host', () => {
  const before = process.env['TZ']
  afterEach(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  test('changes no result', () => {
    const texts = ['2026-03-29 02:30:00', 'Nov 21 22:14:15', '22:14:15', '08/11/2026 10:00:00', '1795299255.003']
    const results = ['UTC', 'America/Los_Angeles', 'Asia/Kolkata', 'Europe/Berlin'].map((name) => {
      process.env['TZ'] = name
      return texts.map((text) => read(scanAny, text, context({ zone: zone('Europe/Berlin') })))
    })
    for (const result of results) expect(result).toEqual(results[0])
    expect(results[0]).not.toContain('none')
  })
})
