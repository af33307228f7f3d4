import assert from 'node:assert/strict'
import { bytesOf, ByteWriter } from '../../src/core/byte-writer.ts'
import { EventEncoder } from '../../src/core/encode-event.ts'
import { EventBatch, EventTables, type JsonObject } from '../../src/core/event-batch.ts'
import { splitLines } from '../../src/core/lines.ts'
import { documentOf } from '../../src/core/log-event.ts'
import { RecordBatch, type Source } from '../../src/core/record-batch.ts'
import type { Format } from '../../src/parse/format.ts'
import { ParseConfig, settingsOf } from '../../src/parse/config.ts'
import { createParseStage } from '../../src/parse/parser.ts'
import type { ParseSettings } from '../../src/parse/settings.ts'
import { formats as allFormats } from '../../src/registry.ts'

/** 2026-11-21T22:14:15Z: record time and reference of golden events. */
export const referenceMs = Date.UTC(2026, 10, 21, 22, 14, 15)

export interface ParseLinesOptions extends Partial<ParseSettings> {
  readonly formats?: readonly Format[]
  readonly source?: Source
  /** Record time of each line; NaN: lines of a file. */
  readonly timestamp?: number
}

/** A source like stdin: no constants, no file. */
export function plainSource(): Source {
  return {
    id: 'stdin',
    name: 'stdin',
    pipeline: 'test',
    constants: [],
    isFile: false,
    idHead: new Uint8Array([1, 2, 3, 4, 5, 6]),
    idTail: undefined,
  }
}

/** The settings of golden events: no original kept, UTC, no limits, the fixed reference. */
export function goldenSettings(options: ParseLinesOptions = {}): ParseSettings {
  const settings = settingsOf('auto', ParseConfig.parse({ keep_original: 'never', multiline: 'off' }), referenceMs)
  const limits = { ...settings.limits, maxFutureMs: Infinity, maxPastMs: Infinity, ...options.limits }
  return { ...settings, ...options, limits }
}

/** Lines as one batch of records. */
export function recordsOf(input: string | Uint8Array, options: ParseLinesOptions = {}): RecordBatch {
  const bytes = typeof input === 'string' ? bytesOf(input) : Uint8Array.from(input)
  const records = new RecordBatch(options.source ?? plainSource(), bytes, 0n, 64)
  splitLines(records, 0, bytes.length, { timestamp: options.timestamp ?? referenceMs, offset: 0, isEnd: true })
  return records
}

/** The documents of lines, with all joins ended at the end of the input. */
export function parseLines(input: string | Uint8Array, options: ParseLinesOptions = {}): JsonObject[] {
  return parseRecords([recordsOf(input, options)], options)
}

/** The documents of batches of one source, in order; both ways of writing an event have to agree. */
export function parseRecords(batches: readonly RecordBatch[], options: ParseLinesOptions = {}): JsonObject[] {
  const tables = new EventTables()
  const stage = createParseStage(goldenSettings(options), options.formats ?? allFormats, tables)
  const parser = stage.parserFor(options.source ?? plainSource())
  const documents: JsonObject[] = []
  for (const records of batches) {
    const events = new EventBatch(tables)
    events.reset(records)
    parser.parse(records, events)
    documents.push(...documentsOf(events))
  }
  const last = batches.at(-1)
  const end = new RecordBatch(options.source ?? plainSource(), new Uint8Array(0), last?.base ?? 0n, 0)
  const events = new EventBatch(tables)
  events.reset(end)
  parser.flush(events)
  documents.push(...documentsOf(events))
  return documents
}

/** Documents of a batch as plain objects. */
export function documentsOf(events: EventBatch): JsonObject[] {
  const encoder = new EventEncoder()
  const out = new ByteWriter()
  const documents: JsonObject[] = []
  for (let row = 0; row < events.count; row++) {
    out.reset()
    encoder.encode(events, row, row + 1, out)
    const written = JSON.parse(Buffer.from(out.written()).toString('utf8')) as JsonObject
    const asObject = JSON.parse(JSON.stringify(documentOf(events, row))) as JsonObject
    assert.deepEqual(written, asObject)
    documents.push(written)
  }
  return documents
}
