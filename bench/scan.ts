import type { Parser } from '../src/core/component.ts'
import { EventBatch, EventTables } from '../src/core/event-batch.ts'
import { bytesOf } from '../src/core/byte-writer.ts'
import { splitLines } from '../src/core/lines.ts'
import { RecordBatch } from '../src/core/record-batch.ts'
import { ParseConfig, settingsOf } from '../src/parse/config.ts'
import { createParseStage } from '../src/parse/parser.ts'
import { formats } from '../src/registry.ts'
import type { Bench, BenchCase } from './harness.ts'
import { benchSource, lineOf, type LineKind } from './lines.ts'
import { naiveEvents } from './naive.ts'

const batches = 100
const perBatch = 4000

/** Lines in memory to columns, beside an object per line. */
export const scan: readonly Bench[] = (['pino_http', 'nginx_access'] as const).map((kind) => ({
  name: `scan ${kind}`,
  about: 'Lines in memory to an event batch, beside JSON.parse or one regex into an object per line.',
  cases: [columns(kind), objects(kind)],
}))

function linesOf(kind: LineKind): string[] {
  return Array.from({ length: perBatch }, (_, i) => lineOf(kind, i))
}

function input(kind: LineKind, tables: EventTables): { parser: Parser; records: RecordBatch } {
  const bytes = bytesOf(`${linesOf(kind).join('\n')}\n`)
  const records = new RecordBatch(benchSource, bytes, 0n, perBatch)
  splitLines(records, 0, bytes.length, { timestamp: 1_795_299_255_106, offset: 0, isEnd: true })
  return {
    records,
    parser: createParseStage(settingsOf('auto', ParseConfig.parse({})), formats, tables).parserFor(benchSource),
  }
}

/** `events` filled from lines of one kind. */
export function parsedBatch(kind: LineKind, tables: EventTables, events: EventBatch): EventBatch {
  const { parser, records } = input(kind, tables)
  events.reset(records)
  parser.parse(records, events)
  return events
}

function columns(kind: LineKind): BenchCase {
  return {
    name: 'columns',
    async prepare() {
      const tables = new EventTables()
      const events = new EventBatch(tables)
      const { parser, records } = input(kind, tables)
      return async () => {
        let count = 0
        for (let i = 0; i < batches; i++) {
          events.reset(records)
          parser.parse(records, events)
          count += events.count
        }
        return count
      }
    },
  }
}

function objects(kind: LineKind): BenchCase {
  return {
    name: 'objects',
    async prepare() {
      const lines = linesOf(kind)
      const eventOf = naiveEvents[kind]
      return async () => {
        let count = 0
        let checksum = 0
        for (let i = 0; i < batches; i++) {
          for (const line of lines) {
            checksum += Object.keys(eventOf(line, 0)).length
            count++
          }
        }
        return checksum > 0 ? count : 0
      }
    },
  }
}
