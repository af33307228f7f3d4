import { mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claim, Commit, Output, Snapshot } from '../../../src/core/unit.ts'
import { openDatabase } from '../../../src/state/database.ts'
import { EntryStore } from '../../../src/state/entry-store.ts'
import { EventStore } from '../../../src/state/event-store.ts'
import { OutputStore } from '../../../src/state/output-store.ts'
import { PendingWrites } from '../../../src/state/pending-writes.ts'
import { SnapshotStore } from '../../../src/state/snapshot-store.ts'
import { openStore, type Store } from '../../../src/state/store.ts'
import { StoreLog } from '../../../src/state/unit-log.ts'
import { batchOf, noon, temporaryFolder } from '../../support/stored-events.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function commit(claim: Claim, seq: number, more: Partial<Commit> = {}): Commit {
  const [from, next] = [BigInt(seq - 1), BigInt(seq)].map((offset) => ({ offset, sub: 0 }))
  return { unit: claim.unit, seq, from: from!, next: next!, decisions: [], outputs: [], progress: { seq }, ...more }
}

function alert(revision: number, value = `{"logpipe":{"ruleId":"slow","state":"firing"}}`): Output {
  return { stage: 'alert', id: 'q3X0vR1s', revision, key: 'a387967c5fe3a24a', value, headers: { ce_id: 'q' } }
}

function snapshot(unit: string, ordinal: number): Snapshot {
  const chunks = [{ id: 'cells', bytes: new Uint8Array(5000).fill(ordinal) }]
  return {
    unit,
    seq: ordinal,
    frames: 0,
    stateVersion: 1,
    configHash: 'c0ffee',
    position: { offset: BigInt(ordinal), sub: 0 },
    decision: ordinal,
    chunks,
  }
}

const line = [{ message: 'GET /pay 200', timeMs: noon }]

describe('one transaction', () => {
  let store: Store
  beforeEach(() => {
    store = openStore(folder.dir)
  })
  afterEach(() => store.close())

  function visible(): unknown {
    const { query, outputs } = store.view
    return [query.count({ expression: '', nowMs: noon }), outputs.alerts().length, store.view.deadLetters.list().length]
  }

  test('holds documents, dead letters, memory, decisions and outputs until the commit', async () => {
    const claim = await store.log.claim('derive/pay.log')
    const batch = batchOf([...line, { message: '\u0000\u0001', timeMs: noon, dead: 'decode_failed' }])
    await store.events.write(batch, 0)
    store.deadLetters.add(batch, { configHash: 'c0ffee', version: '0.1.0', instance: 'a', nowMs: noon })
    store.memory.set('file', { generation: 2 })
    const position = { offset: 5n, sub: 0 }
    await store.log.decide(claim, { epoch: claim.epoch, position, ordinal: 1, kind: 'lull', value: null, wallMs: noon })
    expect(visible()).toEqual([{ ok: true, value: 0 }, 0, 0])
    expect(await store.log.commit([{ claim, commit: commit(claim, 1, { outputs: [alert(1)] }) }])).toBe('committed')
    expect(visible()).toEqual([{ ok: true, value: 1 }, 1, 1])
    store.close()
    store = openStore(folder.dir)
    expect(store.memory.get('file')).toEqual({ generation: 2 })
    expect(store.log.decisions('derive/pay.log')).toHaveLength(1)
    expect(await store.log.units()).toEqual(['derive/pay.log'])
  })

  test('is dropped whole by a stop before the commit', async () => {
    const claim = await store.log.claim('derive/pay.log')
    await store.events.write(batchOf(line), 0)
    store.memory.set('file', 1)
    store.close()
    store = openStore(folder.dir)
    expect(visible()).toEqual([{ ok: true, value: 0 }, 0, 0])
    expect(store.memory.get('file')).toBeUndefined()
    expect(await store.log.claim(claim.unit)).toMatchObject({ progress: undefined, decisions: [] })
  })

  test('stays open with its documents when a commit is fenced', async () => {
    const old = await store.log.claim('derive/pay.log')
    await store.events.write(batchOf(line), 0)
    const now = await store.log.claim('derive/pay.log')
    expect(await store.log.commit([{ claim: old, commit: commit(old, 1) }])).toBe('fenced')
    expect(await store.log.commit([{ claim: now, commit: commit(now, 1) }])).toBe('committed')
    expect(visible()).toEqual([{ ok: true, value: 1 }, 0, 0])
  })

  test('counts a second content under one id and revision, and keeps the first', async () => {
    const claim = await store.log.claim('alert/0')
    const outputs = [alert(1), alert(1), alert(1, '{"other":true}')]
    await store.log.commit([{ claim, commit: commit(claim, 1, { outputs }) }])
    expect(store.counts.outputs).toEqual({ written: 1, repeated: 1, mismatched: 1 })
    expect(store.view.outputs.alertHistory('q3X0vR1s')).toMatchObject([{ rule: 'slow', state: 'firing', revision: 1 }])
  })

  test('gives alerts to a follower in the order of commits', async () => {
    const claim = await store.log.claim('alert/0')
    await store.log.commit([{ claim, commit: commit(claim, 1, { outputs: [alert(1), alert(2)] }) }])
    const [first] = store.log.alertsAfter(0, 1)
    expect(first).toMatchObject({ output: { ...alert(1) } })
    expect(store.log.alertsAfter(first!.n, 10).map((one) => one.output.revision)).toEqual([2])
  })
})

describe('a large snapshot', () => {
  test('is written in slices: other work goes on, and may even make durable what it is to go with', async () => {
    const store = openStore(folder.dir)
    const claim = await store.log.claim('alert')
    await store.log.commit([{ claim, commit: commit(claim, 1, { snapshot: snapshot('alert', 1) }) }])
    const chunks = Array.from({ length: 6 }, (_, i) => ({ id: `c${i}`, bytes: new Uint8Array(1 << 20).fill(i) }))
    const large = commit(claim, 2, { snapshot: { ...snapshot('alert', 2), chunks }, change: new Uint8Array([2]) })
    let isDone = false
    let turns = 0
    const committing = store.log.commit([{ claim, commit: large }]).then(() => (isDone = true))
    const copy = path.join(folder.dir, 'copy')
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve))
      // As if the process were gone here: another one sees the commit without its snapshot.
      if (++turns === 3) {
        store.flush()
        const db = new DatabaseSync(path.join(folder.dir, 'logpipe.db'))
        db.exec(`VACUUM INTO '${path.join(folder.dir, 'copy.db')}'`)
        db.close()
      }
    }
    await committing
    expect(turns).toBeGreaterThan(4)
    expect((await store.log.claim('alert')).snapshots.map(({ seq }) => seq)).toEqual([2, 1])
    store.close()
    mkdirSync(copy)
    renameSync(path.join(folder.dir, 'copy.db'), path.join(copy, 'logpipe.db'))
    const early = openStore(copy)
    const again = await early.log.claim('alert')
    expect(again.progress?.seq).toBe(2)
    expect(again.snapshots.map(({ seq }) => seq)).toEqual([1])
    await expect(early.log.changes(again, 1).next()).resolves.toMatchObject({ value: { n: 2 } })
    early.close()
  })
})

describe('a lost transaction', () => {
  test('fences every claim, and the units start again from the last commit', async () => {
    const database = openDatabase(folder.dir)
    const { db } = database
    const writes = new PendingWrites(db, database.path)
    const events = new EventStore(database, writes)
    const entries = new EntryStore(db)
    const log = new StoreLog(db, writes, { snapshots: new SnapshotStore(db), outputs: new OutputStore(db), entries })
    const [a, b] = [await log.claim('a'), await log.claim('b')]
    await log.commit([
      { claim: a, commit: commit(a, 1) },
      { claim: b, commit: commit(b, 1) },
    ])
    await events.write(batchOf(line), 0)
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count'])
    db.exec(`PRAGMA max_page_count = ${pages}`)
    const large = { ...snapshot('a', 1), chunks: [{ id: 'cells', bytes: new Uint8Array(1e6) }] }
    const parts = [
      { claim: a, commit: commit(a, 2, { snapshot: large }) },
      { claim: b, commit: commit(b, 2) },
    ]
    await expect(log.commit(parts)).rejects.toMatchObject({ code: 'LP_STORE_FULL' })
    db.exec('PRAGMA max_page_count = 100000')
    expect(await log.commit([parts[1]!])).toBe('fenced')
    await expect(log.resolve(a)).rejects.toMatchObject({ code: 'LP_STATE_FENCED' })
    const again = await log.claim('a')
    expect(again.progress).toMatchObject({ seq: 1 })
    expect(again.epoch).toBeGreaterThan(b.epoch)
    expect(db.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 0 })
    await events.write(batchOf(line), 0)
    expect(await log.commit([{ claim: again, commit: commit(again, 2) }])).toBe('committed')
    expect(db.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 1 })
    database.close()
  })
})

describe('a damaged snapshot', () => {
  async function withSnapshots(): Promise<void> {
    const store = openStore(folder.dir)
    const claim = await store.log.claim('derive/a')
    for (const seq of [1, 2, 3]) {
      await store.log.commit([{ claim, commit: commit(claim, seq, { snapshot: snapshot('derive/a', seq) }) }])
    }
    store.close()
  }

  test.each([
    ['a bit of the newest', 'UPDATE chunks SET bytes = zeroblob(5000) WHERE snapshot = 3', [2, 1]],
    ['a chunk that is missing', 'DELETE FROM chunks WHERE snapshot = 3', [2, 1]],
    ['a chunk of another name', "UPDATE chunks SET id = 'x' WHERE snapshot IN (2, 3)", [1]],
    ['the position', 'UPDATE snapshots SET position = 77 WHERE n = 3', [2, 1]],
    ['all of them', 'UPDATE snapshots SET sha256 = zeroblob(32)', []],
  ])('is left out: %s', async (_, sql, left) => {
    await withSnapshots()
    const db = new DatabaseSync(path.join(folder.dir, 'logpipe.db'))
    db.exec(sql)
    db.close()
    const store = openStore(folder.dir)
    const claim = await store.log.claim('derive/a')
    expect(claim.snapshots.map((one) => one.decision)).toEqual(left)
    expect(claim.snapshots[0]?.chunks ?? []).toEqual(left.length > 0 ? snapshot('derive/a', left[0]!).chunks : [])
    expect(claim.progress).toMatchObject({ seq: 3 })
    store.close()
  })

  test('names the oldest position that a restart may need', async () => {
    await withSnapshots()
    const store = openStore(folder.dir)
    expect([store.log.oldestPosition('derive/a'), store.log.oldestPosition('none')]).toEqual([1n, undefined])
    store.close()
  })
})
