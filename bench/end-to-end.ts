import { createReadStream, openSync, statSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'
import { from, lastValueFrom, map, scan as fold } from 'rxjs'
import { EventBatch, EventTables } from '../src/core/event-batch.ts'
import type { Source } from '../src/core/record-batch.ts'
import { RecordBatch } from '../src/core/record-batch.ts'
import { ParseConfig, settingsOf } from '../src/parse/config.ts'
import { createParseStage } from '../src/parse/parser.ts'
import { formats } from '../src/registry.ts'
import { NdjsonSink } from '../src/sink/stdout.ts'
import { FilePartition } from '../src/source/file/read.ts'
import type { Bench, BenchCase } from './harness.ts'
import { benchSource, fileOf, lineOf, type LineKind } from './lines.ts'
import { naiveEvents } from './naive.ts'

const lines = Number(process.env['LOGPIPE_BENCH_LINES'] ?? 1_000_000)

/** Lines from a file to ECS NDJSON in /dev/null on one core, with all fields, beside what one writes first. */
export const endToEnd: readonly Bench[] = (['pino_http', 'nginx_access'] as const).map((kind) => ({
  name: `end-to-end ${kind}`,
  about: 'A file of lines to ECS documents in /dev/null; both fill the same fields (compared before the run).',
  cases: [ours(kind), naive(kind)],
}))

/** When the file was found, epoch ms. */
const foundMs = 1_795_400_000_000
/** Bytes of a batch, as a pipeline reads them. */
const batchBytes = 1 << 18

export const source: Source = { ...benchSource, isFile: true, idTail: new Uint8Array(4) }

/** The file as the source `file` reads it. */
export function partitionOf(file: string): FilePartition {
  return new FilePartition({
    source,
    path: file,
    start: 0,
    mtimeMs: foundMs,
    maxRecordSize: 1 << 20,
    endAt: statSync(file).size,
  })
}

function ours(kind: LineKind): BenchCase {
  return {
    name: 'logpipe',
    async prepare() {
      const file = fileOf(kind, lines)
      await compare(kind)
      const sink = openSync('/dev/null', 'w')
      return () => run(file, async (bytes) => void writeSync(sink, bytes))
    },
  }
}

async function run(file: string, write: (bytes: Uint8Array) => Promise<void>, limit = Infinity): Promise<number> {
  const tables = new EventTables()
  const settings = settingsOf('auto', ParseConfig.parse({}))
  const parser = createParseStage(settings, formats, tables).parserFor(source)
  const events = new EventBatch(tables)
  const sink = new NdjsonSink(write)
  const partition = partitionOf(file)
  let count = 0
  for (let at = 0n, isFinished = false; !isFinished && count < limit;) {
    const read = await partition.read(at, batchBytes)
    const { records } = read
    isFinished = read.isFinished
    at += BigInt(records.next)
    events.reset(records)
    parser.parse(records, events)
    await sink.write(events, 0)
    count += events.count
  }
  await partition.close()
  events.reset(new RecordBatch(source, new Uint8Array(0), 0n, 0))
  parser.flush(events)
  await sink.write(events, 0)
  await sink.stop()
  return count + events.count
}

function naive(kind: LineKind): BenchCase {
  return {
    name: 'naive',
    async prepare() {
      const file = fileOf(kind, lines)
      const sink = openSync('/dev/null', 'w')
      const eventOf = naiveEvents[kind]
      return async () => {
        let offset = 0
        const reader = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
        const events = from(reader).pipe(
          map((line) => {
            const event = eventOf(line, offset)
            offset += Buffer.byteLength(line) + 1
            return event
          }),
          map((event) => `${JSON.stringify(event)}\n`),
          fold(
            (pending, text) => {
              const next = pending.text + text
              if (next.length < 1 << 16) return { text: next, count: pending.count + 1 }
              writeSync(sink, next)
              return { text: '', count: pending.count + 1 }
            },
            { text: '', count: 0 },
          ),
        )
        const last = await lastValueFrom(events)
        writeSync(sink, last.text)
        return last.count
      }
    },
  }
}

/** Throws unless both ways give equal documents for the first lines. */
async function compare(kind: LineKind): Promise<void> {
  const parts: Buffer[] = []
  await run(fileOf(kind, lines), async (bytes) => void parts.push(Buffer.from(bytes)), 1)
  const documents = Buffer.concat(parts).toString('utf8').trimEnd().split('\n').slice(0, 500)
  let offset = 0
  documents.forEach((document, i) => {
    const line = lineOf(kind, i)
    const expected: unknown = JSON.parse(JSON.stringify(naiveEvents[kind](line, offset)))
    offset += Buffer.byteLength(line) + 1
    if (isDeepStrictEqual(JSON.parse(document), expected)) return
    throw new Error(`line ${i} differs:\n${document}\n${JSON.stringify(expected)}`)
  })
}
