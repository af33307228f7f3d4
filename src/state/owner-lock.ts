import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LogpipeError } from '../core/error.ts'
import { isBusy, storeError } from './store-error.ts'

export interface OwnerLock {
  /** Harmless twice. */
  release(): void
}

/**
 * Makes this process the only writer of a folder. The lock is an exclusive transaction on an empty database of its own:
 * the operating system ends it with the process, however that dies, and readers of the store never meet it. Rejects with
 * LP_STORE_LOCKED at once if another process, or this one, has it.
 */
export function lockOwner(dir: string): OwnerLock {
  const pidFile = path.join(dir, 'owner.pid')
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(path.join(dir, 'owner.lock.db'), { timeout: 0 })
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
  } catch (cause) {
    lock?.close()
    if (!isBusy(cause)) throw storeError(`locking ${dir}`, cause, 'LP_STORE_OPEN')
    throw new LogpipeError('LP_STORE_LOCKED', `opening ${dir}: process ${pidIn(pidFile)} owns it`)
  }
  const held = lock
  return {
    release() {
      if (held.isOpen) held.close()
    },
  }
}

function pidIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return 'of unknown number' // It was killed between taking the lock and writing its number.
  }
}
