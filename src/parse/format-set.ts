import { EventBatch, type EventTables } from '../core/event-batch.ts'
import { EventWriter } from '../core/event-writer.ts'
import { DetectionTable } from './detect.ts'
import { factsOf, type Format, type JsonFormat, type TextFormat } from './format.ts'
import { JsonScanner } from './json/scan-json.ts'
import type { JsonScan } from './json-scan.ts'
import type { ParseSettings } from './settings.ts'
import { plainText } from './text/plain-text.ts'

/** The formats of a stage, and what follows from them and the settings alone. */
export class FormatSet {
  readonly settings: ParseSettings
  readonly tables: EventTables
  /** Text envelopes: asked before the lines are joined. */
  readonly envelopes: DetectionTable
  readonly texts: DetectionTable
  readonly json: readonly JsonFormat[]
  readonly plainId: number
  /** `attributes.error.root_type`. */
  readonly rootType: number
  readonly #ids: ReadonlyMap<Format, number>
  /** The format that was asked for last: lines come in runs of one. */
  #last: TextFormat = plainText
  #lastId: number

  constructor(settings: ParseSettings, formats: readonly Format[], tables: EventTables) {
    const isWanted = (format: Format): boolean =>
      settings.format === 'auto' || settings.format === format.name || format.isEnvelope === true
    const wanted = formats.filter(isWanted)
    const texts = wanted.filter((format): format is TextFormat => format.shape === 'text')
    this.settings = settings
    this.tables = tables
    this.envelopes = new DetectionTable(texts.filter((format) => format.isEnvelope === true))
    this.texts = new DetectionTable(texts.filter((format) => format.isEnvelope !== true))
    this.json = wanted.filter((format): format is JsonFormat => format.shape === 'json')
    this.plainId = tables.formatId(factsOf(plainText))
    this.#lastId = this.plainId
    this.rootType = tables.fields.id('attributes.error.root_type')
    this.#ids = new Map(texts.map((format) => [format, tables.formatId(factsOf(format))]))
  }

  idOf(format: TextFormat): number {
    if (format !== this.#last) {
      this.#last = format
      this.#lastId = this.#ids.get(format) ?? this.plainId
    }
    return this.#lastId
  }

  /** A writer for a parser that has no batch yet. */
  idleWriter(): EventWriter {
    return new EventWriter(new EventBatch(this.tables))
  }

  jsonScanner(): JsonScan {
    return new JsonScanner({ formats: this.json, tables: this.tables, limits: this.settings.limits })
  }
}
