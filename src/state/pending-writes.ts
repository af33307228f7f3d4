import type { DatabaseSync } from 'node:sqlite'
import { storeError } from './store-error.ts'

/**
 * The one open transaction of the store. Event documents, dead letters, memory, claims and decisions join it as they
 * come; `UnitLog.commit` adds outputs and progress and ends it, so all of them become visible together or not at all.
 */
export class PendingWrites {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #onLost: (() => void)[] = []

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
  }

  /** True if something waits for a commit. */
  get isOpen(): boolean {
    return this.#db.isTransaction
  }

  /** Called after a transaction was lost: what was remembered of it has to be forgotten. */
  onLost(forget: () => void): void {
    this.#onLost.push(forget)
  }

  /**
   * Runs `work` inside the transaction, and begins one if none is open. If it throws, everything since the last commit
   * is lost, not this work alone: the caller starts again from there. Throws LP_STORE_FULL, LP_STORE_DAMAGED or
   * LP_STORE_WRITE.
   */
  run<Result>(work: () => Result): Result {
    try {
      if (!this.#db.isTransaction) this.#db.exec('BEGIN IMMEDIATE')
      return work()
    } catch (cause) {
      throw this.#lose('writing to', cause)
    }
  }

  /** Reads what was committed and what is pending. A failure loses nothing. */
  read<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      throw storeError(`reading ${this.#path}`, cause)
    }
  }

  /** On disk when it returns; nothing to do if nothing is open. Fails as `run` does. */
  commit(): void {
    if (!this.#db.isTransaction) return
    try {
      this.#db.exec('COMMIT')
    } catch (cause) {
      throw this.#lose('committing to', cause)
    }
  }

  #lose(doing: string, cause: unknown): Error {
    try {
      // SQLite has rolled back by itself after a full disk or an I/O error.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    } finally {
      for (const forget of this.#onLost) forget()
    }
    return storeError(`${doing} ${this.#path}`, cause)
  }
}
