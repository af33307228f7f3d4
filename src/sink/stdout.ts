import { z } from 'zod'
import { bytesOf, ByteWriter } from '../core/byte-writer.ts'
import { defineSink, type EventSink } from '../core/component.ts'
import { EventEncoder } from '../core/encode-event.ts'
import type { EventBatch } from '../core/event-batch.ts'

const Config = z.strictObject({})

/** Bytes gathered before they are handed to the pipe. */
const chunkSize = 1 << 18

/** Events as NDJSON. A batch may be written again after a crash: a pipe cannot be asked what it has. */
export const stdout = defineSink({
  type: 'stdout',
  summary: 'Events, metrics and alerts as JSON lines on standard output.',
  stability: 'stable',
  config: Config,
  example: {},
  build: (_config, ports): EventSink => new NdjsonSink(ports.stdout),
  documents: {
    kinds: ['metrics', 'alerts'],
    build: (_config, ports) => (documents) => ports.stdout(bytesOf(`${documents.join('\n')}\n`)),
  },
})

/** Encodes rows as JSON lines and hands them on in large pieces. */
export class NdjsonSink implements EventSink {
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #encoder = new EventEncoder()
  readonly #out = new ByteWriter(chunkSize + (1 << 16))

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  async write(batch: EventBatch, from: number): Promise<void> {
    const out = this.#out
    for (let row = from; row < batch.count; row++) {
      this.#encoder.encode(batch, row, out)
      out.reserve(1)
      out.bytes[out.at++] = 0x0a
      if (out.at >= chunkSize) await this.#flush()
    }
    await this.#flush()
  }

  async stop(): Promise<void> {
    await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#out.at === 0) return
    await this.#write(this.#out.written())
    this.#out.reset()
  }
}
