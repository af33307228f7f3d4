import { z } from 'zod'
import { bytesOf, ByteWriter } from '../core/byte-writer.ts'
import { defineSink, type EventSink } from '../core/component.ts'
import { EventEncoder } from '../core/encode-event.ts'
import type { EventBatch } from '../core/event-batch.ts'

const Config = z.strictObject({})

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

/** Encodes rows as JSON lines and hands on those of a batch. */
export class NdjsonSink implements EventSink {
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #encoder = new EventEncoder()
  readonly #out = new ByteWriter(1 << 20)

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  async write(batch: EventBatch, from: number): Promise<void> {
    this.#encoder.encode(batch, from, batch.count, this.#out)
    if (this.#out.at === 0) return
    await this.#write(this.#out.written())
    this.#out.reset()
  }

  /** All has been written. */
  async stop(): Promise<void> {}
}
