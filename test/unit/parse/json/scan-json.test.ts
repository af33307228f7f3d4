import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { valueAt, type Json } from '../../../../src/core/event-batch.ts'
import { jsonOutcome } from '../../../../src/parse/json-scan.ts'
import { formats } from '../../../../src/registry.ts'
import { JsonBench, type ScannedJson } from '../../../support/json-scan.ts'
import { parseLines } from '../../../support/parse.ts'

const examples = formats.filter((format) => format.shape === 'json').map((format) => format.example)

/** Parts of a text separated by blanks. */
function oneOf(...texts: string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...texts.join(' ').split(' '))
}

/** Keys as JSON writes them. */
const realKeys = oneOf(
  'level time pid hostname msg message err req res responseTime @timestamp log stream kubernetes service.name http',
  'status method path duration duration_ms stack error trace_id traceparent user ip levelname asctime exc_info',
  'ecs.version tags labels host event.duration log.level source.ip url.original fields logger @metadata',
).map((key) => JSON.stringify(key))
const hostileKeys = fc.oneof(
  oneOf(
    String.raw`"" "." ".." "a." ".a" "a..b" "a.b" "a" "_" "__proto__" "constructor" "toString" "toJSON" "then" "_id"`,
    String.raw`"data_stream.type" "logpipe.level" "k\u0000" "k\"q" "k\\" "\u0061" "键" "attributes" "overflow"`,
  ),
  fc.constantFrom('" "', `"${'x'.repeat(300)}"`),
)
const realValues = fc.oneof(
  oneOf(
    '30 50 200 500 999 8710 -12 1795299255003 1795299255.003121 0 -0 1.50 1e3 1e400 1E-400 9007199254740993 true null',
    String.raw`"error" "WARNING" "I" "shout" "-" "(null)" "" "P" "GET" "/pay?id=7" "https://a.example:81/x#y" "lunch"`,
    String.raw`"2026-11-21T22:14:15.003Z" "10.0.0.9:51514" "::ffff:1.2.3.4" "999.1.1.1" "1.2s" "12ms" "a\nb" "\"hi\""`,
    String.raw`"4bf92f3577b34da6a3ce929d0e0e4736" "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" "😀"`,
    String.raw`"\u001b[32minfo\u001b[39m" "\u0041\/" "\ud83d" "\ud83d\ude00" [] {} [1,null,"a"] [[1,[2]]] [{"a":null}]`,
  ),
  fc.constantFrom(
    '"2026-11-21 22:14:15,003"',
    '"200 OK"',
    '9'.repeat(70),
    String.raw`"TypeError: x is not a function\n    at pay (/srv/pay.js:12:7)\n    at node:internal/main:1:2"`,
  ),
)

/** JSON texts of objects as they may come: doubled keys, escapes, numbers of all kinds, null, nesting, white space. */
const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: realValues, weight: 5 },
    fc.string({ maxLength: 8, unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof({ arbitrary: realKeys, weight: 4 }, hostileKeys), tie('value')), { maxLength: 7 })
    .map((entries) => `{${entries.map(([key, value]) => `${key}: ${value}`).join(',')}}`),
}))

function parts({ outcome, document, payload, isPartial }: ScannedJson): unknown {
  return { outcome, document, payload, isPartial }
}

describe('the byte path and the object path', () => {
  const bytes = new JsonBench(false)
  const objects = new JsonBench(true)

  test('give equal events for random objects', () => {
    let odd = 0
    let runs = 0
    fc.assert(
      fc.property(object, (text) => {
        const byBytes = bytes.scan(text)
        const byObjects = objects.scan(text)
        runs++
        if (byBytes.isOdd) odd++
        expect(byObjects.isOdd).toBe(true)
        expect(parts(byBytes), text).toEqual(parts(byObjects))
      }),
      { numRuns: 4000, seed: 20261125 },
    )
    // The comparison means something only where the byte path did the work.
    expect(odd).toBeLessThan(runs * 0.8)
  })

  test('give equal events for realistic lines of which one part has changed', () => {
    const change = fc.tuple(
      fc.constantFrom(...examples),
      fc.nat(),
      object.filter((text) => text !== '{}'),
    )
    fc.assert(
      fc.property(change, ([line, n, extra]) => {
        const value = /:(.*)}$/s.exec(extra)![1]!
        const values = [...line.matchAll(/(?<=":\s?)(?:"(?:[^"\\]|\\.)*"|-?[\d.]+)/g)]
        const chosen = values[n % values.length]!
        const changed = line.slice(0, chosen.index) + value + line.slice(chosen.index + chosen[0].length)
        expect(parts(bytes.scan(changed)), changed).toEqual(parts(objects.scan(changed)))
      }),
      { numRuns: 2000, seed: 20261125 },
    )
  })

  test('plain lines of all formats take the byte path', () => {
    for (const line of examples) expect(bytes.scan(line).isOdd, line).toBe(false)
  })
})

/** Values at dotted names; an absent one is undefined. */
type Expected = Readonly<Record<string, Json | undefined>>

const deep = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`
const many = (count: number): string => Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join(',')

const rows: readonly (readonly [id: string, line: string, expected: Expected])[] = [
  [
    'J1 depth 33',
    `{"message":"m","a":${deep(32)}}`,
    { 'attributes.a': JSON.parse(deep(31).replace('1', '"[1]"')) as Json, 'logpipe.flags': ['too_deep'] },
  ],
  [
    'J1 depth 32',
    `{"message":"m","a":${deep(31)}}`,
    { 'attributes.a': JSON.parse(deep(31)) as Json, 'logpipe.flags': undefined },
  ],
  ['J1 depth 6,000', `{"a":${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}}`, { 'logpipe.flags': ['too_deep'] }],
  [
    'J2 300 keys',
    `{"message":"m",${many(300)}}`,
    { 'attributes.k253': 253, 'attributes.k254': undefined, 'logpipe.flags': ['field_overflow'] },
  ],
  [
    'J2 1,200 items',
    `{"message":"m","a":[${'1,'.repeat(1199)}1]}`,
    { 'attributes.a': Array(1000).fill(1) as Json, 'attributes.overflow': 'a: 200 more items' },
  ],
  ['J2 mixed', '{"message":"m","a":[1,"b",[true,{"c":null,"d":2}]]}', { 'attributes.a': [1, 'b', [true, { d: 2 }]] }],
  ['J3 doubled', '{"message":"m","a":1,"a":2}', { 'attributes.a': 2, 'logpipe.flags': ['dup_key'] }],
  [
    'J3 after unescaping',
    '{"message":"m","a":1,"\\u0061":{"b":2}}',
    { 'attributes.a': { b: 2 }, 'logpipe.flags': ['dup_key'] },
  ],
  [
    'J3 doubled object',
    '{"message":"m","a":{"b":1},"a":{"c":2}}',
    { 'attributes.a': { c: 2 }, 'logpipe.flags': ['dup_key'] },
  ],
  [
    'J4 hasOwnProperty',
    '{"message":"m","toString":1,"hasOwnProperty":2,"toJSON":4}',
    { attributes: { toString: 1, hasOwnProperty: 2, toJSON: 4 } },
  ],
  ['J4 constructor', '{"message":"m","constructor.prototype":1}', { 'attributes.constructor.prototype': 1 }],
  [
    'N1 integer',
    '{"message":"m","n":9007199254740993}',
    { 'attributes.n': '9007199254740993', 'logpipe.flags': ['big_number'] },
  ],
  ['N1 overflow', '{"message":"m","n":1e400}', { 'attributes.n': '1e400', 'logpipe.flags': ['big_number'] }],
  [
    'N1 digits',
    `{"message":"m","n":${'7'.repeat(4096)}}`,
    { 'attributes.n': '7'.repeat(4096), 'logpipe.flags': ['big_number'] },
  ],
  ['N2 minus zero', '{"message":"m","n":-0}', { 'attributes.n': 0, 'logpipe.flags': undefined }],
  ['N2 underflow', '{"message":"m","n":1E-400}', { 'attributes.n': '1E-400', 'logpipe.flags': ['big_number'] }],
  ['N3 200 OK', '{"method":"GET","status":"200 OK"}', { 'http.response.status_code': 200, 'event.outcome': 'success' }],
  ...[999, 99, -1, '5xx', true].map((status): (typeof rows)[number] => [
    `N3 ${status}`,
    JSON.stringify({ method: 'GET', path: '/x', status }),
    { 'attributes.status': status, 'http.response.status_code': undefined, 'logpipe.flags': ['value_invalid'] },
  ]),
  ['N3 empty', '{"method":"GET","path":"/x","status":""}', { attributes: undefined, 'logpipe.flags': undefined }],
  ...(
    [
      ['1.2s', 1_200_000_000],
      ['1200ms', 1_200_000_000],
      ['PT1.2S', 1_200_000_000],
      ['1h2m', 3_720_000_000_000],
      [1e9, 1e15],
    ] as const
  ).map(([text, ns]): (typeof rows)[number] => [
    `N4 ${text}`,
    JSON.stringify({ message: 'm', duration_ms: text }),
    { 'event.duration': ns },
  ]),
  ...['1,234', 'NaN', -1, '5 lightyears'].map((text): (typeof rows)[number] => [
    `N4 ${text}`,
    JSON.stringify({ message: 'm', duration_ms: text }),
    { 'event.duration': undefined, 'attributes.duration_ms': text, 'logpipe.flags': ['value_invalid'] },
  ]),
  ['N4 absence', '{"message":"m","duration_ms":"-"}', { attributes: undefined, 'event.duration': undefined }],
  ['N5 WARN', '{"message":"m","lvl":"WARN"}', { 'log.level': 'warn', 'logpipe.level': 'warn' }],
  ['N5 4', '{"message":"m","lvl":"4"}', { 'log.level': undefined, 'logpipe.level': undefined, 'attributes.lvl': '4' }],
  ['N5 30', '{"message":"m","lvl":30}', { 'log.level': undefined, 'logpipe.level': undefined, 'attributes.lvl': 30 }],
  ['N5 E', '{"message":"m","lvl":"E"}', { 'log.level': 'error', 'logpipe.level': 'error' }],
  ['N5 错误', '{"message":"m","lvl":"错误"}', { 'log.level': '错误', 'logpipe.level': 'error' }],
  [
    'N5 9 kB',
    `{"message":"m","lvl":"${'x'.repeat(9000)}"}`,
    { 'logpipe.level': undefined, 'attributes.lvl': 'x'.repeat(9000) },
  ],
  ['N5 null', '{"message":"m","lvl":null}', { 'logpipe.level': undefined, attributes: undefined }],
  ['N5 object', '{"message":"m","lvl":{"no":3}}', { 'logpipe.level': undefined, 'attributes.lvl.no': 3 }],
  ['N6 port', '{"message":"m","source.port":99999}', { 'source.port': undefined, 'attributes.source.port': 99999 }],
  ['N6 pid', '{"message":"m","pid":-1}', { 'process.pid': undefined, 'attributes.pid': -1 }],
  ['N6 bytes', '{"message":"m","http.response.body.bytes":1e20}', { 'attributes.http.response.body.bytes': 1e20 }],
  ['N6 ip', '{"message":"m","source.ip":"999.1.1.1"}', { 'source.ip': undefined, 'attributes.source.ip': '999.1.1.1' }],
  ['N6 mapped', '{"message":"m","source.ip":"::ffff:1.2.3.4"}', { 'source.ip': '1.2.3.4' }],
  ['N6 zone', '{"message":"m","source.ip":"fe80::1%eth0"}', { 'source.ip': 'fe80::1' }],
  ['T1 lunch', '{"message":"m","time":"lunch"}', { 'attributes.time': 'lunch', 'logpipe.flags': ['time_missing'] }],
  [
    'T1 next',
    '{"message":"m","time":"lunch","ts":1795299255}',
    { '@timestamp': '2026-11-21T22:14:15.000Z', 'attributes.time': 'lunch' },
  ],
  ['T2 float', '{"message":"m","ts":1795299255.003121}', { '@timestamp': '2026-11-21T22:14:15.003121Z' }],
  ['T2 text', '{"message":"m","ts":"1795299255003"}', { '@timestamp': '2026-11-21T22:14:15.003Z' }],
  ['T2 negative', '{"message":"m","ts":-5}', { 'attributes.ts': -5, 'logpipe.flags': ['time_missing'] }],
  ['E5 NUL in a key', '{"message":"m","a\\u0000b":1}', { 'attributes.a_b': 1, 'logpipe.flags': ['key_renamed'] }],
  ['E5 controls', '{"message":"a\\u0000b\\u0085c"}', { message: 'a\u0000b\u0085c', 'logpipe.flags': undefined }],
  [
    'E6 colour',
    '{"level":"\\u001b[32minfo\\u001b[39m","message":"\\u001b[1mup\\u001b[0m"}',
    { 'log.level': 'info', message: 'up' },
  ],
  ['E7 lone surrogate', '{"message":"a\\ud83db"}', { message: 'a\ufffdb' }],
  [
    'M1 long',
    `{"message":"m","${'k'.repeat(300)}":1}`,
    { [`attributes.${'k'.repeat(240)}_17b16d8e`]: 1, 'logpipe.flags': ['key_renamed'] },
  ],
  [
    'M1 empty',
    '{"message":"m","":1,"_":2}',
    { 'attributes._': 2, 'attributes.__2': 1, 'logpipe.flags': ['key_renamed'] },
  ],
  [
    'M1 dots',
    '{"message":"m",".":1,"..":2,"a.":3,".b":4,"c..d":5," ":6}',
    { attributes: { _: { value: 1, b: 4 }, __: 2, a: { _: 3 }, c: { _: { d: 5 } }, __2: 6 } },
  ],
  [
    'M2 metadata',
    '{"message":"m","_id":"x","data_stream.type":"logs"}',
    { attributes: { _id: 'x', data_stream: { type: 'logs' } } },
  ],
  [
    'M2 own fields',
    '{"message":"m","logpipe.level":"fatal"}',
    { 'logpipe.level': undefined, 'attributes.logpipe.level': 'fatal' },
  ],
  [
    'M2 two times',
    '{"message":"m","@timestamp":"2026-11-21T01:00:00Z","@timestamp":"2026-11-21T02:00:00Z"}',
    { '@timestamp': '2026-11-21T02:00:00.000Z', 'logpipe.flags': ['dup_key'] },
  ],
  ['M3 dotted and nested', '{"message":"m","a.b":1,"a":{"c":2}}', { 'attributes.a': { b: 1, c: 2 } }],
  ['M3 scalar', '{"message":"m","a":1,"a.b":2}', { 'attributes.a': { value: 1, b: 2 } }],
  ['M3 object', '{"message":"m","http.response.status_code":{"x":1}}', { 'attributes.http.response.status_code.x': 1 }],
  ['M4 absence', '{"message":"m","a":null,"b":"","c":"-","d":"(null)","e":{},"f":[]}', { attributes: undefined }],
]

describe.each([
  ['by bytes', new JsonBench(false)],
  ['by objects', new JsonBench(true)],
])('%s', (_, bench) => {
  test.each(rows)('%s', (_id, line, expected) => {
    const { document, outcome } = bench.scan(timed(line))
    expect(outcome).toBe(jsonOutcome.accepted)
    for (const [name, value] of Object.entries(expected)) expect(valueOf(document, name), name).toEqual(value)
  })
})

/** Lines that are not about time have one. */
function timed(line: string): string {
  return /"(?:@timestamp|time|ts)"/.test(line) ? line : `{"ts":1795299255003,${line.slice(1)}`
}

/** `valueAt` looks up prototypes of plain objects, too. */
function valueOf(document: object, name: string): Json | undefined {
  return valueAt(JSON.parse(JSON.stringify(document), (_, value: Json) => value) as never, name)
}

test('a value that is nested too deep stays in its place as raw text of at most 4 KiB', () => {
  const { document } = new JsonBench(false).scan(`{"a":${deep(5000)}}`)
  const text = JSON.stringify(document['attributes'])
  expect(text.length).toBeLessThan(4500)
  expect(text).toContain('[[[[[[[[')
})

test('J4: __proto__ is plain data, and prototypes stay as they are', () => {
  const before = Reflect.ownKeys(Object.prototype)
  const { document } = new JsonBench(false).scan(
    '{"message":"m","__proto__":{"polluted":1},"constructor":{"prototype":{"p":1}}}',
  )
  expect(JSON.stringify(document)).toContain('"__proto__":{"polluted":1}')
  expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('M4: a key that is new in every event goes to attributes, also when the table of names is full', () => {
  const bench = new JsonBench(false)
  for (let i = 0; i < 3000; i++) {
    const { document } = bench.scan(`{"message":"m","key_${i}":${i},"deep":{"key_${i}":"v"}}`)
    expect(document['attributes']).toEqual({ [`key_${i}`]: i, deep: { [`key_${i}`]: 'v' } })
  }
  // Names that are first seen after that have their own places as before.
  const line =
    '{"message":"m","labels":{"n":3},"container.cpu.usage":"0.5","file.created":"2026-11-21T22:14:15Z","client.nat.ip":"10.0.0.9"}'
  const { document } = bench.scan(line)
  expect(document).toEqual(new JsonBench(false).scan(line).document)
  expect(document).toMatchObject({ labels: { n: '3' }, file: { created: '2026-11-21T22:14:15.000Z' } })
})

test.each([
  ['J5 NaN', '{"a":NaN}'],
  ['J5 undefined', '{"a":undefined}'],
  ['J5 single quotes', "{'a':1}"],
  ['J5 trailing comma', '{"a":1,}'],
  ['J5 comment', '{"a":1/* */}'],
  ['J5 raw control', '{"a":"\u0001"}'],
  ['J5 two objects', '{"a":1}{"b":2}'],
  ['J9 open at 64 KiB', `{"a":"${'x'.repeat(65_536)}`],
  ['J9 one open quote', '{"a":1,"'],
  ['J9 backslashes', `{"a":"${'\\'.repeat(100_000)}`],
  ['J9 brackets', '['.repeat(1_000_000)],
  ['N2 hex', '{"a":0x10}'],
  ['N2 underscore', '{"a":1_000}'],
  ['N2 leading zeros', '{"a":007}'],
])('%s is not JSON', (_id, line) => {
  expect(new JsonBench(false).scan(line).outcome).toBe(jsonOutcome.invalid)
})

test.each([
  ['[{"message":"a"},{"message":"b"}]', ['a', 'b']],
  ['[ {"message":"a"} , {"message":"b"} ]', ['a', 'b']],
  ['[]', []],
  ['[1,2]', ['[1,2]']],
  ['[{"message":"a"},2]', ['[{"message":"a"},2]']],
  ['"text"', ['"text"']],
])('J6: %s gives the messages %j', (line, messages) => {
  const documents = parseLines(line)
  expect(documents.map((document) => document['message'])).toEqual(messages)
  for (const document of documents) expect(valueAt(document, 'logpipe.parse.error')).toBeUndefined()
})

describe('the line inside an envelope', () => {
  const bench = new JsonBench(false)
  const docker = (log: string): string => JSON.stringify({ log, stream: 'stdout', time: '2026-11-21T22:14:15.003Z' })

  test.each([
    ['plain\n', 'plain', false],
    ['no line feed', 'no line feed', true],
    ['a\tb "c" \\ é 😀\n', 'a\tb "c" \\ é 😀', false],
    ['ends in \\n', 'ends in \\n', true],
    ['{"level":30,"msg":"x"}\n', '{"level":30,"msg":"x"}', false],
  ])('%j', (log, payload, isPartial) => {
    const scanned = bench.scan(docker(log))
    expect(scanned).toMatchObject({ outcome: jsonOutcome.envelope, payload, isPartial })
  })

  test('streams of one container have different keys, the same stream the same one', () => {
    const key = (pod: string, stream: string): number =>
      bench.scan(JSON.stringify({ '@timestamp': 1795299255.1, log: 'x', stream, kubernetes: { docker_id: pod } }))
        .streamKey
    expect(key('c1', 'stdout')).toBe(key('c1', 'stdout'))
    expect(new Set([key('c1', 'stdout'), key('c1', 'stderr'), key('c2', 'stdout'), 0]).size).toBe(4)
  })
})
