import { chmodSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockOwner, type OwnerLock } from './owner-lock.ts'
import { migrate } from './schema.ts'
import { storeError } from './store-error.ts'
import { textSearch, type TextSearch } from './text-index.ts'

/** After an unclean stop a store up to this size is checked before it is used: about a second of reading. */
const maxChecked = 256 * 2 ** 20

export interface Database {
  readonly db: DatabaseSync
  readonly path: string
  readonly text: TextSearch
  /** Closes and gives the folder free; harmless twice. */
  close(): void
}

export interface OpenOptions {
  /** Called for what a person should know and that does not stop the store. */
  readonly report?: (message: string) => void
  /** `like`: do not use FTS5 even if it is there. */
  readonly text?: TextSearch
}

/**
 * Opens `<dir>/logpipe.db` as its owner; folder and file are made if need be, for this user alone. Rejects with
 * LP_STORE_LOCKED, LP_STORE_OPEN, LP_STORE_FULL, LP_STORE_DAMAGED or LP_STATE_VERSION.
 */
export function openDatabase(dir: string, options: OpenOptions = {}): Database {
  makeFolder(dir)
  const lock = lockOwner(dir)
  const file = path.join(dir, 'logpipe.db')
  const isUnclean = sizeOf(`${file}-wal`) > 0
  let db: DatabaseSync | undefined
  try {
    db = openWriter(file)
    if (isUnclean && sizeOf(file) <= maxChecked) quickCheck(db)
    migrate(db, file)
    return owned(db, lock, { path: file, text: textSearch(db, options) })
  } catch (cause) {
    db?.close()
    lock.release()
    throw storeError(isUnclean ? `opening ${file} after an unclean stop` : `opening ${file}`, cause, 'LP_STORE_OPEN')
  }
}

function owned(db: DatabaseSync, lock: OwnerLock, facts: { path: string; text: TextSearch }): Database {
  return {
    ...facts,
    db,
    close() {
      if (db.isOpen) db.close()
      lock.release()
    },
  }
}

function makeFolder(dir: string): void {
  try {
    makeMissing(path.resolve(dir))
    chmodSync(dir, 0o700)
  } catch (cause) {
    throw storeError(`making the folder ${dir}`, cause, 'LP_STORE_OPEN')
  }
}

/** `recursive: true` of Node never returns below /proc, where a folder is refused with ENOENT. */
function makeMissing(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return
  if (path.dirname(dir) !== dir) makeMissing(path.dirname(dir))
  mkdirSync(dir, { mode: 0o700 })
}

/**
 * Opens a file for writing as every database of ours is: WAL, each commit on disk before it returns. Pages of 8 KiB
 * write a third faster than 4 KiB; 16 KiB gain little more and make small commits larger (bench/store.ts).
 */
export function openWriter(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5000 })
  try {
    chmodSync(file, 0o600)
    db.exec(`
      PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864`)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/** Throws what SQLite throws itself where it meets damage: SQLITE_CORRUPT. */
function quickCheck(db: DatabaseSync): void {
  const found = String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
  if (found !== 'ok') throw Object.assign(new Error(found), { errcode: 11 })
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** A count of rows, or another number that a statement gives in its first column under `value`. */
export function numberOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.['value'] ?? 0)
}
