import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { performance } from 'node:perf_hooks'
import type { StoreJournal } from './journal.ts'
import type { PendingWrites } from './pending-writes.ts'
import { kept } from './snapshot-store.ts'

/** How long each kind is kept, ms; absent: for ever. Events by event time, dead letters by when they were written. */
export interface RetentionLimits {
  /** Decisions, too, which a replay of these events makes again, as far as no restart needs them. */
  readonly events?: number
  readonly metrics?: number
  readonly alerts?: number
  readonly deadLetters?: number
  /** By arrival, and never before a restart could need them; absent: as soon as no restart needs them. */
  readonly journal?: number
}

export type DeletedCounts = Record<'events' | 'decisions' | 'metrics' | 'alerts' | 'deadLetters' | 'journal', number>

export interface RetentionRun {
  readonly nowMs: number
  readonly limits: RetentionLimits
  /** Oldest offset of an input of the journal that a restart may read; undefined: none is known, all is kept. */
  readonly journalFloor: (input: string) => bigint | undefined
  /** Called between two slices: lets the writer go on. Rejecting ends the run. */
  readonly pause: () => Promise<void>
}

/** A slice aims at this time, ms, so that the writer waits far less than 50 ms. */
const sliceMs = 15
const [fewest, most] = [16, 4096]

/** An event may be younger than the decisions that were made when it was read: its time lies up to 5 min ahead by default. */
const decisionsLongerMs = 3_600_000

/** Statements take the time limit first and the number of rows second, and give back the rows that they deleted. */
const statements: Readonly<Record<'events' | 'decisions' | 'metrics' | 'alerts' | 'deadLetters', string>> = {
  events: `DELETE FROM events WHERE n IN (SELECT n FROM events WHERE time < ? ORDER BY time LIMIT ?) RETURNING n`,
  // Those that the oldest of three snapshots includes: fewer may all be damaged. The newest one keeps the ordinals going.
  decisions: `DELETE FROM decisions WHERE (unit, ordinal) IN (
    SELECT d.unit, d.ordinal FROM (SELECT unit, min(n) AS n FROM snapshots GROUP BY unit HAVING count(*) >= ${kept}) AS f
    JOIN snapshots AS s ON s.n = f.n JOIN decisions AS d ON d.unit = f.unit
    WHERE d.wall < ? AND d.ordinal <= s.decision AND d.position <= s.position
      AND d.ordinal < (SELECT max(ordinal) FROM decisions AS newest WHERE newest.unit = d.unit)
    LIMIT ?) RETURNING 0 AS n`,
  metrics: `DELETE FROM metrics WHERE id IN (SELECT id FROM metrics WHERE time < ? ORDER BY time LIMIT ?) RETURNING 0 AS n`,
  // An episode goes as a whole, when its newest revision is too old: a firing one stays.
  alerts: `DELETE FROM alerts WHERE id IN (SELECT id FROM alert_states WHERE time < ? AND state IS NOT 'firing'
    ORDER BY time LIMIT ?) RETURNING 0 AS n`,
  deadLetters: `DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE at < ? ORDER BY at LIMIT ?)
    RETURNING 0 AS n`,
}

/** Deletes what is too old, in slices that join the writer's transactions, and gives pages back to the disk. */
export class StoreRetention {
  readonly #db: DatabaseSync
  readonly #writes: PendingWrites
  readonly #journal: StoreJournal
  readonly #hasText: boolean

  constructor(db: DatabaseSync, writes: PendingWrites, parts: { journal: StoreJournal; hasText: boolean }) {
    this.#db = db
    this.#writes = writes
    this.#journal = parts.journal
    this.#hasText = parts.hasText
  }

  /** Deletes what is too old now; resolves with the number of rows of each kind (alerts: revisions). */
  async run(run: RetentionRun): Promise<DeletedCounts> {
    const deleted: DeletedCounts = { events: 0, decisions: 0, metrics: 0, alerts: 0, deadLetters: 0, journal: 0 }
    for (const kind of ['events', 'metrics', 'alerts', 'deadLetters'] as const) {
      const keep = run.limits[kind]
      if (keep === undefined) continue
      deleted[kind] = await this.#inSlices(run, (rows) => this.#delete(kind, run.nowMs - keep, rows))
    }
    if (run.limits.events !== undefined) {
      const beforeMs = run.nowMs - run.limits.events - decisionsLongerMs
      deleted.decisions = await this.#inSlices(run, (rows) => this.#delete('decisions', beforeMs, rows))
    }
    for (const input of this.#journal.inputs()) {
      const offset = run.journalFloor(input)
      if (offset === undefined) continue
      const atMs = run.limits.journal === undefined ? Infinity : run.nowMs - run.limits.journal
      deleted.journal += await this.#inSlices(run, (rows) => this.#journal.release(input, { offset, atMs }, rows))
    }
    return deleted
  }

  /** Calls `slice` until it finds nothing, with as many rows as fit into a slice of time. */
  async #inSlices(run: RetentionRun, slice: (rows: number) => number): Promise<number> {
    let rows = 256
    let sum = 0
    for (;;) {
      const start = performance.now()
      const done = slice(rows)
      sum += done
      if (done === 0) return sum
      const took = performance.now() - start
      rows = Math.min(
        most,
        Math.max(fewest, Math.floor(took > sliceMs ? rows / 2 : took < sliceMs / 3 ? rows * 2 : rows)),
      )
      await run.pause()
    }
  }

  /** Ends the transaction only if it began it: the writer's own pending rows wait for their progress. */
  #delete(kind: keyof typeof statements, beforeMs: number, rows: number): number {
    const isOwn = !this.#writes.isOpen
    const count = this.#writes.run(() => {
      const gone = this.#db.prepare(statements[kind]).all(beforeMs, rows)
      if (kind === 'events' && this.#hasText) this.#deleteText(gone.map((row) => row['n'] ?? null))
      if (gone.length > 0) this.#db.exec('PRAGMA incremental_vacuum(64)')
      return gone.length
    })
    if (isOwn) this.#writes.commit()
    return count
  }

  #deleteText(rows: readonly SQLInputValue[]): void {
    const statement = this.#db.prepare('DELETE FROM event_text WHERE rowid = ?')
    for (const n of rows) statement.run(n)
  }
}
