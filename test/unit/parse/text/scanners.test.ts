import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../../src/core/byte-writer.ts'
import { EventBatch, EventTables, type JsonObject } from '../../../../src/core/event-batch.ts'
import { EventWriter } from '../../../../src/core/event-writer.ts'
import { ParseContext } from '../../../../src/parse/context.ts'
import { factsOf, type TextFormat } from '../../../../src/parse/format.ts'
import { apacheCombined, apacheCommon } from '../../../../src/parse/text/apache-access.ts'
import { apacheError } from '../../../../src/parse/text/apache-error.ts'
import { cri } from '../../../../src/parse/text/cri.ts'
import { django } from '../../../../src/parse/text/django.ts'
import { gunicorn } from '../../../../src/parse/text/gunicorn.ts'
import { logfmt } from '../../../../src/parse/text/logfmt.ts'
import { loguru } from '../../../../src/parse/text/loguru.ts'
import { monitor } from '../../../../src/parse/text/monitor.ts'
import { nginxAccess } from '../../../../src/parse/text/nginx-access.ts'
import { nginxError } from '../../../../src/parse/text/nginx-error.ts'
import { pythonLogging } from '../../../../src/parse/text/python-logging.ts'
import { springBoot } from '../../../../src/parse/text/spring-boot.ts'
import { syslog3164, syslogIso } from '../../../../src/parse/text/syslog-3164.ts'
import { syslog5424 } from '../../../../src/parse/text/syslog-5424.ts'
import { uvicorn } from '../../../../src/parse/text/uvicorn.ts'
import { abbreviationsOf, zoneOf } from '../../../../src/parse/timestamp/zone.ts'
import { documentsOf, recordsOf, referenceMs } from '../../../support/parse.ts'

const formats: readonly TextFormat[] = [
  apacheCombined,
  apacheCommon,
  apacheError,
  cri,
  django,
  gunicorn,
  logfmt,
  loguru,
  monitor,
  nginxAccess,
  nginxError,
  pythonLogging,
  springBoot,
  syslog3164,
  syslogIso,
  syslog5424,
  uvicorn,
]
const byName = formats.map((format) => [format.name, format] as const)

function linesOf(format: TextFormat): string[] {
  const url = new URL(`../../../fixtures/formats/${format.name}/lines.log`, import.meta.url)
  return readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

const zones = { UTC: zoneOf('UTC')!, 'Asia/Shanghai': zoneOf('Asia/Shanghai')! }
const abbreviations = abbreviationsOf()

interface Scanned {
  readonly accepted: boolean
  readonly context: ParseContext
  readonly documents: JsonObject[]
}

/** One line through one scanner; `documents` is empty unless it was accepted. */
function scanLine(
  format: TextFormat,
  line: string | Uint8Array,
  settings: {
    readonly requestTime?: 'none' | 'us' | 's'
    readonly timezone?: keyof typeof zones
    readonly end?: number
  } = {},
): Scanned {
  const bytes = typeof line === 'string' ? bytesOf(line) : line
  const tables = new EventTables()
  const batch = new EventBatch(tables)
  batch.reset(recordsOf(bytes))
  const out = new EventWriter(batch)
  const context = new ParseContext(zones[settings.timezone ?? 'UTC'], abbreviations, {
    requestTime: settings.requestTime ?? 'none',
    dateOrder: 'dmy',
  })
  context.time.referenceMs = referenceMs
  out.begin()
  out.setFormat(tables.formatId(factsOf(format)))
  const accepted = format.scan(bytes, 0, settings.end ?? bytes.length, out, context)
  if (!accepted) return { accepted, context, documents: [] }
  out.end(0, 0, referenceMs, 0)
  return { accepted, context, documents: documentsOf(batch) }
}

/** A line with some of its characters replaced, taken out, doubled or cut off. */
function mutated(lines: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(400),
    size: fc.nat(4),
    text: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom('"', '\\', ' ', '[', ']', '=', ':', '-', '，', '\t', ''),
    ),
  })
  return fc.tuple(fc.constantFrom(...lines), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([line, edits]) => {
    let text = line
    for (const { at, size, text: put } of edits) {
      const from = at % (text.length + 1)
      text = text.slice(0, from) + put + text.slice(from + size)
    }
    return text.toWellFormed()
  })
}

describe.each(byName)('%s', (_name, format) => {
  const lines = linesOf(format)

  test('any bytes are scanned without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        scanLine(format, Uint8Array.from(bytesOf(new TextDecoder().decode(bytes))))
      }),
      { numRuns: 300 },
    )
  })

  test('a changed line gives a valid event or none', () => {
    fc.assert(
      fc.property(mutated(lines), (line) => {
        const { accepted, context, documents } = scanLine(format, line)
        if (!accepted || format.isEnvelope === true) return
        const [document] = documents
        expect(document!['message']).toEqual(expect.stringMatching(/^[^]+$/))
        expect(context.messageEnd).toBeGreaterThanOrEqual(context.messageStart)
        expect(context.payloadEnd).toBeGreaterThanOrEqual(context.payloadStart)
        expect(JSON.stringify({ ...document, message: 0, url: 0 })).not.toMatch(/:(?:null|""|"-")[,}]/)
      }),
      { numRuns: 300 },
    )
  })

  test('every start of a line is scanned without reading beyond it', () => {
    for (const line of lines.filter((one) => one.length < 200)) {
      const bytes = bytesOf(line)
      for (let to = 0; to < bytes.length; to++) {
        if ((bytes[to]! & 0xc0) === 0x80) continue
        const whole = scanLine(format, bytes, { end: to })
        const alone = scanLine(format, bytes.slice(0, to))
        expect(whole.documents, new TextDecoder().decode(bytes.subarray(0, to))).toEqual(alone.documents)
      }
    }
  })

  test('the bytes that are read grow no faster than the line', () => {
    for (const line of [format.example, ...lines.slice(0, 3)]) {
      for (const chunk of chunks) {
        for (const at of [line.length, Math.ceil(line.length / 2)]) {
          const short = readsOf(format, line.slice(0, at) + chunk.repeat(60) + line.slice(at))
          const long = readsOf(format, line.slice(0, at) + chunk.repeat(240) + line.slice(at))
          expect(long, `${chunk} in ${line}`).toBeLessThan(short * 4.5 + 4000)
        }
      }
    }
  })
})

function scanOnly(format: TextFormat, bytes: Uint8Array): boolean {
  const batch = new EventBatch(new EventTables())
  batch.reset(recordsOf(bytes))
  const context = new ParseContext(zones.UTC, abbreviations, { requestTime: 'none', dateOrder: 'dmy' })
  context.time.referenceMs = referenceMs
  const out = new EventWriter(batch)
  out.begin()
  return format.scan(bytes, 0, bytes.length, out, context)
}

/** Pieces that make a scanner look ahead, look back or begin again. */
const chunks = [
  '"',
  '\\',
  '[',
  '] [',
  ' ',
  ' - ',
  ', client: ',
  'a=',
  'a="',
  'a b=',
  'x:',
  ': ',
  '，',
  '{',
  '(',
  '1,',
  'A',
  '::',
]

/** How many bytes of the line a scanner reads. */
function readsOf(format: TextFormat, line: string): number {
  const bytes = bytesOf(line)
  let reads = 0
  const counted = new Proxy(bytes, {
    get(target, key) {
      reads++
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  scanOnly(format, counted)
  return reads
}

const combined = '10.0.0.9 - - [21/Nov/2026:22:14:15 +0000] "GET / HTTP/1.1" 200 9 "-" "-"'
const common = '10.0.0.9 - - [21/Nov/2026:22:14:15 +0000] "GET / HTTP/1.1" 200 9'

test.each([
  [apacheCombined, combined, 'us', ' 52341', 52_341_000],
  [apacheCombined, combined, 's', ' 2', 2_000_000_000],
  [apacheCombined, combined, 'none', ' 2', undefined],
  [apacheCommon, common, 'us', ' 52341', 52_341_000],
  [apacheCommon, common, 'none', ' 52341', undefined],
  [gunicorn, combined, 'us', ' 52341', 52_341_000],
  [gunicorn, combined, 's', ' 0.052341', 52_341_000],
  [gunicorn, combined, 'none', ' 0.052341', undefined],
] as const)('%o reads a trailing number only in the unit of the settings', (format, line, requestTime, tail, ns) => {
  const { accepted, documents } = scanLine(format, line + tail, { requestTime })
  expect(accepted).toBe(ns !== undefined)
  expect(documents[0]?.['event']).toEqual(ns === undefined ? undefined : expect.objectContaining({ duration: ns }))
})

test('a time without a zone is read in the zone of the source, which is told', () => {
  const { documents } = scanLine(pythonLogging, '2026-11-21 22:14:15,003 [ERROR] pay: declined', {
    timezone: 'Asia/Shanghai',
  })
  expect(documents[0]!['@timestamp']).toBe('2026-11-21T14:14:15.003Z')
  expect(documents[0]!['event']).toEqual(expect.objectContaining({ timezone: 'Asia/Shanghai' }))
})

test.each([
  ['2026-11-21T22:14:15.003Z stdout P first ', 'first ', true],
  ['2026-11-21T22:14:15.003Z stdout F last', 'last', false],
  ['2026-11-21T22:14:15.003Z stderr F ', '', false],
  ['2026-11-21T22:14:15.003Z stderr P:extra x', 'x', true],
])('%s gives its payload and whether it goes on', (line, payload, isPartial) => {
  const { context } = scanLine(cri, line)
  expect(line.slice(context.payloadStart, context.payloadEnd)).toBe(payload)
  expect(context.isPartial).toBe(isPartial)
})

test('streams are told apart by what shippers and senders call them', () => {
  const key = (format: TextFormat, line: string): number => scanLine(format, line).context.streamKey
  const out = key(cri, '2026-11-21T22:14:15.003Z stdout F a')
  expect(key(cri, '2026-11-21T22:14:16.003Z stdout F b')).toBe(out)
  expect(key(cri, '2026-11-21T22:14:15.003Z stderr F a')).not.toBe(out)
  const pay = key(syslog3164, 'Nov 21 22:14:15 web-1 pay[1]: a')
  expect(key(syslog3164, 'Nov 21 22:14:16 web-1 pay[1]: b')).toBe(pay)
  expect(key(syslog3164, 'Nov 21 22:14:15 web-2 pay[1]: a')).not.toBe(pay)
  expect(key(syslog3164, 'Nov 21 22:14:15 web-1 pay[2]: a')).not.toBe(pay)
  const ietf = key(syslog5424, '<165>1 2026-11-21T22:14:15.003Z web-1 pay 1 - - a')
  expect(key(syslog5424, '<165>1 2026-11-21T22:14:16.003Z web-1 pay 1 X - b')).toBe(ietf)
  expect(key(syslog5424, '<165>1 2026-11-21T22:14:15.003Z web-1 pay 2 - - a')).not.toBe(ietf)
})

test('pairs beyond the limit of fields stay text', () => {
  const pairs = Array.from({ length: 300 }, (_, i) => `k${i}=${i}`).join(' ')
  const [document] = scanLine(logfmt, pairs).documents
  const { attributes, logpipe } = document! as Record<string, JsonObject>
  expect(Object.keys(attributes!)).toHaveLength(257)
  expect(attributes!['overflow']).toMatch(/^k256=256 .*k299=299$/)
  expect(logpipe!['flags']).toEqual(expect.arrayContaining(['field_overflow']))
})

test('a key that Elasticsearch refuses is renamed', () => {
  const [document] = scanLine(logfmt, 'level=info a..b=1 d.=3').documents
  const { attributes, logpipe } = document! as Record<string, JsonObject>
  expect(attributes).toEqual({ a: { _: { b: '1' } }, d: { _: '3' } })
  expect(logpipe!['flags']).toEqual(expect.arrayContaining(['key_renamed']))
})
