import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import type { Output } from '../../../src/core/unit.ts'
import { openStore, type Store } from '../../../src/state/store.ts'
import { batchOf, noon, temporaryFolder } from '../../support/stored-events.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store
beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.dir)
})
afterEach(() => {
  store.close()
  folder.remove()
})

const day = 86_400_000
const none = { nowMs: noon + 10 * day, limits: {}, journalFloor: () => undefined, pause: async () => {} }

function metric(id: string, at: string): Output {
  const value = JSON.stringify({ '@timestamp': at, logpipe: { metric: { id: 'error-rate' } } })
  return { stage: 'metric', id, revision: 1, key: id, value, headers: {} }
}

function alert(id: string, revision: number, facts: { state: string; at: string }): Output {
  const value = JSON.stringify({ logpipe: { ruleId: 'slow', state: facts.state, windowEnd: facts.at } })
  return { stage: 'alert', id, revision, key: id, value, headers: {} }
}

async function fill(): Promise<void> {
  const specs = Array.from({ length: 1000 }, (_, i) => ({ message: `order ${i} paid`, timeMs: noon + (i % 10) * day }))
  await store.events.write(batchOf(specs), 0)
  const dead = batchOf([{ message: 'x', timeMs: noon, dead: 'poison' as const }])
  store.deadLetters.add(dead, { configHash: '', version: '', instance: '', nowMs: noon })
  store.deadLetters.add(batchOf([{ message: 'y', timeMs: noon, dead: 'poison' as const }], { base: 50 }), {
    configHash: '',
    version: '',
    instance: '',
    nowMs: noon + 9 * day,
  })
  const claim = await store.log.claim('alert/0')
  const outputs = [
    metric('old', '2026-11-21T12:00:00Z'),
    metric('new', '2026-11-30T12:00:00Z'),
    alert('ended', 1, { state: 'firing', at: '2026-11-21T12:00:00Z' }),
    alert('ended', 2, { state: 'resolved', at: '2026-11-21T13:00:00Z' }),
    alert('burning', 1, { state: 'firing', at: '2026-11-21T12:00:00Z' }),
    alert('recent', 1, { state: 'firing', at: '2026-11-21T12:00:00Z' }),
    alert('recent', 2, { state: 'resolved', at: '2026-11-30T12:00:00Z' }),
  ]
  const [from, next] = [
    { offset: 0n, sub: 0 },
    { offset: 1n, sub: 0 },
  ]
  const commit = { unit: 'alert/0', seq: 1, from, next, decisions: [], outputs, progress: null }
  await store.log.commit([{ claim, commit }])
}

test('deletes what is older than its limit, and nothing else', async () => {
  await fill()
  const limits = { events: 4 * day, metrics: 4 * day, alerts: 4 * day, deadLetters: 4 * day }
  expect(await store.retain({ ...none, limits })).toEqual({
    events: 600,
    decisions: 0,
    metrics: 1,
    alerts: 2,
    deadLetters: 1,
    journal: 0,
  })
  const { query, outputs, deadLetters } = store.view
  expect(query.count({ expression: '', nowMs: noon })).toEqual({ ok: true, value: 400 })
  expect(query.count({ expression: 'paid', nowMs: noon })).toEqual({ ok: true, value: 400 })
  expect(query.count({ expression: '..2026-11-27T12:00:00Z', nowMs: noon })).toEqual({ ok: true, value: 0 })
  expect(outputs.metrics().map((one) => one.id)).toEqual(['new'])
  expect(outputs.alerts().map((one) => one.id)).toEqual(['recent', 'burning'])
  expect(outputs.alertHistory('recent')).toHaveLength(2)
  expect(deadLetters.list().map((one) => one.at)).toEqual([noon + 9 * day])
  expect(await store.retain({ ...none, limits })).toMatchObject({ events: 0, alerts: 0 })
})

test('keeps kinds without a limit for ever', async () => {
  await fill()
  expect(await store.retain({ ...none, nowMs: noon + 9999 * day })).toMatchObject({
    events: 0,
    metrics: 0,
    alerts: 0,
    deadLetters: 0,
  })
})

test('pauses between slices, and leaves what the writer has pending to its commit', async () => {
  await fill()
  let pauses = 0
  const pause = async (): Promise<void> => {
    if (pauses++ === 0)
      await store.events.write(batchOf([{ message: 'late', timeMs: noon + 9 * day }], { base: 1e6 }), 0)
  }
  expect(await store.retain({ ...none, limits: { events: 4 * day }, pause })).toMatchObject({ events: 600 })
  expect(pauses).toBeGreaterThan(1)
  expect(store.view.query.count({ expression: 'late', nowMs: noon })).toEqual({ ok: true, value: 0 })
  store.flush()
  expect(store.view.query.count({ expression: '', nowMs: noon })).toEqual({ ok: true, value: 401 })
})

test('releases the journal up to the oldest position of a restart, and none whose position is unknown', async () => {
  for (const input of ['http', 'stdin'])
    await store.journal.append(
      input,
      [0, 1, 2].map((i) => bytesOf(`line ${i}`)),
      noon,
    )
  const journalFloor = (input: string): bigint | undefined => (input === 'http' ? 2n : undefined)
  expect(await store.retain({ ...none, limits: { journal: 20 * day }, journalFloor })).toMatchObject({ journal: 0 })
  expect(await store.retain({ ...none, journalFloor })).toMatchObject({ journal: 2 })
  expect(['http', 'stdin'].map((input) => store.journal.partition(input, 'p').start)).toEqual([2n, 0n])
})

test('deletes decisions that neither a restart nor a replay of the events needs', async () => {
  const claim = await store.log.claim('derive/shop/a')
  const few = await store.log.claim('derive/shop/b')
  for (let seq = 1; seq <= 5; seq++) {
    const [from, next] = [BigInt(seq - 1), BigInt(seq)].map((offset) => ({ offset, sub: 0 }))
    // One a day; the second of each day lies ahead of what has been read.
    const decisions = [next!, { offset: 100n + next!.offset, sub: 0 }].map((position, i) => {
      const ordinal = seq * 2 - 1 + i
      return { epoch: 1, position, ordinal, kind: 'lull' as const, value: {}, wallMs: noon + seq * day }
    })
    const heads = { from: from!, next: next!, outputs: [], progress: null }
    const snapshot = (unit: string) => ({
      unit,
      seq,
      frames: 0,
      stateVersion: 1,
      configHash: '',
      position: next!,
      decision: seq * 2,
      chunks: [],
    })
    await store.log.commit([
      { claim, commit: { ...heads, unit: claim.unit, seq, decisions, snapshot: snapshot(claim.unit) } },
      {
        claim: few,
        commit: { ...heads, unit: few.unit, seq, decisions, ...(seq < 3 ? { snapshot: snapshot(few.unit) } : {}) },
      },
    ])
  }
  const left = (unit: string): number[] => store.log.decisions(unit).map(({ ordinal }) => ordinal)
  expect(await store.retain(none)).toMatchObject({ decisions: 0 })
  expect(await store.retain({ ...none, limits: { events: 8.5 * day } })).toMatchObject({ decisions: 1 })
  expect(left(claim.unit)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
  // The oldest of three snapshots stands at 3.
  expect(await store.retain({ ...none, limits: { events: day } })).toMatchObject({ decisions: 2 })
  expect(left(claim.unit)).toEqual([2, 4, 6, 7, 8, 9, 10])
  expect(left(few.unit)).toHaveLength(10)
})
