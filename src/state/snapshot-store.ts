import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bytesOf, viewOf } from '../core/byte-writer.ts'
import { LogpipeError } from '../core/error.ts'
import type { Position } from '../core/record-batch.ts'
import type { Chunk, Snapshot } from '../core/unit.ts'

/** How many snapshots of a unit are kept: two may be damaged before it runs again from the start. */
export const kept = 3

/** A slice of this size takes some milliseconds. */
const sliceBytes = 1 << 20

interface SnapshotHead extends Omit<Snapshot, 'chunks'> {
  readonly n: number
  readonly sha256: Uint8Array
}

/** Snapshots of units, in chunks. Called inside the pending transaction only. */
export class SnapshotStore {
  readonly #db: DatabaseSync
  readonly #insertChunk: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insertChunk = db.prepare('INSERT INTO chunks (snapshot, place, id, bytes) VALUES (?, ?, ?, ?)')
  }

  /**
   * Adds a snapshot in slices and drops the oldest beyond those kept; until the last slice it counts as damaged. Gives
   * back the oldest that is left if there are as many as should be: what lies before it is not needed any more.
   */
  *add(snapshot: Snapshot): Generator<undefined, Pick<Snapshot, 'seq' | 'frames'> | undefined> {
    const { unit, seq, frames, stateVersion, configHash, position, decision, chunks } = snapshot
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO snapshots (unit, state_version, config_hash, position, sub, decision, seq, frames, sha256)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, x'')`,
      )
      .run(unit, stateVersion, configHash, position.offset, position.sub, decision, seq, frames)
    const hash = new SnapshotHash(snapshot)
    let size = 0
    for (const [place, chunk] of chunks.entries()) {
      this.#insertChunk.run(lastInsertRowid, place, chunk.id, chunk.bytes)
      hash.add(chunk)
      size += chunk.bytes.length
      if (size < sliceBytes) continue
      size = 0
      yield
    }
    this.#db.prepare('UPDATE snapshots SET sha256 = ? WHERE n = ?').run(hash.digest(), lastInsertRowid)
    const rows = this.#db.prepare('SELECT n, seq, frames FROM snapshots WHERE unit = ? ORDER BY n DESC').all(unit)
    for (const row of rows.slice(kept)) this.#drop(Number(row['n']))
    const oldest = rows[kept - 1]
    return oldest === undefined ? undefined : { seq: Number(oldest['seq']), frames: Number(oldest['frames']) }
  }

  /** Drops the snapshots, damaged ones, that include frames from the n-th on: these will be others. */
  dropFrom(frame: number): void {
    for (const row of this.#db.prepare('SELECT n FROM snapshots WHERE frames >= ?').all(frame))
      this.#drop(Number(row['n']))
  }

  #drop(n: number): void {
    this.#db.prepare('DELETE FROM chunks WHERE snapshot = ?').run(n)
    this.#db.prepare('DELETE FROM snapshots WHERE n = ?').run(n)
  }

  /**
   * Snapshots of a unit, newest first, without those whose hash does not fit. Chunks are read when they are asked for,
   * so that three large states are never in memory at once; that must be before the next `add`.
   */
  valid(unit: string): Snapshot[] {
    const rows = this.#db
      .prepare(
        `SELECT n, unit, state_version, config_hash, CAST(position AS TEXT) AS place, sub, decision, seq,
         frames, sha256 FROM snapshots WHERE unit = ? ORDER BY n DESC`,
      )
      .all(unit)
    return rows.map(headOf).flatMap((head) => (this.#isIntact(head) ? [this.#lazy(head)] : []))
  }

  #isIntact(head: SnapshotHead): boolean {
    try {
      return Buffer.compare(hashOf(head, this.#chunks(head.n)), head.sha256) === 0
    } catch {
      return false // A damaged page: SQLite refuses to read it.
    }
  }

  #lazy(head: SnapshotHead): Snapshot {
    const { unit, seq, frames, stateVersion, configHash, position, decision } = head
    const read = (): Chunk[] => {
      const chunks = [...this.#chunks(head.n)]
      if (Buffer.compare(hashOf(head, chunks), head.sha256) === 0) return chunks
      throw new LogpipeError('LP_INTERNAL', `reading snapshot ${head.n} of ${unit} after it was replaced`)
    }
    return {
      unit,
      seq,
      frames,
      stateVersion,
      configHash,
      position,
      decision,
      get chunks() {
        return read()
      },
    }
  }

  *#chunks(n: number): Generator<Chunk> {
    const rows = this.#db.prepare('SELECT id, bytes FROM chunks WHERE snapshot = ? ORDER BY place').iterate(n)
    for (const row of rows) {
      const bytes = row['bytes']
      if (!(bytes instanceof Uint8Array)) throw new TypeError('a chunk is no blob')
      yield { id: String(row['id']), bytes }
    }
  }
}

function headOf(row: Record<string, unknown>): SnapshotHead {
  const sha256 = row['sha256']
  return {
    n: Number(row['n']),
    unit: String(row['unit']),
    seq: Number(row['seq']),
    frames: Number(row['frames']),
    stateVersion: Number(row['state_version']),
    configHash: String(row['config_hash']),
    position: positionOf(row),
    decision: Number(row['decision']),
    sha256: sha256 instanceof Uint8Array ? sha256 : new Uint8Array(0),
  }
}

/** The position of a row that was read with `CAST(position AS TEXT) AS place`: offsets may exceed 2^53. */
export function positionOf(row: Record<string, unknown>): Position {
  return { offset: BigInt(String(row['place'])), sub: Number(row['sub']) }
}

/** SHA-256 over all that a restore depends on, each part with its length before it. */
class SnapshotHash {
  readonly #hash = createHash('sha256')

  constructor({ unit, seq, frames, stateVersion, configHash, position, decision }: Omit<Snapshot, 'chunks'>) {
    const { offset, sub } = position
    this.#part(bytesOf(JSON.stringify([unit, seq, frames, stateVersion, configHash, String(offset), sub, decision])))
  }

  add({ id, bytes }: Chunk): void {
    this.#part(bytesOf(id))
    this.#part(bytes)
  }

  digest(): Uint8Array {
    return this.#hash.digest()
  }

  #part(bytes: Uint8Array): void {
    const length = new Uint8Array(8)
    viewOf(length).setBigUint64(0, BigInt(bytes.length))
    this.#hash.update(length).update(bytes)
  }
}

function hashOf(head: Omit<Snapshot, 'chunks'>, chunks: Iterable<Chunk>): Uint8Array {
  const hash = new SnapshotHash(head)
  for (const chunk of chunks) hash.add(chunk)
  return hash.digest()
}
