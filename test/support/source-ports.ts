import type { IngestOutcome, Journal, Partition, SourceMemory, SourcePorts } from '../../src/core/component.ts'
import type { LogpipeError } from '../../src/core/error.ts'
import type { Json } from '../../src/core/event-batch.ts'
import { RecordBatch, type Source } from '../../src/core/record-batch.ts'
import { textOf } from '../../src/core/byte-writer.ts'

type Accept = (body: Uint8Array, contentType: string) => Promise<IngestOutcome>

/** Ports of a source in memory, with a clock that stands still and a journal whose room can be set. */
export class FakePorts implements SourcePorts {
  readonly pipeline = 'web'
  nowMs = Date.UTC(2026, 10, 21, 22, 14, 15)
  readonly now = (): number => this.nowMs
  readonly errors: string[] = []
  readonly report = (error: LogpipeError): void => void this.errors.push(error.message)
  readonly memory: SourceMemory
  readonly routes = new Map<string, Accept>()
  readonly ingest = { register: (path: string, accept: Accept): void => void this.routes.set(path, accept) }
  readonly journal = new FakeJournal()

  /** `saved` outlives the ports, as the store outlives the process. */
  constructor(saved = new Map<string, string>()) {
    this.memory = {
      get: (key) => (saved.has(key) ? (JSON.parse(saved.get(key) ?? 'null') as Json) : undefined),
      set: (key, value) => void saved.set(key, JSON.stringify(value)),
    }
  }
}

class FakeJournal implements Journal {
  readonly stored: { input: string; text: string; atMs: number }[] = []
  free = 1 << 30

  append(input: string, values: readonly Uint8Array[], atMs: number): Promise<void> {
    for (const value of values) this.stored.push({ input, text: textOf(value, 0, value.length), atMs })
    return Promise.resolve()
  }

  partition(input: string, pipeline: string): Partition {
    const source = plainSource(input, pipeline)
    return {
      source,
      start: 0n,
      end: () => BigInt(this.stored.length),
      read: (from) => {
        const rows = this.stored.filter((row) => row.input === input).slice(Number(from))
        const bytes = Buffer.from(rows.map((row) => row.text).join(''))
        const records = new RecordBatch(source, bytes, from, rows.length)
        let at = 0
        rows.forEach((row, i) => {
          const size = Buffer.byteLength(row.text)
          records.push(i, row.atMs, at, at + size)
          at += size
        })
        records.next = rows.length
        return Promise.resolve({ records, isAtEnd: true, isFinished: false })
      },
      close: () => Promise.resolve(),
    }
  }

  room(): number {
    return this.free
  }
}

export function plainSource(name: string, pipeline = 'web'): Source {
  const idHead = new Uint8Array(6)
  return { id: name, name, pipeline, constants: [], isFile: false, idHead, idTail: undefined }
}

/** Values of a batch as text. */
export function valuesOf(records: RecordBatch): string[] {
  return Array.from({ length: records.count }, (_, i) =>
    textOf(records.bytes, records.valueStart[i] ?? 0, records.valueEnd[i] ?? 0),
  )
}

/** Reads a partition until it has nothing more and returns the values and the position after them. */
export async function readAll(
  partition: Partition,
  from = partition.start,
  maxBytes = 1 << 20,
): Promise<{ values: string[]; next: bigint; isFinished: boolean }> {
  const values: string[] = []
  for (let next = from; ;) {
    const { records, isAtEnd, isFinished } = await partition.read(next, maxBytes)
    values.push(...valuesOf(records))
    next = records.base + BigInt(records.next)
    if (isAtEnd) return { values, next, isFinished }
  }
}
