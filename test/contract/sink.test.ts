import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventSink, SinkDefinition } from '../../src/core/component.ts'
import { isLogpipeError, LogpipeError } from '../../src/core/error.ts'
import { EventEncoder } from '../../src/core/encode-event.ts'
import { ByteWriter } from '../../src/core/byte-writer.ts'
import type { EventBatch } from '../../src/core/event-batch.ts'
import { sinks } from '../../src/registry.ts'
import { openStore } from '../../src/state/store.ts'
import { batchOf, noon, temporaryFolder, type EventSpec } from '../support/stored-events.ts'

/** Rows [from, count) as JSON text. */
function rowsOf(batch: EventBatch, from = 0): string[] {
  const encoder = new EventEncoder()
  const out = new ByteWriter()
  return Array.from({ length: batch.count - from }, (_, i) => {
    out.reset()
    encoder.encode(batch, from + i, out)
    return Buffer.from(out.written()).toString()
  })
}

/** The outside of a sink, which notes all that arrives. `fails` is asked before each call. */
class Outside {
  readonly bytes: Buffer[] = []
  readonly stored: string[] = []
  fails: () => Error | undefined = () => undefined

  readonly stdout = async (bytes: Uint8Array): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve)) // Whoever hands over bytes leaves them alone until they are taken.
    const error = this.fails()
    if (error !== undefined) throw error
    this.bytes.push(Buffer.from(bytes))
  }

  readonly store: EventSink = {
    write: async (batch, from) => {
      const error = this.fails()
      if (error !== undefined) throw error
      this.stored.push(...rowsOf(batch, from))
    },
    stop: async () => {},
  }

  /** Every document that left, whichever way. */
  get documents(): string[] {
    const lines = Buffer.concat(this.bytes).toString().split('\n')
    expect(lines.pop(), 'ends with a whole line').toBe('')
    return [...lines, ...this.stored]
  }
}

function build(definition: SinkDefinition, outside: Outside): EventSink {
  return definition.build(definition.config.parse(definition.example) as never, outside)
}

const spec = fc.record(
  {
    message: fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), fc.constant('x'.repeat(90_000))),
    timeMs: fc.integer({ min: noon, max: noon + 1e6 }),
    service: fc.constantFrom('api', 'pay'),
    level: fc.integer({ min: 1, max: 6 }),
    status: fc.constantFrom(200, 503),
  },
  { requiredKeys: ['message', 'timeMs'] },
)
const batches = fc.array(fc.record({ specs: fc.array(spec, { minLength: 1, maxLength: 12 }), from: fc.nat(3) }), {
  minLength: 1,
  maxLength: 4,
})

interface Given {
  readonly batch: EventBatch
  readonly from: number
}

function givenOf(all: readonly { specs: readonly EventSpec[]; from: number }[]): Given[] {
  return all.map(({ specs, from }, i) => {
    const batch = batchOf(specs, { base: i * 10_000 })
    return { batch, from: Math.min(from, batch.count) }
  })
}

describe.each(sinks)('the sink $type', (definition) => {
  test('hands on every row from the one asked for, once, in order, before `write` resolves', async () => {
    const property = fc.asyncProperty(batches, async (all) => {
      const outside = new Outside()
      const sink = build(definition, outside)
      const expected: string[] = []
      for (const { batch, from } of givenOf(all)) {
        await sink.write(batch, from)
        expected.push(...rowsOf(batch, from))
        expect(outside.documents).toEqual(expected)
      }
      await sink.stop()
      expect(outside.documents).toEqual(expected)
    })
    await fc.assert(property, { numRuns: 20 })
  })

  test('rejects if the other side does, and loses nothing when the rows are written again', async () => {
    const property = fc.asyncProperty(batches, fc.nat(3), async (all, failAt) => {
      const outside = new Outside()
      let calls = 0
      outside.fails = () =>
        calls++ === failAt ? new LogpipeError('LP_SINK_WRITE', 'writing standard output') : undefined
      const sink = build(definition, outside)
      const rows: string[] = []
      for (const { batch, from } of givenOf(all)) {
        rows.push(...rowsOf(batch, from))
        const error: unknown = await sink.write(batch, from).then(
          () => undefined,
          (cause: unknown) => cause,
        )
        if (error === undefined) continue
        expect(isLogpipeError(error) && error.code).toBe('LP_SINK_WRITE')
        await sink.write(batch, from)
      }
      await sink.stop()
      const { documents } = outside
      // Again means: maybe twice, never with a gap, never in pieces.
      expect(documents.filter((row, i) => documents.indexOf(row) === i)).toEqual([...new Set(rows)])
    })
    await fc.assert(property, { numRuns: 20 })
  })

  test('may be stopped before its first write, and twice', async () => {
    const outside = new Outside()
    const sink = build(definition, outside)
    await sink.stop()
    await sink.stop()
    expect(outside.documents).toEqual([])
  })

  test('writes rows again after a restart as they were, and a store keeps one of each', async () => {
    const folder = temporaryFolder()
    const specs = Array.from({ length: 40 }, (_, i) => ({ message: `charge ${i}`, timeMs: noon + i }))
    for (const times of [1, 2]) {
      const store = openStore(folder.dir)
      const outside = new Outside()
      const sink = definition.build(definition.config.parse(definition.example) as never, {
        stdout: outside.stdout,
        store: store.events,
      })
      await sink.write(batchOf(specs), 0)
      await sink.stop()
      store.flush()
      const { written, repeated, mismatched } = store.counts.events
      const [inStore, outOfIt] = [written + repeated, outside.documents.length]
      expect([inStore + outOfIt, mismatched]).toEqual([specs.length, 0])
      if (inStore > 0) expect([written, repeated]).toEqual(times === 1 ? [specs.length, 0] : [0, specs.length])
      store.close()
    }
    folder.remove()
  })
})
