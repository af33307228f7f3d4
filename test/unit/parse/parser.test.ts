import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { EventBatch, EventTables, valueAt, type Json, type JsonObject } from '../../../src/core/event-batch.ts'
import { splitLines } from '../../../src/core/lines.ts'
import { RecordBatch, type Source } from '../../../src/core/record-batch.ts'
import { defineTextFormat, type Format } from '../../../src/parse/format.ts'
import { createParseStage } from '../../../src/parse/parser.ts'
import { formats as allFormats } from '../../../src/registry.ts'
import { cri } from '../../../src/parse/text/cri.ts'
import { plainText } from '../../../src/parse/text/plain-text.ts'
import { pythonLogging } from '../../../src/parse/text/python-logging.ts'
import {
  documentsOf,
  goldenSettings,
  parseLines,
  parseRecords,
  plainSource,
  recordsOf,
  referenceMs,
  type ParseLinesOptions,
} from '../../support/parse.ts'

const formats: readonly Format[] = [cri, pythonLogging, plainText]

/** One record, whatever it holds. */
function recordOf(text: string): RecordBatch {
  const bytes = bytesOf(text)
  const records = new RecordBatch(plainSource(), bytes, 0n, 1)
  records.push(0, referenceMs, 0, bytes.length)
  return records
}

function joined(text: string, options: ParseLinesOptions = {}): JsonObject[] {
  return parseLines(text, { formats, multiline: 'auto', ...options })
}

function at(document: JsonObject | undefined, field: string): Json | undefined {
  return document === undefined ? undefined : valueAt(document, field)
}

/** Some fields of a document, absent ones left out. */
function pick(document: JsonObject | undefined, ...fields: string[]): Record<string, Json> {
  const picked: Record<string, Json> = {}
  for (const field of fields) {
    const value = at(document, field)
    if (value !== undefined) picked[field] = value
  }
  return picked
}

const traceFields = [
  'message',
  'error.type',
  'error.message',
  'error.stack_trace',
  'attributes.error.root_type',
  'log.origin.function',
  'log.origin.file.name',
  'log.origin.file.line',
  'logpipe.lines',
  'logpipe.level',
]

interface Outcome {
  readonly documents: readonly JsonObject[]
  readonly positions: readonly string[]
  readonly drops: Readonly<Record<string, number>>
  readonly dead: readonly string[]
  readonly state: string
}

/** Runs batches through a new parser each, which gets the state of the one before. */
function outcomeOf(batches: readonly RecordBatch[], source: Source, options: ParseLinesOptions): Outcome {
  const tables = new EventTables()
  const stage = createParseStage(goldenSettings(options), options.formats ?? formats, tables)
  const documents: JsonObject[] = []
  const positions: string[] = []
  const drops: Record<string, number> = {}
  const dead: string[] = []
  let parser = stage.parserFor(source)
  function take(events: EventBatch): void {
    documents.push(...documentsOf(events))
    for (let row = 0; row < events.count; row++) {
      const { offset, sub } = events.position(row)
      positions.push(`${offset}.${sub}`)
    }
    for (const [reason, n] of events.drops) drops[reason] = (drops[reason] ?? 0) + n
    for (const record of events.dead) dead.push(`${record.reason} ${record.error}`)
  }
  for (const records of batches) {
    const events = new EventBatch(tables)
    events.reset(records)
    parser.parse(records, events)
    take(events)
    const state = parser.save()
    parser = stage.parserFor(source)
    parser.restore(state)
    expect(parser.save()).toEqual(state)
  }
  const state = Buffer.from(parser.save()).toString('hex')
  const events = new EventBatch(tables)
  events.reset(new RecordBatch(source, new Uint8Array(0), batches.at(-1)?.base ?? 0n, 0))
  parser.flush(events)
  take(events)
  return { documents, positions, drops, dead, state }
}

/** The lines of a text in batches of the given sizes; the last one takes the rest. */
function cut(
  text: string,
  sizes: readonly number[],
  source: Source,
  timestamps: (line: number) => number,
): RecordBatch[] {
  const lines = text.split('\n').map((line) => `${line}\n`)
  const batches: RecordBatch[] = []
  let offset = 0
  for (let from = 0, i = 0; from < lines.length; i++) {
    const to = Math.min(lines.length, from + (sizes[i] ?? lines.length))
    const bytes = bytesOf(lines.slice(from, to).join(''))
    const records = new RecordBatch(source, bytes, BigInt(offset), 4)
    splitLines(records, 0, bytes.length, { timestamp: NaN, offset: 0, isEnd: true })
    for (let k = 0; k < records.count; k++) records.timestamp[k] = timestamps(from + k)
    batches.push(records)
    offset += bytes.length
    from = to
  }
  return batches
}

describe('joining of lines', () => {
  test.each([
    {
      name: 'Java after a header',
      text: [
        '2026-11-21 22:14:15,003 [ERROR] pay: charge failed',
        'com.acme.pay.DeclinedException: no funds',
        '\tat java.base/java.util.Optional.get(Optional.java:143)',
        '\tat com.acme.pay.Charge.run(Charge.java:42)',
        'Caused by: java.io.IOException: disk full',
        '\t... 12 more',
      ],
      expected: {
        message: 'charge failed',
        'error.type': 'com.acme.pay.DeclinedException',
        'error.message': 'no funds',
        'attributes.error.root_type': 'java.io.IOException',
        'log.origin.function': 'com.acme.pay.Charge.run',
        'log.origin.file.name': 'Charge.java',
        'log.origin.file.line': 42,
        'logpipe.lines': 6,
        'logpipe.level': 'error',
      },
    },
    {
      name: 'Java on the header itself',
      text: [
        '2026-11-21 22:14:15,003 [WARNING] pay: java.lang.IllegalStateException: closed',
        '\tat com.acme.Pay.run(Pay.java:7)',
      ],
      expected: {
        message: 'java.lang.IllegalStateException: closed',
        'error.type': 'java.lang.IllegalStateException',
        'error.message': 'closed',
        'error.stack_trace': 'java.lang.IllegalStateException: closed\n\tat com.acme.Pay.run(Pay.java:7)',
        'log.origin.function': 'com.acme.Pay.run',
        'log.origin.file.name': 'Pay.java',
        'log.origin.file.line': 7,
        'logpipe.lines': 2,
        'logpipe.level': 'warn',
      },
    },
    {
      name: 'Java without a header',
      text: [
        'Exception in thread "main" java.lang.IllegalStateException: boom',
        '\tat com.acme.Main.main(Main.java:5)',
      ],
      expected: {
        message: 'java.lang.IllegalStateException: boom',
        'error.type': 'java.lang.IllegalStateException',
        'error.message': 'boom',
        'log.origin.function': 'com.acme.Main.main',
        'log.origin.file.name': 'Main.java',
        'log.origin.file.line': 5,
        'logpipe.lines': 2,
        'logpipe.level': 'error',
      },
    },
    {
      name: 'Python with a chain and blank lines',
      text: [
        'Traceback (most recent call last):',
        '  File "/app/pay.py", line 12, in charge',
        '    card = cards[1]',
        '           ~~~~~^^^',
        "KeyError: 'card'",
        '',
        'During handling of the above exception, another exception occurred:',
        '',
        'Traceback (most recent call last):',
        '  File "/app/main.py", line 3, in <module>',
        '  File "/usr/lib/python3.12/site-packages/pay/api.py", line 9, in post',
        'pay.errors.Declined: no funds',
      ],
      expected: {
        message: 'pay.errors.Declined: no funds',
        'error.type': 'pay.errors.Declined',
        'error.message': 'no funds',
        'log.origin.file.name': '/app/main.py',
        'log.origin.file.line': 3,
        'log.origin.function': '<module>',
        'logpipe.lines': 12,
        'logpipe.level': 'error',
      },
    },
    {
      name: 'Node, uncaught, with its place, properties and version',
      text: [
        '/app/server.js:12',
        "    throw new TypeError('boom')",
        '    ^',
        '',
        'TypeError: boom',
        '    at node:internal/main/run_main_module:33:47',
        '    at async charge (file:///app/pay.js:10:5) {',
        "  code: 'E_PAY'",
        '}',
        '',
        'Node.js v24.11.0',
      ],
      expected: {
        message: 'TypeError: boom',
        'error.type': 'TypeError',
        'error.message': 'boom',
        'log.origin.file.name': '/app/pay.js',
        'log.origin.file.line': 10,
        'log.origin.function': 'charge',
        'logpipe.lines': 11,
        'logpipe.level': 'error',
      },
    },
    {
      name: 'Go',
      text: [
        'panic: runtime error: index out of range [3] with length 3',
        '',
        'goroutine 1 [running]:',
        'main.charge(0x3)',
        '\t/app/main.go:12 +0x1d',
        'main.main()',
        '\t/app/main.go:20 +0x20',
        'exit status 2',
      ],
      expected: {
        message: 'panic: runtime error: index out of range [3] with length 3',
        'error.type': 'panic',
        'error.message': 'runtime error: index out of range [3] with length 3',
        'log.origin.file.name': '/app/main.go',
        'log.origin.file.line': 12,
        'log.origin.function': 'main.charge',
        'logpipe.lines': 8,
        'logpipe.level': 'error',
      },
    },
    {
      name: '.NET',
      text: [
        'Unhandled exception. System.InvalidOperationException: closed',
        '   at System.Linq.Enumerable.First(IEnumerable`1 source)',
        '   at Acme.Pay.Charge(String id) in /src/Pay.cs:line 42',
      ],
      expected: {
        message: 'System.InvalidOperationException: closed',
        'error.type': 'System.InvalidOperationException',
        'error.message': 'closed',
        'log.origin.file.name': '/src/Pay.cs',
        'log.origin.file.line': 42,
        'log.origin.function': 'Acme.Pay.Charge',
        'logpipe.lines': 3,
        'logpipe.level': 'error',
      },
    },
    {
      name: 'indented lines, which all stay in the message',
      text: ['2026-11-21 22:14:15,003 [INFO] pay: settings {', '  retries: 3', '', '  host: db1', '}'],
      expected: {
        message: 'settings {\n  retries: 3\n\n  host: db1\n}',
        'logpipe.lines': 5,
        'logpipe.level': 'info',
      },
    },
  ])('$name', ({ text, expected }) => {
    const documents = joined(text.join('\n'))
    expect(documents).toHaveLength(1)
    expect(
      pick(documents[0], ...traceFields.filter((field) => field !== 'error.stack_trace' || field in expected)),
    ).toEqual(expected)
  })

  test.each([
    { name: 'a header', text: ['2026-11-21 22:14:15,003 [INFO] a: x', '2026-11-21 22:14:16,003 [INFO] a: y'] },
    { name: 'plain text', text: ['Listening on 8080', 'Ready'] },
    { name: 'an indented line after plain text', text: ['Listening on 8080', '  ready'] },
    { name: 'a level word after a Python frame', text: ['Traceback (most recent call last):', 'INFO: done'] },
    { name: 'a bare error word after an info header', text: ['2026-11-21 22:14:15,003 [INFO] a: x', 'Error: y'] },
    { name: 'a second trace', text: ['java.lang.Error: x', '\tat a.B.c(B.java:1)', 'java.lang.Error: y'], count: 2 },
  ])('$name begins an event of its own', ({ text, count }) => {
    expect(joined(text.join('\n'))).toHaveLength(count ?? text.length)
  })

  test('a record with several lines is one event, whatever they look like', () => {
    const text = '2026-11-21 22:14:15,003 [ERROR] pay: x\n2026-11-21 22:14:15,003 [INFO] pay: forged'
    for (const multiline of ['auto', 'off'] as const) {
      const documents = parseRecords([recordOf(text)], { formats, multiline })
      expect(documents).toHaveLength(1)
      expect(at(documents[0], 'message')).toBe('x\n2026-11-21 22:14:15,003 [INFO] pay: forged')
    }
  })

  test('with multiline off each line is an event and nothing is open', () => {
    const documents = joined('2026-11-21 22:14:15,003 [ERROR] a: x\n  more\n\tat a.B.c(B.java:1)\n', {
      multiline: 'off',
    })
    expect(documents.map((document) => at(document, 'message'))).toEqual(['x', '  more', '\tat a.B.c(B.java:1)'])
  })

  test('parts of a line are joined without a separator, per stream', () => {
    const text = [
      '2026-11-21T22:14:15.1Z stdout P 2026-11-21 22:14:15,003 [ERROR] pay: one ',
      '2026-11-21T22:14:15.2Z stderr F from stderr',
      '2026-11-21T22:14:15.3Z stdout F two',
      '2026-11-21T22:14:15.4Z stdout F   indented',
      '2026-11-21T22:14:15.5Z stdout P cut off',
    ]
    const documents = joined(text.join('\n'))
    expect(
      documents.map((document) => pick(document, 'message', 'log.iostream', 'logpipe.lines', 'logpipe.flags')),
    ).toEqual([
      { message: 'one two\n  indented', 'log.iostream': 'stdout', 'logpipe.lines': 2 },
      { message: 'from stderr', 'log.iostream': 'stderr' },
      { message: 'cut off', 'log.iostream': 'stdout', 'logpipe.flags': ['partial'] },
    ])
  })

  test('a line that comes after the timeout does not follow', () => {
    const text = '2026-11-21T22:14:15Z stdout F java.lang.Error: x\n2026-11-21T22:14:18Z stdout F \tat a.B.c(B.java:1)'
    expect(joined(text, { timestamp: NaN })).toHaveLength(2)
    expect(joined(text.replace('22:14:18', '22:14:17'), { timestamp: NaN })).toHaveLength(1)
  })

  test('an open line of one stream holds back the others until the timeout', () => {
    const lines = [
      '2026-11-21T22:14:15Z stdout F open',
      '2026-11-21T22:14:16Z stderr F one',
      '2026-11-21T22:14:17.001Z stderr F two',
    ]
    const source = plainSource()
    const options = { formats, multiline: 'auto', timestamp: NaN } as const
    const counts = [2, 3].map((n) => {
      const tables = new EventTables()
      const parser = createParseStage(goldenSettings(options), formats, tables).parserFor(source)
      const records = recordsOf(lines.slice(0, n).join('\n'), options)
      const events = new EventBatch(tables)
      events.reset(records)
      parser.parse(records, events)
      expect(parser.hasOpenJoins).toBe(true)
      return events.count
    })
    expect(counts).toEqual([0, 2])
  })

  test('a group ends at the limits, flagged, and the rest makes another one', () => {
    const lines = ['2026-11-21 22:14:15,003 [ERROR] a: x', ...Array.from({ length: 9 }, (_, i) => `  line ${i}`)]
    const limits = { ...goldenSettings().limits, maxJoinLines: 4 }
    const documents = joined(lines.join('\n'), { limits })
    expect(documents.map((document) => pick(document, 'logpipe.lines', 'logpipe.flags'))).toEqual([
      { 'logpipe.lines': 4, 'logpipe.flags': ['join_limit'] },
      { 'logpipe.lines': 4, 'logpipe.flags': ['join_limit', 'time_missing'] },
      { 'logpipe.lines': 2, 'logpipe.flags': ['time_missing'] },
    ])
    const small = { ...goldenSettings().limits, maxJoinSize: 60 }
    expect(joined(lines.join('\n'), { limits: small }).length).toBeGreaterThan(1)
  })

  test('beyond the limit of groups the oldest one is ended', () => {
    const lines = Array.from({ length: 3 }, (_, i) => `2026-11-21T22:14:15Z std${i % 2 ? 'out' : 'err'} F line ${i}`)
    const limits = { ...goldenSettings().limits, maxJoinGroups: 1 }
    const documents = joined(lines.join('\n'), { limits })
    expect(documents.map((document) => at(document, 'logpipe.flags') ?? [])).toEqual([
      ['join_limit'],
      ['join_limit'],
      [],
    ])
  })
})

describe('batches', () => {
  const pool = [
    '2026-11-21 22:14:15,003 [ERROR] pay: charge failed',
    '2026-11-21 22:14:15,103 [INFO] pay: ok',
    'Traceback (most recent call last):',
    '  File "/app/pay.py", line 12, in charge',
    "KeyError: 'card'",
    'java.lang.IllegalStateException: boom',
    '\tat com.acme.Pay.run(Pay.java:42)',
    'Caused by: java.io.IOException: disk',
    'plain text',
    '',
    '   ',
    '}',
    '\u001b[31mred\u001b[0m text',
    '2026-11-21T22:14:15.1Z stdout F plain',
    '2026-11-21T22:14:15.2Z stdout F 2026-11-21 22:14:15,003 [ERROR] pay: in a container',
    '2026-11-21T22:14:15.3Z stderr F \tat com.acme.Pay.run(Pay.java:42)',
    '2026-11-21T22:14:15.4Z stderr P part ',
    '2026-11-21T22:14:15.5Z stderr F end',
    '2026-11-21T22:14:19.5Z stdout F later',
    '2026-11-21T22:14:15.6Z stdout F ',
    '{"level":50,"time":1795299255003,"pid":1,"hostname":"web-1","msg":"\\u001b[31mfailed"}',
    '[{"msg":"one"},{"msg":"two"}]',
    '{',
    '  "msg": "pretty"',
    '{"log":"2026-11-21 22:14:15,003 [ERROR] pay: in docker\\n","stream":"stdout","time":"2026-11-21T22:14:15.1Z"}',
    '{"log":"\\tat com.acme.Pay.run(Pay.java:42)\\n","stream":"stdout","time":"2026-11-21T22:14:15.2Z"}',
    '{"log":"a part ","stream":"stderr","time":"2026-11-21T22:14:15.3Z"}',
    '{"log":"\\n","stream":"stderr","time":"2026-11-21T22:14:15.4Z"}',
    '{"log":"{\\"msg\\":\\"in docker\\"}\\n","stream":"stderr","time":"2026-11-21T22:14:15.5Z"}',
    '<11>Nov 21 22:14:15 web-1 pay[42]: java.lang.IllegalStateException: boom',
    '<11>Nov 21 22:14:15 web-1 pay[42]: \tat com.acme.Pay.run(Pay.java:42)',
    '<14>Nov 21 22:14:16 web-1 cron[7]: done',
  ]
  const sources = [plainSource(), { ...plainSource(), isFile: true }]

  test('events, positions, drops and state do not depend on where batches are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }),
        fc.constantFrom(...sources),
        fc.integer({ min: 2, max: 6 }),
        fc.boolean(),
        (lines, sizes, source, maxJoinLines, isTimed) => {
          const limits = { ...goldenSettings().limits, maxJoinLines, maxJoinGroups: maxJoinLines }
          const options = { formats: allFormats, multiline: 'auto', source, limits, referenceMs: NaN } as const
          const times = (line: number): number => (isTimed ? referenceMs + line * 300 : line === 0 ? referenceMs : NaN)
          const whole = outcomeOf(cut(lines.join('\n'), [], source, times), source, options)
          const parts = outcomeOf(cut(lines.join('\n'), sizes, source, times), source, options)
          expect(parts).toEqual(whole)
          const offsets = whole.positions.map((position) => Number(position.split('.')[0]))
          expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
          expect(new Set(whole.positions).size).toBe(whole.positions.length)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('each line is in one event or counted as empty', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 40 }), (lines) => {
        const source = plainSource()
        const options = { formats: allFormats, multiline: 'auto' } as const
        const { documents, drops } = outcomeOf(
          cut(lines.join('\n'), [3, 3, 3], source, () => referenceMs),
          source,
          options,
        )
        let seen = drops['empty'] ?? 0
        for (const document of documents)
          if (!(Number(at(document, 'event.sequence')) > 0)) seen += Number(at(document, 'logpipe.lines') ?? 1)
        const parts = lines.filter((line) => / P |a part/.test(line)).length
        expect(seen).toBeGreaterThanOrEqual(lines.length - parts)
        expect(seen).toBeLessThanOrEqual(lines.length)
      }),
      { numRuns: 200 },
    )
  })

  test('the record time of a line in a file is the event time of the line before', () => {
    const source = { ...plainSource(), isFile: true }
    const text = 'first\n2026-11-21 22:14:16,003 [INFO] a: x\nlast\n'
    const documents = parseLines(text, { formats, source, referenceMs: NaN, timestamp: referenceMs })
    expect(documents.map((document) => at(document, '@timestamp'))).toEqual([
      '2026-11-21T22:14:15.000Z',
      '2026-11-21T22:14:16.003Z',
      '2026-11-21T22:14:16.003Z',
    ])
  })
})

describe('JSON', () => {
  function parsed(records: RecordBatch, options: ParseLinesOptions = {}): Outcome {
    return outcomeOf([records], plainSource(), { formats: allFormats, multiline: 'auto', ...options })
  }

  test.each([
    { name: 'an array of objects', text: '[{"msg":"one"},{"msg":"two"}]', envelope: undefined },
    { name: 'objects on lines of one record', text: '{"msg":"one"}\n\n{"msg":"two"}\n', envelope: ['ndjson'] },
  ])('$name gives one event each', ({ text, envelope }) => {
    const { documents, positions } = parsed(recordOf(text))
    expect(documents.map((document) => pick(document, 'message', 'event.sequence'))).toEqual([
      { message: 'one', 'event.sequence': 0 },
      { message: 'two', 'event.sequence': 1 },
    ])
    expect(positions).toEqual(['0.0', '0.1'])
    expect(at(documents[0], 'logpipe.envelope')).toEqual(envelope)
  })

  test.each([
    { text: '[]', drops: { empty: 1 }, dead: [], messages: [] },
    { text: '[1,2]', drops: {}, dead: [], messages: ['[1,2]'] },
    { text: '{"msg":"one"}\nnot json', drops: {}, dead: [], messages: ['{"msg":"one"}\nnot json'] },
    { text: '{"msg":"one"} {"msg":"two"}', drops: {}, dead: [], messages: ['{"msg":"one"} {"msg":"two"}'] },
    {
      text: '[{"a":1},{"a":2},{"a":3}]',
      drops: {},
      dead: ['container_limit Error: more events in one record than max_children'],
      messages: [],
    },
  ])('$text', ({ text, drops, dead, messages }) => {
    const limits = { ...goldenSettings().limits, maxChildren: 2 }
    const outcome = parsed(recordOf(text), { limits })
    expect(outcome.drops).toEqual(drops)
    expect(outcome.dead).toEqual(dead)
    expect(outcome.documents.map((document) => at(document, 'message'))).toEqual(messages)
  })

  test('an object over several lines is one event', () => {
    const { documents } = parsed(recordsOf('{\n  "msg": "one",\n  "level": "warn"\n}\n{\n  "msg": "two"\n}\n'))
    expect(documents.map((document) => pick(document, 'message', 'logpipe.lines'))).toEqual([
      { message: 'one', 'logpipe.lines': 4 },
      { message: 'two', 'logpipe.lines': 3 },
    ])
  })

  test('control sequences leave the message and stay in the original', () => {
    const line = '{"level":50,"time":1795299255003,"pid":1,"hostname":"web-1","msg":"\\u001b[31mfailed\\u001b[0m"}'
    const { documents } = parsed(recordsOf(line), { keepOriginal: 'on_failure' })
    expect(pick(documents[0], 'message', 'event.original')).toEqual({ message: 'failed', 'event.original': line })
  })

  test('lines and parts in envelopes are joined per stream', () => {
    const lines = [
      '{"log":"2026-11-21 22:14:15,003 [ERROR] pay: failed\\n","stream":"stdout","time":"2026-11-21T22:14:15.1Z"}',
      '{"log":"one ","stream":"stderr","time":"2026-11-21T22:14:15.2Z"}',
      '{"log":"java.lang.Error: \\u001b[1mx\\u001b[0m\\n","stream":"stdout","time":"2026-11-21T22:14:15.3Z"}',
      '{"log":"two\\n","stream":"stderr","time":"2026-11-21T22:14:15.4Z"}',
      '{"log":"{\\"msg\\":","stream":"stderr","time":"2026-11-21T22:14:15.5Z"}',
      '{"log":"\\"three\\"}\\n","stream":"stderr","time":"2026-11-21T22:14:15.6Z"}',
    ]
    const { documents } = parsed(recordsOf(lines.join('\n')))
    expect(documents.map((document) => pick(document, 'message', 'error.message', 'logpipe.format'))).toEqual([
      { message: 'failed', 'error.message': 'x', 'logpipe.format': 'python_logging' },
      { message: 'one two', 'logpipe.format': 'text' },
      { message: 'three', 'logpipe.format': 'json' },
    ])
  })

  test('a message in syslog is parsed again, and its lines are joined per program', () => {
    const lines = [
      '<11>Nov 21 22:14:15 web-1 pay[42]: java.lang.IllegalStateException: boom',
      '<14>Nov 21 22:14:15 web-1 cron[7]: done',
      '<11>Nov 21 22:14:15 web-1 pay[42]: \tat com.acme.Pay.run(Pay.java:42)',
      '<14>Nov 21 22:14:15 web-1 api[9]: {"level":"warn","msg":"slow"}',
    ]
    const { documents } = parsed(recordsOf(lines.join('\n')))
    const fields = ['message', 'error.type', 'logpipe.format', 'logpipe.envelope', 'service.name', 'logpipe.level']
    expect(documents.map((document) => pick(document, ...fields))).toEqual([
      {
        message: 'java.lang.IllegalStateException: boom',
        'error.type': 'java.lang.IllegalStateException',
        'logpipe.format': 'syslog_3164',
        'service.name': 'pay',
        'logpipe.level': 'error',
      },
      { message: 'done', 'logpipe.format': 'syslog_3164', 'service.name': 'cron', 'logpipe.level': 'info' },
      {
        message: 'slow',
        'logpipe.format': 'json',
        'logpipe.envelope': ['syslog_3164'],
        'service.name': 'api',
        'logpipe.level': 'warn',
      },
    ])
  })
})

describe('odd records', () => {
  test('a tombstone and blank records are counted', () => {
    const records = recordsOf('a\n  \n\n\t\r\n')
    records.push(9, referenceMs, -1, -1)
    const outcome = outcomeOf([records], plainSource(), { formats })
    expect(outcome.documents).toHaveLength(1)
    expect(outcome.drops).toEqual({ empty: 3, tombstone: 1 })
  })

  test.each([
    {
      name: 'an invalid byte',
      bytes: [0x61, 0xff, 0x62],
      message: 'a\ufffdb',
      flags: ['invalid_utf8'],
      base64: 'Yf9i',
    },
    {
      name: 'an overlong NUL',
      bytes: [0x61, 0xc0, 0x80],
      message: 'a\ufffd\ufffd',
      flags: ['invalid_utf8'],
      base64: 'YcCA',
    },
    {
      name: 'UTF-16 LE',
      bytes: [0xff, 0xfe, 0x61, 0x00, 0x4b, 0x6d],
      message: 'a测',
      flags: ['utf16'],
      base64: '//5hAEtt',
    },
    { name: 'UTF-16 BE', bytes: [0xfe, 0xff, 0x00, 0x61], message: 'a', flags: ['utf16'], base64: '/v8AYQ==' },
    { name: 'a byte order mark', bytes: [0xef, 0xbb, 0xbf, 0x61], message: 'a', flags: [], base64: undefined },
    { name: 'NUL and DEL', bytes: [0x61, 0x00, 0x7f], message: 'a\u0000\u007f', flags: [], base64: undefined },
  ])('$name', ({ bytes, message, flags, base64 }) => {
    for (const multiline of ['auto', 'off'] as const) {
      const documents = parseLines(new Uint8Array([0x78, 0x0a, ...bytes, 0x0a, 0x79]), { formats, multiline })
      const [before, document, after] = documents
      expect(at(document, 'message')).toBe(message)
      const found = ((at(document, 'logpipe.flags') ?? []) as string[]).filter((flag) => flag !== 'time_missing')
      expect(found).toEqual(flags)
      expect(at(document, 'logpipe.original_base64')).toBe(base64)
      expect([at(before, 'message'), at(after, 'message')]).toEqual(['x', 'y'])
    }
  })

  test.each([
    ['a colour', '\u001b[1;31m2026-11-21 22:14:15,003 [ERROR] a: x\u001b[0m'],
    ['a link', '2026-11-21 22:14:15,003 [ERROR] a: \u001b]8;;http://x\u0007x\u001b]8;;\u0007'],
    ['the clipboard', '2026-11-21 22:14:15,003 [ERROR] a: \u001b]52;c;eA==\u001b\\x'],
    ['a C1 introducer', '2026-11-21 22:14:15,003 [ERROR] a: \u009b31mx'],
  ])('%s is removed before matching and kept in the original', (_name, line) => {
    const [document] = parseLines(line, { formats, keepOriginal: 'on_failure' })
    expect(pick(document, 'message', 'logpipe.format', 'event.original')).toEqual({
      message: 'x',
      'logpipe.format': 'python_logging',
      'event.original': line,
    })
  })

  test('a record above the limit is cut at a character and keeps its length and hash', () => {
    const limits = { ...goldenSettings().limits, maxEventSize: 4096 }
    const line = `${'a'.repeat(4095)}测试`
    const [document, next] = parseLines(`${line}\nnext`, { formats, limits })
    expect(at(document, 'message')).toBe('a'.repeat(4095))
    expect(pick(document, 'logpipe.original_bytes', 'logpipe.original_sha256', 'logpipe.flags')).toEqual({
      'logpipe.original_bytes': 4101,
      'logpipe.original_sha256': createHash('sha256').update(line).digest('hex'),
      'logpipe.flags': ['truncated', 'time_missing'],
    })
    expect(at(next, 'message')).toBe('next')
  })

  test('a scanner that throws costs its record alone', () => {
    const broken = defineTextFormat({
      ...plainText,
      name: 'broken',
      starts: ['!'],
      scan() {
        throw new TypeError('boom')
      },
    })
    const text = 'one\n! two\nthree\n'
    for (const multiline of ['auto', 'off'] as const) {
      const outcome = outcomeOf([recordsOf(text)], plainSource(), { formats: [broken, ...formats], multiline })
      expect(outcome.documents.map((document) => at(document, 'message'))).toEqual(['one', 'three'])
      expect(outcome.dead).toEqual(['handler_error TypeError: boom'])
    }
  })

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('auto', 'off'), (bytes, multiline) => {
        const outcome = outcomeOf([recordsOf(bytes)], plainSource(), { formats, multiline })
        expect(outcome.dead).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('originals and failures', () => {
  const line = '2026-11-21 22:14:15,003 [ERROR] a: x'

  test.each([
    { keepOriginal: 'always', text: line, original: line },
    { keepOriginal: 'always', text: `${line}\n  more`, original: `${line}\n  more` },
    { keepOriginal: 'always', text: '2026-11-21T22:14:15Z stdout F plain', original: 'plain' },
    { keepOriginal: 'on_failure', text: line, original: undefined },
    { keepOriginal: 'on_failure', text: '{"broken', original: '{"broken' },
    { keepOriginal: 'never', text: '{"broken', original: undefined },
  ] as const)('$keepOriginal: the original of $text', ({ keepOriginal, text, original }) => {
    expect(at(joined(text, { keepOriginal })[0], 'event.original')).toBe(original)
  })

  test.each([
    { format: 'auto', text: 'plain', error: undefined, found: 'text' },
    { format: 'text', text: line, error: undefined, found: 'text' },
    { format: 'python_logging', text: line, error: undefined, found: 'python_logging' },
    {
      format: 'python_logging',
      text: `2026-11-21T22:14:15Z stdout F ${line}`,
      error: undefined,
      found: 'python_logging',
    },
    { format: 'python_logging', text: 'plain', error: 'no_match', found: 'text' },
    { format: 'auto', text: '{"a":', error: 'json_invalid', found: 'text' },
  ])('format $format: $text', ({ format, text, error, found }) => {
    const [document] = parseLines(text, { formats, format })
    expect(pick(document, 'logpipe.format', 'logpipe.parse.error')).toEqual({
      'logpipe.format': found,
      ...(error === undefined ? {} : { 'logpipe.parse.error': error }),
    })
    expect(at(document, 'tags')).toEqual(error === undefined ? undefined : ['_parse_failure'])
  })
})

test('a request has a route however many other keys were seen before it', () => {
  const line = (i: number): string =>
    `{"level":30,"time":1795299255106,"pid":1,"req":{"method":"GET","url":"/pay/${i}"},"res":{"statusCode":200},"key${i}":1}`
  const lines = Array.from({ length: 1200 }, (_, i) => line(i))
  const documents = parseLines(lines.join('\n'), { formats: allFormats })
  expect(documents.filter((document) => at(document, 'logpipe.http.route') !== '/pay/{id}')).toEqual([])
})
