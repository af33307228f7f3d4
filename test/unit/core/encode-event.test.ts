import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, ByteWriter, textOf } from '../../../src/core/byte-writer.ts'
import { EventEncoder } from '../../../src/core/encode-event.ts'
import { EventBatch, EventTables } from '../../../src/core/event-batch.ts'
import { EventWriter } from '../../../src/core/event-writer.ts'
import { fieldId } from '../../../src/core/field.ts'
import { LogEvent } from '../../../src/core/log-event.ts'
import { RecordBatch, type Source } from '../../../src/core/record-batch.ts'

const source: Source = {
  id: 'file-1',
  name: '/var/log/a "b".log',
  pipeline: 'p',
  constants: [{ field: 'log.file.path', value: '/var/log/a "b".log' }],
  isFile: true,
  idHead: new Uint8Array(6),
  idTail: new Uint8Array(4),
}
const recordTime = 1_795_299_255_106

/** One event, written by `write` over the bytes of `text`. */
function eventOf(text: string, write: (out: EventWriter, batch: EventBatch) => void, isAccess = false): EventBatch {
  const tables = new EventTables()
  const batch = new EventBatch(tables)
  const bytes = bytesOf(text)
  const records = new RecordBatch(source, bytes, 100n, 1)
  records.push(7, recordTime, 0, bytes.length)
  batch.reset(records)
  const out = new EventWriter(batch)
  out.begin()
  const constants = { 'event.dataset': 'a.b', 'event.module': 'a', 'event.category': ['web'] }
  out.setFormat(tables.formatId({ name: 'a_b', constants, isAccess }))
  write(out, batch)
  out.end(7, 7, recordTime, 0)
  return batch
}

/** The document of row 0 as the encoder writes it; fails if the object form differs. */
// oxlint-disable-next-line typescript/no-explicit-any -- JSON of a test: its shape is what is tested
function documentOf(batch: EventBatch): any {
  const out = new ByteWriter(16)
  new EventEncoder().encode(batch, 0, 1, out)
  const text = textOf(out.bytes, 0, out.at - 1)
  expect(JSON.stringify(new LogEvent(batch, 0).document())).toBe(text)
  return JSON.parse(text)
}

describe('the document of an event', () => {
  test('nests fields, whatever the order they were written in', () => {
    const batch = eventOf('GET /pay', (out, { tables }) => {
      out.text(fieldId('url.path'), 4, 8)
      out.number(tables.fields.id('attributes.b.c'), 1.5)
      out.text(fieldId('http.request.method'), 0, 3)
      out.string(tables.fields.id('attributes.a'), 'x')
      out.setTime({ ms: recordTime, ns: 123_456, digits: 9, flags: 0 })
    })
    expect(documentOf(batch)).toEqual({
      '@timestamp': '2026-11-21T22:14:15.106123456Z',
      attributes: { a: 'x', b: { c: 1.5 } },
      ecs: { version: '9.5.0' },
      event: { category: ['web'], dataset: 'a.b', kind: 'event', module: 'a' },
      http: { request: { method: 'GET' } },
      log: { file: { path: '/var/log/a "b".log' }, offset: 107 },
      logpipe: { format: 'a_b', time: { source: 'event' } },
      url: { path: '/pay' },
    })
  })

  test('moves a value aside that stands where an object is needed', () => {
    const batch = eventOf('', (out, { tables }) => {
      out.number(tables.fields.id('attributes.a'), 1)
      out.number(tables.fields.id('attributes.a.b'), 2)
    })
    expect(documentOf(batch).attributes).toEqual({ a: { value: 1, b: 2 } })
  })

  test('believes the payload for what was said and the envelope for where it ran', () => {
    const batch = eventOf('', (out) => {
      out.string(fieldId('message'), 'outer')
      out.string(fieldId('host.name'), 'node-1')
      out.string(fieldId('service.name'), 'outer')
      out.string(fieldId('message'), 'inner')
      out.string(fieldId('host.name'), 'pod-1')
      out.string(fieldId('service.name'), 'inner')
    })
    const document = documentOf(batch)
    expect(document).toMatchObject({ message: 'inner', host: { name: 'node-1' } })
    expect(document.service).toEqual({ name: 'inner', node: { name: 'pod-1' } })
  })

  test.each([
    [503, 'error', 'failure', true],
    [404, 'warn', 'failure', undefined],
    [200, 'info', 'success', undefined],
  ])('of a request with status %i tells level, outcome and error', (status, level, outcome, error) => {
    const document = documentOf(eventOf('', (out) => out.setStatus(status), true))
    expect(document.logpipe.level).toBe(level)
    expect(document.event.outcome).toBe(outcome)
    expect(document.logpipe.error).toBe(error)
  })

  test('without a time has that of the record, flagged', () => {
    const document = documentOf(eventOf('', () => {}))
    expect(document['@timestamp']).toBe('2026-11-21T22:14:15.106Z')
    expect(document.logpipe).toMatchObject({ flags: ['time_missing'], time: { source: 'record' } })
  })

  test('with a time beyond its limits has that of the record, and keeps what was parsed', () => {
    const document = documentOf(
      eventOf('', (out) => {
        out.limits = { maxFutureMs: 300_000, maxPastMs: 604_800_000 }
        out.setTime({ ms: Date.UTC(2099, 0, 1), ns: 0, digits: 3, flags: 0 })
      }),
    )
    expect(document['@timestamp']).toBe('2026-11-21T22:14:15.106Z')
    expect(document.logpipe).toMatchObject({
      flags: ['time_clamped'],
      time: { source: 'record', parsed: '2099-01-01T00:00:00.000Z' },
    })
  })

  test('with both times has the inner one, and the envelope in event.created', () => {
    const document = documentOf(
      eventOf('', (out) => {
        out.setEnvelopeTime({ ms: recordTime, ns: 0, digits: 3, flags: 0 })
        out.setTime({ ms: recordTime - 1, ns: 0, digits: 3, flags: 0 })
      }),
    )
    expect(document['@timestamp']).toBe('2026-11-21T22:14:15.105Z')
    expect(document.event.created).toBe('2026-11-21T22:14:15.106Z')
  })

  test('escapes any text so that it reads back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(text.length > 0)
        const batch = eventOf(text, (out, { records }) => out.text(fieldId('message'), 0, records.bytes.length))
        expect(documentOf(batch).message).toBe(text.toWellFormed())
      }),
    )
  })
})

test('a rewound writer leaves nothing of a rejected line behind', () => {
  const batch = eventOf('abc', (out) => {
    out.text(fieldId('message'), 0, 1)
    out.rollback()
    out.setFormat(0)
    out.text(fieldId('message'), 1, 3)
  })
  expect(documentOf(batch).message).toBe('bc')
  expect(batch.entryCount).toBe(1)
})
