import type { ParseStage, Parser } from '../core/component.ts'
import type { EventBatch, EventTables } from '../core/event-batch.ts'
import { EventWriter } from '../core/event-writer.ts'
import type { RecordBatch, Source } from '../core/record-batch.ts'
import { ParseContext } from './context.ts'
import { Detection, DetectionTable } from './detect.ts'
import { factsOf, type Format, type TextFormat } from './format.ts'
import type { ParseSettings } from './settings.ts'
import { plainText } from './text/plain-text.ts'
import { abbreviationsOf, zoneOf } from './timestamp/zone.ts'

/** Builds the stage. `formats` are in the order of detection; `tables` belong to the worker. */
export function createParseStage(settings: ParseSettings, formats: readonly Format[], tables: EventTables): ParseStage {
  const table = new DetectionTable(formats.filter((format): format is TextFormat => format.shape === 'text'))
  const ids = new Map([...formats, plainText].map((format) => [format, tables.formatId(factsOf(format))]))
  return {
    parserFor(_source: Source): Parser {
      const context = new ParseContext(
        zoneOf(settings.timezone)!,
        abbreviationsOf(settings.zoneAbbreviations),
        settings,
      )
      return {
        hasOpenJoins: false,
        save: () => new Uint8Array(0),
        restore() {},
        flush() {},
        parse(records: RecordBatch, events: EventBatch) {
          const out = new EventWriter(events)
          const detection = new Detection(table, out, context)
          for (let i = 0; i < records.count; i++) {
            const start = records.valueStart[i]!
            const end = records.valueEnd[i]!
            if (start >= end) {
              events.drop('empty')
              continue
            }
            context.time.referenceMs = settings.referenceMs
            out.begin()
            const found = detection.find(records.bytes, start, end)
            if (found === undefined) plainText.scan(records.bytes, start, end, out, context)
            out.setFormat(ids.get(found ?? plainText)!)
            out.end(records.offset[i]!, records.offset[i]!, records.timestamp[i]!, 0)
          }
        },
      }
    },
  }
}
