import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Json } from '../core/event-batch.ts'
import { LogpipeError } from '../core/error.ts'
import type {
  Claim,
  Commit,
  CommitOutcome,
  Decision,
  DecisionKind,
  Entry,
  Output,
  Progress,
  Snapshot,
  UnitLog,
} from '../core/unit.ts'
import type { EntryStore } from './entry-store.ts'
import type { OutputStore } from './output-store.ts'
import type { PendingWrites } from './pending-writes.ts'
import { positionOf, type SnapshotStore } from './snapshot-store.ts'

/** Positions as text: they may be beyond what a number holds. */
export const decisionColumns = 'epoch, CAST(position AS TEXT) AS place, sub, ordinal, kind, value, wall'

/** Lets other work of the process go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

type Part = { readonly claim: Claim; readonly commit: Commit }

/**
 * The unit log of embedded mode. Claims and decisions join the pending transaction: they are in force at once, since
 * whatever follows from them can become durable only together with them. A lost transaction fences every claim, so all
 * units start again from the last commit; nobody else can fence them, the folder has one owner.
 */
export class StoreLog implements UnitLog {
  readonly #db: DatabaseSync
  readonly #writes: PendingWrites
  readonly #snapshots: SnapshotStore
  readonly #outputs: OutputStore
  readonly #entries: EntryStore
  /** Newest epoch of each unit that was claimed since the last loss. */
  readonly #held = new Map<string, number>()
  /** Newest epoch ever given out here: one that was lost with its transaction must not be given again. */
  #lastEpoch = 0

  constructor(
    db: DatabaseSync,
    writes: PendingWrites,
    stores: { snapshots: SnapshotStore; outputs: OutputStore; entries: EntryStore },
  ) {
    this.#db = db
    this.#writes = writes
    this.#snapshots = stores.snapshots
    this.#outputs = stores.outputs
    this.#entries = stores.entries
    writes.onLost(() => {
      this.#held.clear()
      this.#entries.forget()
    })
  }

  async claim(unit: string): Promise<Claim> {
    return this.#writes.run(() => {
      const stored = Number(this.#db.prepare('SELECT epoch FROM claims WHERE unit = ?').get(unit)?.['epoch'] ?? 0)
      const epoch = Math.max(stored, this.#lastEpoch) + 1
      this.#db
        .prepare('INSERT INTO claims VALUES (?, ?) ON CONFLICT (unit) DO UPDATE SET epoch = excluded.epoch')
        .run(unit, epoch)
      this.#lastEpoch = epoch
      this.#held.set(unit, epoch)
      const snapshots = this.#snapshots.valid(unit)
      return { unit, epoch, progress: this.#progress(unit), snapshots, decisions: this.decisions(unit) }
    })
  }

  async decide(claim: Claim, decision: Decision): Promise<'in_force' | 'void'> {
    if (!this.#isHeld(claim)) return 'void'
    this.#writes.run(() => this.#record(claim.unit, decision))
    return 'in_force'
  }

  /**
   * Ends the pending transaction, with the documents in it; large snapshots are written in slices before. Never
   * `unknown`: it rejects with LP_STORE_FULL, LP_STORE_DAMAGED or LP_STORE_WRITE if the transaction was lost.
   */
  async commit(parts: readonly Part[]): Promise<CommitOutcome> {
    if (!this.#areHeld(parts)) return 'fenced'
    const fresh = this.#writes.read(() => parts.filter((part) => this.#isNext(part)))
    this.#writes.run(() => {
      // Before snapshots: these say how many there are.
      for (const frame of fresh.flatMap(({ commit }) => commit.frames ?? [])) this.#entries.addFrame(frame)
      for (const part of fresh) this.#write(part)
    })
    for (const { commit } of fresh) {
      if (commit.snapshot !== undefined && !(await this.#addSnapshot(commit.snapshot, parts))) return 'fenced'
    }
    this.#writes.commit()
    return 'committed'
  }

  /** False: a claim was lost meanwhile. */
  async #addSnapshot(snapshot: Snapshot, parts: readonly Part[]): Promise<boolean> {
    const adding = this.#snapshots.add(snapshot)
    for (;;) {
      const slice = this.#writes.run(() => adding.next())
      if (slice.done === true) {
        const oldest = slice.value
        if (oldest !== undefined) this.#writes.run(() => this.#dropBefore(snapshot.unit, oldest))
        return true
      }
      await turn()
      if (!this.#areHeld(parts)) return false
    }
  }

  #dropBefore(unit: string, { seq, frames }: Pick<Snapshot, 'seq' | 'frames'>): void {
    this.#entries.dropChanges(unit, seq)
    if (frames > 0) this.#entries.dropFrames(0, frames)
  }

  #areHeld(parts: readonly Part[]): boolean {
    return parts.every((part) => this.#isHeld(part.claim))
  }

  async resolve(claim: Claim): Promise<Progress | undefined> {
    if (this.#isHeld(claim)) return this.#writes.read(() => this.#progress(claim.unit))
    throw new LogpipeError('LP_STATE_FENCED', `resolving a commit of ${claim.unit} in epoch ${claim.epoch}`)
  }

  /** Decisions of a unit with an ordinal above `after`, in order: for a replay that has to make the same ones. */
  decisions(unit: string, after = 0): Decision[] {
    return this.#db
      .prepare(`SELECT ${decisionColumns} FROM decisions WHERE unit = ? AND ordinal > ? ORDER BY ordinal`)
      .all(unit, after)
      .map(decisionOf)
  }

  async units(): Promise<string[]> {
    const rows = this.#db.prepare('SELECT unit FROM progress ORDER BY unit').all()
    return rows.map((row) => String(row['unit']))
  }

  async *changes({ unit }: Claim, after: number): AsyncGenerator<Entry> {
    for (let n = after + 1; ; n++) {
      const entry = this.#writes.read(() => this.#entries.change(unit, n))
      if (entry === undefined) return
      yield entry
    }
  }

  async *frames(claim: Claim, after: number): AsyncGenerator<Entry> {
    for (let n = after + 1; ; n++) {
      const entry = this.#writes.read(() => this.#entries.frame(n))
      if (entry === undefined) return this.#forgetFrames(claim, n)
      yield entry
    }
  }

  /** Position that the oldest kept snapshot of a unit stands at: a restart never reads before it. */
  oldestPosition(unit: string): bigint | undefined {
    const row = this.#db
      .prepare('SELECT CAST(position AS TEXT) AS place, sub FROM snapshots WHERE unit = ? ORDER BY n LIMIT 1')
      .get(unit)
    return row === undefined ? undefined : positionOf(row).offset
  }

  /** Alert revisions after the n-th, in the order of their commits: for readers that follow. */
  alertsAfter(n: number, limit: number): { readonly n: number; readonly output: Output }[] {
    return this.#db
      .prepare('SELECT * FROM alerts WHERE n > ? ORDER BY n LIMIT ?')
      .all(n, limit)
      .map((row) => ({ n: Number(row['n']), output: alertOf(row) }))
  }

  /** The last one of `alertsAfter`; 0 if there is none. */
  newestAlert(): number {
    return Number(this.#db.prepare('SELECT max(n) AS n FROM alerts').get()?.['n'] ?? 0)
  }

  /** Frames from the n-th on are cut again and get these numbers. */
  #forgetFrames(claim: Claim, n: number): void {
    if (!this.#isHeld(claim)) return
    this.#writes.run(() => {
      this.#entries.dropFrames(n, Number.MAX_SAFE_INTEGER)
      this.#snapshots.dropFrom(n)
    })
  }

  #isHeld(claim: Claim): boolean {
    return this.#held.get(claim.unit) === claim.epoch
  }

  /** False for a commit that is done already: its reply was lost, and it was sent again. */
  #isNext({ claim, commit }: Part): boolean {
    const progress = this.#progress(claim.unit)
    const seq = progress?.seq ?? 0
    if (commit.seq === seq + 1) return true
    if (commit.seq === seq && progress?.epoch === claim.epoch) return false
    throw new LogpipeError('LP_INTERNAL', `committing ${claim.unit}: ${commit.seq} does not follow ${seq}`)
  }

  #write({ claim, commit }: Part): void {
    const { unit } = claim
    for (const decision of commit.decisions) this.#record(unit, decision)
    for (const output of commit.outputs) this.#outputs.write(output)
    if (commit.change !== undefined) this.#entries.addChange(unit, commit.seq, commit.change)
    const { offset, sub } = commit.next
    this.#db
      .prepare(
        `INSERT INTO progress VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (unit) DO UPDATE SET seq = excluded.seq,
         epoch = excluded.epoch, position = excluded.position, sub = excluded.sub, value = excluded.value`,
      )
      .run(unit, commit.seq, claim.epoch, offset, sub, JSON.stringify(commit.progress))
  }

  #record(unit: string, decision: Decision): void {
    const value = JSON.stringify(decision.value)
    const { changes } = this.#db
      .prepare('INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(
        unit,
        decision.ordinal,
        decision.epoch,
        decision.position.offset,
        decision.position.sub,
        decision.kind,
        value,
        decision.wallMs,
      )
    if (changes === 1) return
    const [known] = this.decisions(unit, decision.ordinal - 1)
    if (known?.kind === decision.kind && JSON.stringify(known.value) === value) return
    throw new LogpipeError('LP_INTERNAL', `deciding ${decision.kind} of ${unit}: ordinal ${decision.ordinal} is taken`)
  }

  #progress(unit: string): Progress | undefined {
    const row = this.#db
      .prepare('SELECT seq, epoch, CAST(position AS TEXT) AS place, sub, value FROM progress WHERE unit = ?')
      .get(unit)
    if (row === undefined) return undefined
    return { seq: Number(row['seq']), epoch: Number(row['epoch']), next: positionOf(row), value: jsonIn(row['value']) }
  }
}

/** A row of `decisionColumns`. */
export function decisionOf(row: Record<string, SQLOutputValue>): Decision {
  return {
    epoch: Number(row['epoch']),
    position: positionOf(row),
    ordinal: Number(row['ordinal']),
    kind: String(row['kind']) as DecisionKind, // Written by `#record` alone.
    value: jsonIn(row['value']),
    wallMs: Number(row['wall']),
  }
}

function alertOf(row: Record<string, SQLOutputValue>): Output {
  return {
    stage: 'alert',
    id: String(row['id']),
    revision: Number(row['revision']),
    key: String(row['key']),
    value: String(row['doc']),
    headers: jsonIn(row['headers']) as Record<string, string>, // Written from an `Output`.
  }
}

function jsonIn(text: SQLOutputValue | undefined): Json {
  return JSON.parse(String(text)) as Json // Written with JSON.stringify.
}
