import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { IngestOutcome } from '../../../src/core/component.ts'
import { http } from '../../../src/source/http.ts'
import { FakePorts, readAll } from '../../support/source-ports.ts'

const first = '{"level":30,"msg":"a\\nforged: line"}'
const second = '{"level":50,"msg":"慢请求"}'

function post(
  ports: FakePorts,
  body: Uint8Array | string,
  contentType = 'application/x-ndjson',
): Promise<IngestOutcome> {
  const accept = ports.routes.get('/ingest/web')
  if (accept === undefined) throw new Error('no route')
  return accept(typeof body === 'string' ? Buffer.from(body) : body, contentType)
}

function started(config: Record<string, unknown> = {}): FakePorts {
  const ports = new FakePorts()
  http.build(http.config.parse(config), ports)
  return ports
}

function texts(ports: FakePorts): string[] {
  return ports.journal.stored.map((row) => row.text)
}

describe('records of a body', () => {
  const pretty = '{\n  "level": 30,\n  "msg": "a"\n}'
  const cases = [
    { name: 'NDJSON', type: 'application/x-ndjson', body: `${first}\n${second}\n`, records: [first, second] },
    { name: 'text without a last LF', type: 'text/plain', body: 'a\r\n\nb', records: ['a', 'b'] },
    {
      name: 'NDJSON in gzip',
      type: 'application/x-ndjson',
      body: gzipSync(`${first}\n${second}`),
      records: [first, second],
    },
    { name: 'one JSON object over lines', type: 'application/json', body: pretty, records: [pretty] },
    {
      name: 'an array over lines',
      type: 'application/json',
      body: `[${first},\n${second}]`,
      records: [`[${first},\n${second}]`],
    },
    {
      name: 'NDJSON called JSON',
      type: 'application/json; charset=utf-8',
      body: `${first}\n${second}`,
      records: [first, second],
    },
    { name: 'nothing', type: 'text/plain', body: '\n\n', records: [] },
  ]

  test.each(cases)('$name', async ({ type, body, records }) => {
    const ports = started()
    expect(await post(ports, body, type)).toEqual({ status: 'stored', records: records.length })
    expect(texts(ports)).toEqual(records)
  })

  test('they are read back from the journal with their arrival', async () => {
    const ports = new FakePorts()
    const input = http.build(http.config.parse({}), ports)
    await post(ports, second)
    const [partition] = await input.discover()
    expect(partition === undefined ? undefined : (await readAll(partition)).values).toEqual([second])
    expect(ports.journal.stored).toEqual([{ input: 'http-web', text: second, atMs: ports.nowMs }])
    await input.stop()
  })
})

describe('what is not accepted leaves nothing behind', () => {
  const cases = [
    { name: 'a record beyond the limit', body: `${first}\n${'x'.repeat(70_000)}`, reason: 'too_large' },
    { name: 'a body beyond the limit', body: `${first}\n`.repeat(10_000), reason: 'too_large' },
    { name: 'a gzip bomb', body: gzipSync(Buffer.alloc(3_000_000, 10)), reason: 'inflate_limit' },
    { name: 'gzip that is cut', body: gzipSync(first).subarray(0, 30), reason: 'bad_gzip' },
    { name: 'gzip in gzip', body: gzipSync(gzipSync(first)), reason: 'stacked_encoding' },
  ]

  test.each(cases)('$name', async ({ body, reason }) => {
    const ports = started({ max_record_size: '64KiB', max_body_size: '128KiB' })
    expect(await post(ports, body)).toEqual({ status: 'refused', reason })
    expect(texts(ports)).toEqual([])
  })

  test('inflation may grow by 200, counted from 1 MiB', async () => {
    const ports = started()
    const text = `${'x'.repeat(999_999)}\n`
    expect(await post(ports, gzipSync(text))).toMatchObject({ status: 'stored' })
    expect(await post(ports, gzipSync(text.repeat(2)))).toEqual({ status: 'refused', reason: 'inflate_limit' })
  })

  test('a full journal asks the sender to come again', async () => {
    const ports = started()
    ports.journal.free = 10
    expect(await post(ports, first)).toEqual({ status: 'full', retryAfterMs: 1000 })
    expect(texts(ports)).toEqual([])
  })
})
