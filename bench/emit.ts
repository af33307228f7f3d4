import { ByteWriter } from '../src/core/byte-writer.ts'
import { EventEncoder } from '../src/core/encode-event.ts'
import { EventBatch, EventTables } from '../src/core/event-batch.ts'
import { documentOf } from '../src/core/log-event.ts'
import { parsedBatch } from './scan.ts'
import type { Bench } from './harness.ts'

const rounds = 100

/** Parsed events to JSON documents. */
export const emit: readonly Bench[] = [
  {
    name: 'emit',
    about: 'Events of a batch to JSON: constant pieces and spans, beside JSON.stringify of an object that is there.',
    cases: [
      {
        name: 'pieces',
        async prepare() {
          const tables = new EventTables()
          const events = parsedBatch('pino_http', tables, new EventBatch(tables))
          const encoder = new EventEncoder()
          const out = new ByteWriter(1 << 22)
          return async () => {
            for (let round = 0; round < rounds; round++) {
              out.reset()
              encoder.encode(events, 0, events.count, out)
            }
            return rounds * events.count
          }
        },
      },
      {
        name: 'stringify',
        async prepare() {
          const tables = new EventTables()
          const events = parsedBatch('pino_http', tables, new EventBatch(tables))
          const documents = Array.from({ length: events.count }, (_, row) => ({ ...documentOf(events, row) }))
          return async () => {
            let bytes = 0
            for (let round = 0; round < rounds; round++) {
              for (const document of documents) bytes += Buffer.from(JSON.stringify(document)).length
            }
            return bytes > 0 ? rounds * documents.length : 0
          }
        },
      },
    ],
  },
]
