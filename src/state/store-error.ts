import { LogpipeError, type ErrorCode } from '../core/error.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html) that have a code of ours; all others are LP_STORE_WRITE. */
const codes: Readonly<Record<number, ErrorCode>> = {
  3: 'LP_STORE_OPEN', // SQLITE_PERM
  8: 'LP_STORE_OPEN', // SQLITE_READONLY
  11: 'LP_STORE_DAMAGED', // SQLITE_CORRUPT
  13: 'LP_STORE_FULL', // SQLITE_FULL
  14: 'LP_STORE_OPEN', // SQLITE_CANTOPEN
  26: 'LP_STORE_DAMAGED', // SQLITE_NOTADB
}

/** True if an insert failed because the row exists: SQLITE_CONSTRAINT_PRIMARYKEY or _UNIQUE. */
export function isConflict(error: unknown): boolean {
  return [1555, 2067].includes(resultCode(error))
}

/** True if another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return (resultCode(error) & 0xff) === 5 // SQLITE_BUSY
}

/** Extended result code of SQLite; 0 for other errors. */
function resultCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return 0
  return typeof error.errcode === 'number' ? error.errcode : 0
}

/** An error of SQLite or of the file system as ours. `doing` is a gerund phrase with the path. */
export function storeError(doing: string, cause: unknown, otherwise: ErrorCode = 'LP_STORE_WRITE'): LogpipeError {
  if (cause instanceof LogpipeError) return cause
  const result = resultCode(cause)
  const code = result === 0 ? ofSystem(cause, otherwise) : (codes[result & 0xff] ?? otherwise)
  return new LogpipeError(code, doing, { cause, retryable: isBusy(cause) })
}

function ofSystem(cause: unknown, otherwise: ErrorCode): ErrorCode {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return otherwise
  return cause.code === 'ENOSPC' || cause.code === 'EDQUOT' ? 'LP_STORE_FULL' : otherwise
}
