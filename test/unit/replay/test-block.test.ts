import { expect, test } from 'vitest'
import type { ParseStage } from '../../../src/core/component.ts'
import type { EventTables } from '../../../src/core/event-batch.ts'
import { EventWriter } from '../../../src/core/event-writer.ts'
import type { TestBlock } from '../../../src/core/test-block.ts'
import type { BlockStages } from '../../../src/replay/block-run.ts'
import { runTestBlock } from '../../../src/replay/test-block.ts'

/** Stages that give an event for each record, with a message as `say` makes it, and no metrics or alerts. */
function stagesOf(say: (records: number, source: string) => string): BlockStages<{ late: number }, null> {
  function parse(tables: EventTables): ParseStage {
    return {
      parserFor: ({ id }) => ({
        parse(records, events) {
          const writer = new EventWriter(events)
          for (let i = 0; i < records.count; i++) {
            writer.begin()
            writer.setFormat(tables.formatId({ name: 'fake', constants: {}, isAccess: false }))
            writer.string(tables.fields.id('message'), say(records.count, id))
            writer.end(i, i, records.timestamp[i]!, 0)
          }
        },
        flush: () => {},
        hasOpenJoins: false,
        openFrom: undefined,
        save: () => new Uint8Array(0),
        restore: () => {},
      }),
    }
  }
  const unit = { stateVersion: 1, step: () => {}, decide: () => {}, encode: () => [] }
  return {
    pipeline: 'fake',
    constants: [],
    tickMs: 15_000,
    configHash: '',
    derives: [],
    parse,
    deriveUnit: () => ({ ...unit, initial: () => ({ late: 0 }), decode: () => ({ late: 0 }) }),
    alertUnit: () => ({ ...unit, initial: () => null, decode: () => null, alerts: () => [], nextTick: () => Infinity }),
  }
}

const record = { kind: 'record', file: undefined, key: undefined, headers: {}, timestampMs: undefined } as const

function blockOf(count: number): TestBlock {
  const nothing = { metrics: undefined, alerts: undefined, transitions: undefined }
  return {
    name: 'a block',
    place: 'a.yaml:1',
    rules: undefined,
    startMs: Date.UTC(2026, 0, 5),
    format: undefined,
    given: Array.from({ length: count }, () => ({ ...record, value: new Uint8Array(1), partition: 0 })),
    advanceToMs: undefined,
    expect: { ...nothing, events: undefined, deadLetters: undefined, drops: undefined },
  }
}

function problems(say: (records: number, source: string) => string): readonly string[] {
  return runTestBlock(blockOf(12), stagesOf(say), () => new Uint8Array(0)).problems
}

test('what depends on the record alone passes', () => {
  expect(problems(() => 'same')).toEqual([])
})

test.each([
  ['on where batches are cut', (records: number) => `one of ${records}`],
  ['on the partition', (_records: number, source: string) => `from ${source}`],
])('what depends %s is found by the second run', (_what, say) => {
  const [title, first] = problems(say)
  expect(title).toBe('events: not the same over 3 partitions with other cuts')
  expect(first).toMatch(/^ {2}(as given|spread) /)
})
