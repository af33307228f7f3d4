import { afterEach, expect, test } from 'vitest'
import type { Output } from '../../../src/core/unit.ts'
import type { Digest } from '../../../src/state/digest.ts'
import { openStore } from '../../../src/state/store.ts'
import { batchOf, fileSource, noon, temporaryFolder, type EventSpec } from '../../support/stored-events.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

interface Content {
  /** Batches of events: file, position of the first, events. */
  readonly batches: readonly (readonly [string, number, readonly EventSpec[]])[]
  readonly outputs?: readonly Output[]
  readonly nowMs?: number
}

/** Exact and content digest of a store with that content. */
async function digests(content: Content): Promise<{ exact: Digest; content: Digest }> {
  const folder = temporaryFolder()
  const store = openStore(folder.dir)
  cleanups.push(() => {
    store.close()
    folder.remove()
  })
  for (const [name, base, specs] of content.batches) {
    const batch = batchOf(specs, { source: fileSource(name), base })
    await store.events.write(batch, 0)
    store.deadLetters.add(batch, { configHash: '', version: '', instance: '', nowMs: content.nowMs ?? noon })
  }
  const claim = await store.log.claim('alert/0')
  const [from, next] = [
    { offset: 0n, sub: 0 },
    { offset: 1n, sub: 0 },
  ]
  const commit = { unit: 'alert/0', seq: 1, from, next, decisions: [], outputs: content.outputs ?? [], progress: null }
  await store.log.commit([{ claim, commit }])
  return { exact: store.view.exactDigest(), content: store.view.contentDigest() }
}

const a: EventSpec = { message: 'GET /pay 200', timeMs: noon, service: 'pay' }
const b: EventSpec = { message: 'GET /pay 500', timeMs: noon + 1000, service: 'pay' }
const c: EventSpec = { message: 'broken', timeMs: noon + 2000, dead: 'decode_failed' }

function alert(revision: number, more: object = {}): Output {
  const value = JSON.stringify({
    status: 'firing',
    alerts: [{ labels: { service: 'pay' } }],
    logpipe: { alertId: 'q3X0', revision, ruleId: 'slow', state: 'firing', ...more },
  })
  return { stage: 'alert', id: 'q3X0', revision, key: 'a387967c5fe3a24a', value, headers: {} }
}

test('the exact digest does not depend on batch cuts, order of arrival and the clock', async () => {
  const one = await digests({ batches: [['a.log', 0, [a, b, c]]] })
  const cut = await digests({
    batches: [
      ['a.log', 100, [b, c]],
      ['a.log', 0, [a]],
    ],
    nowMs: noon + 99_000,
  })
  expect(cut).toEqual(one)
})

test.each<[string, Content]>([
  ['an event less', { batches: [['a.log', 0, [a, c]]] }],
  [
    'another position',
    {
      batches: [
        ['a.log', 0, [a]],
        ['a.log', 300, [b]],
        ['a.log', 200, [c]],
      ],
    },
  ],
  ['another content', { batches: [['a.log', 0, [a, { ...b, level: 5 }, c]]] }],
  ['another dead letter', { batches: [['a.log', 0, [a, b, { ...c, dead: 'poison' }]]] }],
  ['an alert more', { batches: [['a.log', 0, [a, b, c]]], outputs: [alert(1)] }],
])('the exact digest sees %s', async (_, other) => {
  const one = await digests({ batches: [['a.log', 0, [a, b, c]]] })
  expect((await digests(other)).exact.all).not.toBe(one.exact.all)
})

test('the content digest does not depend on files, positions, and how many revisions led there', async () => {
  const one = await digests({ batches: [['a.log', 0, [a, b, c]]], outputs: [alert(1), alert(2)] })
  const other = await digests({
    batches: [
      ['x.log', 700, [b]],
      ['y.log', 0, [c, a]],
    ],
    outputs: [{ ...alert(1), id: 'other' }],
  })
  expect(other.content).toEqual(one.content)
  expect(other.exact).not.toEqual(one.exact)
})

test.each<[keyof Digest, Content]>([
  ['events', { batches: [['a.log', 0, [a, b, b, c]]] }],
  ['events', { batches: [['a.log', 0, [a, { ...b, timeMs: noon + 1001 }, c]]] }],
  ['deadLetters', { batches: [['a.log', 0, [a, b, { ...c, message: 'broken too' }]]] }],
  ['alerts', { batches: [['a.log', 0, [a, b, c]]], outputs: [alert(1), alert(2, { state: 'resolved' })] }],
])('the content digest sees a difference in %s, and in nothing else', async (kind, other) => {
  const one = await digests({ batches: [['a.log', 0, [a, b, c]]], outputs: [alert(1)] })
  const { content } = await digests({ outputs: [alert(1)], ...other })
  const kinds = ['events', 'metrics', 'alerts', 'deadLetters', 'all'] as const
  expect(kinds.filter((name) => content[name] !== one.content[name])).toEqual([kind, 'all'])
})
