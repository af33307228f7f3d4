import type { Readable } from 'node:stream'
import { z } from 'zod'
import { defineSource, type Partition, type ReadResult, type RecordInput, type SourcePorts } from '../core/component.ts'
import { size } from '../core/config-field.ts'
import { LogpipeError } from '../core/error.ts'
import type { Source } from '../core/record-batch.ts'
import { LineBuffer } from './line-buffer.ts'

const defaultRecordSize = 16 * 2 ** 20

const Config = z.strictObject({
  max_record_size: size({ default: '16MiB', min: '64KiB', max: '128MiB', about: 'Longer lines are cut.' }),
})

/** Lines of the standard input. They are stored first: what has been stored is read again after a crash. */
export const stdin = defineSource({
  type: 'stdin',
  summary: 'Lines of the standard input, stored before they are read; ends with the input.',
  stability: 'beta',
  config: Config,
  example: {},
  build: (config, ports) => new StoredStream(process.stdin, config.max_record_size, ports),
})

/** Bytes of one append to the journal. */
const appendSize = 256 * 1024
/** How often a full journal is asked again. */
const fullWaitMs = 200

/** A stream whose lines go to the journal, and come from there. Reading the stream begins with the first `discover`. */
export class StoredStream implements RecordInput {
  readonly isBounded = true
  readonly #stream: Readable
  readonly #ports: SourcePorts
  readonly #input: string
  readonly #lines: LineBuffer
  readonly #journaled: Partition
  readonly #partition: Partition
  #filling: Promise<void> | undefined
  #isEnded = false
  #isStopped = false

  constructor(stream: Readable, maxRecordSize: number, ports: SourcePorts) {
    this.#stream = stream
    this.#ports = ports
    this.#input = `stdin-${ports.pipeline}`
    this.#lines = new LineBuffer(maxRecordSize)
    this.#journaled = ports.journal.partition(this.#input, ports.pipeline)
    const stored = this.#journaled
    this.#partition = {
      source: stored.source,
      start: stored.start,
      end: () => stored.end(),
      read: (from, maxBytes) => this.#read(from, maxBytes),
      close: () => stored.close(),
    }
  }

  discover(): Promise<readonly Partition[]> {
    this.#filling ??= this.#fill()
    return Promise.resolve([this.#partition])
  }

  /** What has come as whole lines is stored; the rest of the stream is left to whoever reads it next. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#filling !== undefined) {
      this.#stream.destroy()
      await this.#filling
    }
    await this.#journaled.close()
  }

  async #read(from: bigint, maxBytes: number): Promise<ReadResult> {
    const isEnded = this.#isEnded // Read before the journal: lines stored in between are not passed over.
    const result = await this.#journaled.read(from, maxBytes)
    return { ...result, isFinished: isEnded && result.isAtEnd }
  }

  async #fill(): Promise<void> {
    try {
      for await (const chunk of this.#stream) {
        this.#lines.add(bytesIn(chunk))
        if (this.#lines.size >= appendSize || this.#stream.readableLength === 0) await this.#append(false)
        if (this.#isStopped) return
      }
      await this.#append(true)
    } catch (cause) {
      if (this.#isStopped) return
      this.#ports.report(new LogpipeError('LP_SOURCE_READ', 'reading the standard input', { cause }))
      await this.#append(true)
    } finally {
      this.#isEnded = true
    }
  }

  async #append(isEnd: boolean): Promise<void> {
    do {
      const records = this.#lines.take(this.#partition.source, 0n, isEnd)
      const values: Uint8Array[] = []
      for (let i = 0; i < records.count; i++) {
        values.push(records.bytes.subarray(records.valueStart[i], records.valueEnd[i]))
      }
      while (this.#ports.journal.room() < records.next && !this.#isStopped) await passes(fullWaitMs)
      if (values.length > 0) await this.#ports.journal.append(this.#input, values, this.#ports.now())
    } while (isEnd ? this.#lines.size > 0 : this.#lines.hasLine)
  }
}

/**
 * A stream as a partition that ends with it and cannot be read again: a position other than the next one rejects with
 * LP_REPLAY_RANGE. Positions are byte offsets. For filters such as `logpipe parse`, where nothing outlives the process.
 */
export function readStream(stream: Readable, source: Source, maxRecordSize = defaultRecordSize): Partition {
  const lines = new LineBuffer(maxRecordSize)
  const chunks = stream[Symbol.asyncIterator]()
  let next = 0n
  let isEnded = false
  async function read(from: bigint, maxBytes: number): Promise<ReadResult> {
    if (from !== next) throw new LogpipeError('LP_REPLAY_RANGE', `reading ${source.name} again at ${from}`)
    while (!isEnded && (!lines.hasLine || (lines.size < maxBytes && stream.readableLength > 0))) {
      const chunk = await chunks.next()
      if (chunk.done === true) isEnded = true
      else lines.add(bytesIn(chunk.value))
    }
    const records = lines.take(source, from, isEnded)
    next += BigInt(records.next)
    const isFinished = isEnded && lines.size === 0
    return { records, isAtEnd: isFinished, isFinished }
  }
  return {
    source,
    start: 0n,
    end: () => -1n,
    read,
    close: () => Promise.resolve(void stream.destroy()),
  }
}

function bytesIn(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
}

function passes(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
