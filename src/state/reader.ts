import { accessSync, constants, existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import { storeError } from './store-error.ts'
import { storedText, type TextSearch } from './text-index.ts'

export type Row = Record<string, SQLOutputValue>

/**
 * A database in WAL mode needs files beside it, also for reading (sqlite.org/wal.html, section 5). Where none can be
 * made nobody writes, so a store that was closed is opened as one that does not change.
 */
function openReader(file: string): DatabaseSync {
  const options = { readOnly: true, timeout: 5000 }
  const hasLeftOver = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  if (hasLeftOver || mayWrite(path.dirname(file)) || !existsSync(file)) return new DatabaseSync(file, options)
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, options)
}

function mayWrite(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** A connection that only reads, beside the owner of the store or without one. It sees the last commit. */
export class Reader {
  readonly text: TextSearch
  readonly #path: string
  readonly #db: DatabaseSync

  /** Throws LP_STORE_OPEN or LP_STORE_DAMAGED. */
  constructor(dir: string) {
    this.#path = path.join(dir, 'logpipe.db')
    let db: DatabaseSync | undefined
    try {
      db = openReader(this.#path)
      db.exec('PRAGMA cache_size = -16000')
      this.text = storedText(db) ?? 'like'
      this.#db = db
    } catch (cause) {
      db?.close()
      throw storeError(`opening ${this.#path} for reading`, cause, 'LP_STORE_OPEN')
    }
  }

  /** All rows; throws LP_STORE_DAMAGED, or LP_STORE_OPEN for other failures. */
  all(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    try {
      return this.#db.prepare(sql).all(...values)
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /** The first row. */
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    try {
      return this.#db.prepare(sql).get(...values)
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /** Row by row, so that memory stays flat. */
  *iterate(sql: string, ...values: readonly SQLInputValue[]): Generator<Row> {
    try {
      yield* this.#db.prepare(sql).iterate(...values)
    } catch (cause) {
      throw this.#failed(cause)
    }
  }

  /** Harmless twice. */
  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #failed(cause: unknown): Error {
    return storeError(`reading ${this.#path}`, cause, 'LP_STORE_OPEN')
  }
}
