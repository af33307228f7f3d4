import { bytesOf } from '../../src/core/byte-writer.ts'
import { EventBatch, EventTables, type JsonObject } from '../../src/core/event-batch.ts'
import { EventWriter } from '../../src/core/event-writer.ts'
import { RecordBatch } from '../../src/core/record-batch.ts'
import { ParseContext } from '../../src/parse/context.ts'
import type { JsonFormat } from '../../src/parse/format.ts'
import { jsonOutcome } from '../../src/parse/json-scan.ts'
import { JsonScanner } from '../../src/parse/json/scan-json.ts'
import { abbreviationsOf, zoneOf } from '../../src/parse/timestamp/zone.ts'
import { formats } from '../../src/registry.ts'
import { documentsOf, goldenSettings, plainSource, referenceMs } from './parse.ts'

export interface ScannedJson {
  /** Of `jsonOutcome`. */
  readonly outcome: number
  readonly document: JsonObject
  /** Text of the payload of an envelope, empty if there is none. */
  readonly payload: string
  readonly isPartial: boolean
  readonly isOdd: boolean
  readonly streamKey: number
}

/** Scans records one by one with one scanner and one batch, as a parser does. */
export class JsonBench {
  readonly #tables = new EventTables()
  readonly #scanner: JsonScanner
  readonly #settings = goldenSettings()
  readonly #context: ParseContext

  constructor(isObjectsOnly: boolean) {
    const json = formats.filter((format): format is JsonFormat => format.shape === 'json')
    const { limits } = this.#settings
    this.#scanner = new JsonScanner({ formats: json, tables: this.#tables, limits, isObjectsOnly })
    this.#context = new ParseContext(zoneOf('UTC')!, abbreviationsOf({}), this.#settings)
  }

  scan(text: string): ScannedJson {
    // Bytes around the record must not be read as a part of it.
    const bytes = bytesOf(`"x"${text}"}]1`)
    const records = new RecordBatch(plainSource(), bytes, 0n, 1)
    const end = bytes.length - 4
    records.push(0, referenceMs, 3, end)
    const batch = new EventBatch(this.#tables)
    batch.reset(records)
    const out = new EventWriter(batch)
    const context = this.#context
    out.begin()
    context.clear()
    context.time.referenceMs = referenceMs
    const outcome = this.#scanner.scan(bytes, 3, end, out, context)
    out.end(0, 0, referenceMs, 0)
    const source = context.payloadInScratch ? batch.scratch : bytes
    return {
      outcome,
      document: outcome <= jsonOutcome.envelope ? documentsOf(batch)[0]! : {},
      payload:
        outcome === jsonOutcome.envelope
          ? Buffer.from(source.subarray(context.payloadStart, context.payloadEnd)).toString('utf8')
          : '',
      isPartial: context.isPartial,
      isOdd: batch.oddRecords > 0,
      streamKey: context.streamKey,
    }
  }
}
