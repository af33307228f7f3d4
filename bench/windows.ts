import { from, lastValueFrom, scan as fold, takeLast } from 'rxjs'
import { compileDerives } from '../src/derive/program.ts'
import { createDeriveUnit } from '../src/derive/unit.ts'
import { EventBatch, EventTables } from '../src/core/event-batch.ts'
import { EventWriter } from '../src/core/event-writer.ts'
import { fieldId } from '../src/core/field.ts'
import { RecordBatch } from '../src/core/record-batch.ts'
import type { DeriveSpec } from '../src/core/program.ts'
import { derives } from '../src/registry.ts'
import type { Bench, BenchCase } from './harness.ts'
import { benchSource } from './lines.ts'

const perBatch = 4000
const batches = 100
const startMs = 1_795_299_255_000
const services = 40

/** Events in memory to one-minute windows of errors and slow requests by service. */
export const windows: readonly Bench[] = [
  {
    name: 'windows',
    about:
      'Error rate and slow share by service in panes of 15 s: columns into cells, beside objects through RxJS into a Map by text keys.',
    cases: [columns(), objects()],
  },
]

function statusOf(i: number): number {
  return i % 53 === 0 ? 500 : 200
}

function timeOf(i: number): number {
  return startMs + i * 3
}

function batchFrom(first: number, tables: EventTables): EventBatch {
  const batch = new EventBatch(tables)
  const records = new RecordBatch(benchSource, new Uint8Array(0), BigInt(first), perBatch)
  tables.formatId({ name: 'bench', constants: {}, isAccess: true })
  batch.reset(records)
  const out = new EventWriter(batch)
  for (let k = 0; k < perBatch; k++) {
    const i = first + k
    records.push(k, timeOf(i), 0, 0)
    out.begin()
    out.setFormat(0)
    out.setTime({ ms: timeOf(i), ns: 0, digits: 3, flags: 0 })
    out.string(fieldId('service.name'), `service-${i % services}`)
    out.setStatus(statusOf(i))
    out.setDurationNs((i % 2000) * 1e6)
    out.end(k, k, timeOf(i), 0)
  }
  records.next = perBatch
  return batch
}

function spec(id: string, type: string, config: Record<string, unknown>): DeriveSpec {
  const definition = derives.find((one) => one.type === type)
  if (definition === undefined) throw new Error(`there is no derive ${type}`)
  const common = { by: ['service.name'], where: [], pipelines: [], allowedLatenessMs: 0, maxSeries: 1000, samples: 0 }
  // A config is a record of its keys.
  return { id, type, config: definition.config.parse(config) as Record<string, unknown>, ...common }
}

function columns(): BenchCase {
  return {
    name: 'columns',
    async prepare() {
      const specs = [spec('errors', 'error_rate', { window: '1m' }), spec('slow', 'slow_requests', { window: '1m' })]
      const program = { tickMs: 15_000, outOfOrderMs: 10_000, configHash: '', derives: compileDerives(specs, derives) }
      const tables = new EventTables()
      const input = Array.from({ length: batches }, (_, b) => batchFrom(b * perBatch, tables))
      return async () => {
        const unit = createDeriveUnit({ program: { ...program, occurrences: [] }, source: 'bench', pipeline: 'bench' })
        const state = unit.initial()
        let cells = 0
        for (const batch of input) unit.step(state, batch, (frame) => (cells += frame.derives.length))
        if (cells === 0) throw new Error('no frame was cut')
        return batches * perBatch
      }
    },
  }
}

interface Plain {
  readonly time: number
  readonly service: string
  readonly status: number
  readonly durationMs: number
}

function objects(): BenchCase {
  return {
    name: 'objects',
    async prepare() {
      const input = Array.from({ length: batches * perBatch }, (_, i): Plain => {
        return { time: timeOf(i), service: `service-${i % services}`, status: statusOf(i), durationMs: i % 2000 }
      })
      return async () => {
        const series = from(input).pipe(
          fold((cells, event) => {
            const key = `${Math.floor(event.time / 15_000)}/${event.service}`
            const cell = cells.get(key) ?? { total: 0, errors: 0, slow: 0 }
            cells.set(key, {
              total: cell.total + 1,
              errors: cell.errors + (event.status >= 500 ? 1 : 0),
              slow: cell.slow + (event.durationMs >= 1000 ? 1 : 0),
            })
            return cells
          }, new Map<string, { total: number; errors: number; slow: number }>()),
          takeLast(1),
        )
        const cells = await lastValueFrom(series)
        let total = 0
        for (const cell of cells.values()) total += cell.total
        return total
      }
    },
  }
}
