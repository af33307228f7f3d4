import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  parseSettings,
  parseStream,
  type ParseInput,
  type ParseTotals,
  type ParseWish,
} from '../../../src/app/parse.ts'
import { formatNamed, listFormats } from '../../../src/app/formats.ts'
import { referenceMs } from '../../support/parse.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/formats')
const wish: ParseWish = { format: 'auto', multiline: 'off', timezone: 'UTC', original: 'never' }

interface Parsed {
  readonly text: string
  readonly totals: ParseTotals
}

async function parsed(
  chunks: readonly Uint8Array[],
  options: { wish?: Partial<ParseWish>; time?: ParseInput['time']; signal?: AbortSignal; stream?: Readable } = {},
): Promise<Parsed> {
  let text = ''
  const stream = options.stream ?? Readable.from(chunks, { objectMode: true })
  const time = options.time ?? { kind: 'each', ms: referenceMs }
  const totals = await parseStream(
    { stream, name: 'app.log', time },
    parseSettings({ ...wish, ...options.wish }, referenceMs),
    {
      write: async (bytes) => void (text += Buffer.from(bytes).toString()),
      signal: options.signal ?? new AbortController().signal,
      onProgress: () => {},
    },
  )
  return { text, totals }
}

const messagesOf = ({ text }: Parsed): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { message: unknown }).message)

test.each(readdirSync(fixtures))('lines of %s give their golden events, however the stream is cut', async (name) => {
  const bytes = readFileSync(path.join(fixtures, name, 'lines.log'))
  const golden = readFileSync(path.join(fixtures, name, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
  const half = Math.floor(bytes.length / 2)
  for (const chunks of [
    [bytes],
    [bytes.subarray(0, half), bytes.subarray(half)],
    [...bytes].map((b) => Uint8Array.of(b)),
  ]) {
    const { text } = await parsed(chunks)
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(golden.map((line) => JSON.parse(line) as unknown))
  }
})

test('what becomes of lines is counted: formats, blanks, failures', async () => {
  const { totals } = await parsed([
    Buffer.from('{"level":"info","msg":"up"}\n \t\n{"level":"info","msg":\nlevel=info msg=up took=3ms\nno line feed'),
  ])
  expect(totals).toMatchObject({ lines: 5, events: 4, dead: 0, bytes: 93 })
  expect([...totals.dropped]).toEqual([['empty', 1]])
  expect([...totals.failed]).toEqual([['json_invalid', 1]])
  expect(totals.formats.get('logfmt')).toBe(1)
})

test('a record that cannot be an event is one with its bytes', async () => {
  const line = `[${'{"a":1},'.repeat(10_001)}{"a":1}]`
  const { text, totals } = await parsed([Buffer.from(`before\n${line}\nafter\n`)])
  const events = text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one) as { logpipe: Record<string, string> })
  expect(totals.dead).toBe(1)
  const dead = events.find(({ logpipe }) => logpipe['original_base64'] !== undefined)
  expect(dead).toMatchObject({ tags: ['_parse_failure'], logpipe: { parse: { error: 'container_limit' } } })
  expect(Buffer.from(dead!.logpipe['original_base64']!, 'base64').toString()).toBe(line)
})

test('a stack trace is joined if that is wished', async () => {
  const lines =
    '2026-11-21 22:14:15,003 [ERROR] pay: declined\nTraceback (most recent call last):\n  File "a.py", line 1, in pay\nValueError: no\n'
  expect(messagesOf(await parsed([Buffer.from(lines)], { wish: { multiline: 'auto' } }))).toHaveLength(1)
  expect(messagesOf(await parsed([Buffer.from(lines)]))).toHaveLength(4)
})

test('lines of a file without times have those of the line before, the first ones when the file was changed', async () => {
  const lines = 'starting\n2026-11-20 10:00:00,000 [INFO] pay: up\nlistening\n'
  const { text } = await parsed([Buffer.from(lines)], { time: { kind: 'first', ms: referenceMs } })
  const times = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { '@timestamp': string })['@timestamp'])
  expect(times).toEqual(['2026-11-21T22:14:15.000Z', '2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z'])
})

test('an interruption ends the run with what has come as whole lines', async () => {
  const controller = new AbortController()
  const stream = new Readable({ read: () => {} })
  stream.push('first\nsecond, still bei')
  const running = parsed([], { stream, signal: controller.signal })
  setImmediate(() => controller.abort())
  expect(messagesOf(await running)).toEqual(['first'])
})

test('a stream that fails is an error with its name', async () => {
  const stream = new Readable({ read: () => {} })
  setImmediate(() => stream.destroy(new Error('EIO: i/o error')))
  await expect(parsed([], { stream })).rejects.toMatchObject({ code: 'LP_SOURCE_READ', message: 'reading app.log' })
})

test('every line that is not blank is one event, whatever its bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), async (chunks) => {
      const { text, totals } = await parsed(chunks, { wish: { format: 'logfmt' } })
      const written = text === '' ? 0 : text.trimEnd().split('\n').length
      const dropped = [...totals.dropped.values()].reduce((sum, n) => sum + n, 0)
      expect(written).toBe(totals.events + totals.dead)
      expect(totals.events + dropped + totals.dead).toBe(totals.lines)
    }),
  )
})

test.each([
  [{ format: 'nginx' }, 'there is no format nginx', 'did you mean nginx_access or nginx_error?'],
  [{ format: 'pinno' }, 'there is no format pinno', 'did you mean pino?'],
  [{ timezone: 'Mars' }, 'timezone is not a time zone', 'See logpipe COMMAND --help.'],
])('%j is wrong usage', (change, message, remedy) => {
  let error: unknown
  try {
    parseSettings({ ...wish, ...change })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code: 'LP_USAGE', message: expect.stringContaining(message), remedy })
})

test('formats are listed by name, each with an example and its kind', () => {
  const names = listFormats().map(({ name }) => name)
  expect(names).toEqual([...names].sort())
  expect(formatNamed('cri')).toMatchObject({ kind: 'envelope' })
  expect(formatNamed('pino')).toMatchObject({ kind: 'json', dataset: expect.any(String) })
  for (const { example } of listFormats()) expect(example).not.toBe('')
})
