import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Entry } from '../core/unit.ts'

/** Stands for the name of a unit where the entry is a frame. */
const frames = 'frames'

/** Changes of units, and the log of frames. Writes are called inside the pending transaction only. */
export class EntryStore {
  readonly #db: DatabaseSync
  readonly #insertChange: StatementSync
  readonly #insertFrame: StatementSync
  readonly #change: StatementSync
  readonly #frame: StatementSync
  /** Number of the newest frame; undefined: to be asked for. */
  #lastFrame: number | undefined

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insertChange = db.prepare('INSERT INTO changes (unit, n, sha256, bytes) VALUES (?, ?, ?, ?)')
    this.#insertFrame = db.prepare('INSERT INTO frames (n, sha256, bytes) VALUES (?, ?, ?)')
    this.#change = db.prepare('SELECT sha256, bytes FROM changes WHERE unit = ? AND n = ?')
    this.#frame = db.prepare('SELECT sha256, bytes FROM frames WHERE n = ?')
  }

  addChange(unit: string, n: number, bytes: Uint8Array): void {
    this.#insertChange.run(unit, n, hashOf(unit, n, bytes), bytes)
  }

  /** Appends a frame. Numbers go on behind those that a snapshot includes. */
  addFrame(bytes: Uint8Array): void {
    this.#lastFrame ??= Number(
      this.#db.prepare('SELECT max(n) AS n FROM (SELECT n FROM frames UNION ALL SELECT frames FROM snapshots)').get()?.[
        'n'
      ] ?? 0,
    )
    const n = ++this.#lastFrame
    this.#insertFrame.run(n, hashOf(frames, n, bytes), bytes)
  }

  /** Number `n` of the changes of a unit; undefined if it is damaged or gone. */
  change(unit: string, n: number): Entry | undefined {
    return entryOf(unit, n, () => this.#change.get(unit, n))
  }

  frame(n: number): Entry | undefined {
    return entryOf(frames, n, () => this.#frame.get(n))
  }

  /** Drops the changes of a unit up to number `n`. */
  dropChanges(unit: string, n: number): void {
    this.#db.prepare('DELETE FROM changes WHERE unit = ? AND n <= ?').run(unit, n)
  }

  dropFrames(from: number, to: number): void {
    this.#db.prepare('DELETE FROM frames WHERE n BETWEEN ? AND ?').run(from, to)
    this.forget()
  }

  /** A transaction was lost: what is remembered of the tables may be wrong. */
  forget(): void {
    this.#lastFrame = undefined
  }
}

function entryOf(unit: string, n: number, read: () => Record<string, unknown> | undefined): Entry | undefined {
  try {
    const row = read()
    const { bytes, sha256 } = { bytes: row?.['bytes'], sha256: row?.['sha256'] }
    if (!(bytes instanceof Uint8Array) || !(sha256 instanceof Uint8Array)) return undefined
    return Buffer.compare(hashOf(unit, n, bytes), sha256) === 0 ? { n, bytes } : undefined
  } catch {
    return undefined // A damaged page: SQLite refuses to read it.
  }
}

function hashOf(unit: string, n: number, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(`${n} ${unit}\n`).update(bytes).digest()
}
