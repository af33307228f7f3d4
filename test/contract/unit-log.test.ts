import { afterEach, describe, expect, test } from 'vitest'
import type { Claim, Commit, Decision, Entry, Output, Snapshot, UnitLog } from '../../src/core/unit.ts'
import { openStore } from '../../src/state/store.ts'
import { FakeUnitLog } from '../support/fake-unit-log.ts'
import { temporaryFolder } from '../support/stored-events.ts'

interface Subject {
  readonly log: UnitLog
  /** Outputs that a reader sees, as `id:revision value`. */
  readonly outputs: () => string[]
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function onSqlite(): Subject {
  const folder = temporaryFolder()
  const store = openStore(folder.dir)
  cleanups.push(() => {
    store.close()
    folder.remove()
  })
  const { outputs } = store.view
  return {
    log: store.log,
    outputs: () => {
      const alerts = outputs.alerts().flatMap((alert) => outputs.alertHistory(alert.id))
      return [...outputs.metrics(), ...alerts].map((one) => `${one.id}:${one.revision} ${one.doc}`)
    },
  }
}

function inMemory(): Subject {
  const log = new FakeUnitLog()
  const outputs = (): string[] =>
    [...log.metrics.values(), ...log.alerts].map((one) => `${one.id}:${one.revision} ${one.value}`)
  return { log, outputs }
}

function decision(claim: Claim, ordinal: number, more: Partial<Decision> = {}): Decision {
  const position = { offset: BigInt(ordinal * 10), sub: 0 }
  return {
    epoch: claim.epoch,
    position,
    ordinal,
    kind: 'lull',
    value: { lift: ordinal },
    wallMs: 1_795_299_255_106,
    ...more,
  }
}

function commit(claim: Claim, seq: number, more: Partial<Commit> = {}): Commit {
  const from = { offset: BigInt(seq - 1) * 100n, sub: 0 }
  const next = { offset: BigInt(seq) * 100n, sub: 0 }
  return { unit: claim.unit, seq, from, next, decisions: [], outputs: [], progress: { seq }, ...more }
}

function snapshot(unit: string, ordinal: number, bytes = new Uint8Array([ordinal])): Snapshot {
  const position = { offset: BigInt(ordinal), sub: ordinal }
  return {
    unit,
    seq: ordinal,
    frames: 0,
    stateVersion: 2,
    configHash: 'c0ffee',
    position,
    decision: ordinal,
    chunks: [
      { id: 'a', bytes },
      { id: 'b', bytes: new Uint8Array(0) },
    ],
  }
}

function metric(revision: number, value = '{"logpipe":{"metric":{"id":"error-rate"}}}'): Output {
  return { stage: 'metric', id: 'JQx0_metric', revision, key: 'JQx0_metric', value, headers: {} }
}

function alert(revision: number): Output {
  return {
    stage: 'alert',
    id: 'q3X0vR1s',
    revision,
    key: 'a387967c5fe3a24a',
    value: `{"revision":${revision}}`,
    headers: { ce_id: `q3X0vR1s:${revision}` },
  }
}

describe.each([
  ['SQLite', onSqlite],
  ['memory', inMemory],
])('a unit log in %s', (_, make) => {
  test('gives the first owner an empty unit', async () => {
    const { log } = make()
    const claim = await log.claim('derive/pay.log')
    expect(claim).toMatchObject({ unit: 'derive/pay.log', progress: undefined, snapshots: [], decisions: [] })
    expect(claim.epoch).toBeGreaterThan(0)
    expect(await log.resolve(claim)).toBeUndefined()
  })

  test('keeps progress for the next owner, with positions beyond 2^53', async () => {
    const { log } = make()
    const claim = await log.claim('alert/0')
    const next = { offset: 2n ** 60n + 1n, sub: 3 }
    expect(
      await log.commit([{ claim, commit: commit(claim, 1, { next, progress: { lastTo: { a: '7' }, seen: [1, 2] } }) }]),
    ).toBe('committed')
    const later = await log.claim('alert/0')
    expect(later.epoch).toBeGreaterThan(claim.epoch)
    expect(later.progress).toEqual({ seq: 1, epoch: claim.epoch, next, value: { lastTo: { a: '7' }, seen: [1, 2] } })
    expect(await log.resolve(later)).toEqual(later.progress)
  })

  test('fences the owner before', async () => {
    const { log, outputs } = make()
    const old = await log.claim('derive/a')
    const now = await log.claim('derive/a')
    expect(await log.decide(old, decision(old, 1))).toBe('void')
    expect(await log.commit([{ claim: old, commit: commit(old, 1, { outputs: [metric(1)] }) }])).toBe('fenced')
    await expect(log.resolve(old)).rejects.toMatchObject({ code: 'LP_STATE_FENCED' })
    expect(await log.resolve(now)).toBeUndefined()
    expect((await log.claim('derive/a')).decisions).toEqual([])
    expect(outputs()).toEqual([])
  })

  test('makes the commits of several units visible together or not at all', async () => {
    const { log, outputs } = make()
    const [a, b] = [await log.claim('a'), await log.claim('b')]
    const parts = [
      { claim: a, commit: commit(a, 1, { outputs: [metric(1, '{"a":1}')] }) },
      { claim: b, commit: commit(b, 1, { outputs: [alert(1)] }) },
    ]
    await log.claim('b')
    expect(await log.commit(parts)).toBe('fenced')
    expect(await log.resolve(a)).toBeUndefined()
    expect(outputs()).toEqual([])
    const again = await log.claim('b')
    expect(await log.commit([parts[0]!, { claim: again, commit: parts[1]!.commit }])).toBe('committed')
    expect(outputs()).toEqual(['JQx0_metric:1 {"a":1}', 'q3X0vR1s:1 {"revision":1}'])
  })

  test('takes a commit that is sent again as done', async () => {
    const { log, outputs } = make()
    const claim = await log.claim('alert/0')
    const first = { claim, commit: commit(claim, 1, { outputs: [alert(1)] }) }
    expect([await log.commit([first]), await log.commit([first])]).toEqual(['committed', 'committed'])
    expect(await log.resolve(claim)).toMatchObject({ seq: 1 })
    expect(outputs()).toEqual(['q3X0vR1s:1 {"revision":1}'])
  })

  test.each([0, 2, 3])('refuses commit %i where 1 is next', async (seq) => {
    const { log, outputs } = make()
    const claim = await log.claim('alert/0')
    const part = { claim, commit: commit(claim, seq, { outputs: [alert(1)] }) }
    await expect(log.commit([part])).rejects.toMatchObject({ code: 'LP_INTERNAL' })
    expect(outputs()).toEqual([])
  })

  test('keeps the newest revision of a metric and all revisions of an alert', async () => {
    const { log, outputs } = make()
    const claim = await log.claim('alert/0')
    await log.commit([{ claim, commit: commit(claim, 1, { outputs: [metric(1), alert(1)] }) }])
    await log.commit([
      { claim, commit: commit(claim, 2, { outputs: [metric(3, '{"n":3}'), metric(2, '{"n":2}'), alert(2)] }) },
    ])
    expect(outputs()).toEqual(['JQx0_metric:3 {"n":3}', 'q3X0vR1s:1 {"revision":1}', 'q3X0vR1s:2 {"revision":2}'])
  })

  test('gives the next owner all decisions, by ordinal: they are needed if every snapshot is damaged', async () => {
    const { log } = make()
    const claim = await log.claim('derive/a')
    for (const ordinal of [1, 2, 3, 4]) expect(await log.decide(claim, decision(claim, ordinal))).toBe('in_force')
    expect((await log.claim('derive/a')).decisions.map((one) => one.ordinal)).toEqual([1, 2, 3, 4])
    const owner = await log.claim('derive/a')
    await log.commit([{ claim: owner, commit: commit(owner, 1, { snapshot: snapshot('derive/a', 2) }) }])
    await log.commit([{ claim: owner, commit: commit(owner, 2, { snapshot: snapshot('derive/a', 3) }) }])
    const { decisions } = await log.claim('derive/a')
    expect(decisions).toEqual([1, 2, 3, 4].map((ordinal) => decision(claim, ordinal)))
  })

  test('records a decision once, whether it came alone, with the commit, or both', async () => {
    const { log } = make()
    const claim = await log.claim('alert/0')
    const position = { offset: 2n ** 60n, sub: 1 }
    await log.decide(claim, decision(claim, 1, { kind: 'exclude', position }))
    const both = [decision(claim, 1, { kind: 'exclude', position }), decision(claim, 2)]
    expect(await log.commit([{ claim, commit: commit(claim, 1, { decisions: both }) }])).toBe('committed')
    expect((await log.claim('alert/0')).decisions).toEqual(both)
  })

  test('keeps the three newest snapshots, newest first, byte for byte', async () => {
    const { log } = make()
    const claim = await log.claim('derive/a')
    const large = Uint8Array.from({ length: 600_000 }, (_, i) => i * 31)
    for (const seq of [1, 2, 3, 4]) {
      const one = snapshot('derive/a', seq, seq === 4 ? large : undefined)
      await log.commit([{ claim, commit: commit(claim, seq, { snapshot: one }) }])
    }
    const { snapshots } = await log.claim('derive/a')
    expect(snapshots.map((one) => one.decision)).toEqual([4, 3, 2])
    expect({ ...snapshots[0], chunks: snapshots[0]!.chunks }).toEqual(snapshot('derive/a', 4, large))
  })

  test('keeps units apart', async () => {
    const { log } = make()
    const [a, b] = [await log.claim('a'), await log.claim('b')]
    await log.decide(a, decision(a, 1))
    await log.commit([{ claim: a, commit: commit(a, 1, { snapshot: snapshot('a', 1) }) }])
    expect(await log.claim('b')).toMatchObject({ progress: undefined, snapshots: [], decisions: [] })
    expect(b.epoch).not.toBe(a.epoch)
  })

  async function entriesOf(entries: AsyncIterable<Entry>): Promise<string[]> {
    const found: string[] = []
    for await (const { n, bytes } of entries) found.push(`${n} ${bytes.join()}`)
    return found
  }

  test('gives changes and frames back as long as a snapshot that is kept needs them', async () => {
    const { log } = make()
    const [a, alerts] = [await log.claim('derive/a'), await log.claim('alert')]
    for (let seq = 1; seq <= 5; seq++) {
      const bytes = new Uint8Array([seq])
      const isKept = seq !== 3
      const one = { change: bytes, frames: [bytes, bytes], ...(isKept ? { snapshot: snapshot('derive/a', seq) } : {}) }
      // The alert unit comes first: its snapshot includes the frames of this commit.
      const both = isKept ? { snapshot: { ...snapshot('alert', seq), frames: seq * 2 } } : {}
      await log.commit([
        { claim: alerts, commit: commit(alerts, seq, both) },
        { claim: a, commit: commit(a, seq, one) },
      ])
      if (seq === 2) expect(await entriesOf(log.frames(alerts, 0))).toEqual(['1 1', '2 1', '3 2', '4 2'])
    }
    expect(await entriesOf(log.changes(a, 2))).toEqual(['3 3', '4 4', '5 5'])
    expect(await entriesOf(log.changes(a, 1))).toEqual([])
    expect(await entriesOf(log.frames(alerts, 4))).toEqual(['5 3', '6 3', '7 4', '8 4', '9 5', '10 5'])
    expect(await log.units()).toEqual(['alert', 'derive/a'])
  })

  test('numbers frames on behind those that the newest snapshot includes', async () => {
    const { log } = make()
    const [a, alerts] = [await log.claim('derive/a'), await log.claim('alert')]
    const bytes = new Uint8Array([7])
    for (let seq = 1; seq <= 3; seq++) {
      await log.commit([
        { claim: alerts, commit: commit(alerts, seq, { snapshot: { ...snapshot('alert', seq), frames: 9 } }) },
      ])
    }
    await log.commit([{ claim: a, commit: commit(a, 1, { frames: [bytes] }) }])
    expect(await entriesOf(log.frames(alerts, 9))).toEqual(['10 7'])
  })
})

describe('faults of the log in memory', () => {
  async function run(seed: number): Promise<{ answers: string[]; log: FakeUnitLog }> {
    const rates = {
      unknown_before: 0.1,
      unknown_after: 0.1,
      fenced: 0.05,
      failed: 0.05,
      lost_decision: 0.1,
      damaged_snapshot: 0.3,
      damaged_change: 0.3,
      damaged_frame: 0.3,
    }
    const log = new FakeUnitLog({ seed, rates })
    const answers: string[] = []
    for (let i = 0; i < 200; i++) {
      const claim = await log.claim('alert/0')
      const seq = (claim.progress?.seq ?? 0) + 1
      const decided = { ...decision(claim, seq), epoch: 1 }
      answers.push(await log.decide(claim, decided).catch((error: Error) => error.message))
      for (const entries of [log.changes(claim, 0), log.frames(claim, 0)])
        for await (const { n } of entries) answers.push(`${n}`)
      const bytes = new Uint8Array([seq])
      const made = { outputs: [alert(seq)], snapshot: snapshot('alert/0', seq), change: bytes, frames: [bytes] }
      const part = { claim, commit: commit(claim, seq, made) }
      answers.push(await log.commit([part]).catch((error: Error) => error.message))
    }
    return { answers, log }
  }

  test('all happen, are the same for the same seed, and never lose or repeat an output', async () => {
    const [first, again, other] = [await run(7), await run(7), await run(8)]
    expect(Object.values(first.log.faults).every((count) => count > 0)).toBe(true)
    expect(again.answers).toEqual(first.answers)
    expect(other.answers).not.toEqual(first.answers)
    const seqs = first.log.alerts.map((one) => one.revision)
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1))
    expect(first.log.mismatches).toEqual([])
    expect((await first.log.claim('alert/0')).progress?.seq).toBe(seqs.length)
  })
})
