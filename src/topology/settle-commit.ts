import { LogpipeError } from '../core/error.ts'
import type { Claim, Commit, UnitLog } from '../core/unit.ts'

export interface CommitPart {
  readonly claim: Claim
  readonly commit: Commit
}

type Answers = Pick<UnitLog, 'commit' | 'resolve'>

/** Tries of one commit whose outcome stays unknown. */
const maxTries = 5

/**
 * Makes a commit visible exactly once, whatever answer gets lost: an unknown outcome is settled by what the log says
 * it holds. Rejects with LP_STATE_FENCED if another owner took over, or if the log holds something else.
 */
export async function settleCommit(log: Answers, parts: readonly CommitPart[]): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    const outcome = await log.commit(parts)
    if (outcome === 'committed') return
    const unit = parts[0]!.commit.unit
    if (outcome === 'fenced') throw fenced(unit)
    if (await isCommitted(log, parts)) return
  }
  throw new LogpipeError('LP_STORE_WRITE', 'committing: the outcome stays unknown', { retryable: true })
}

/** True if the newest progress is of this very commit, false if it is the one before. All parts commit together. */
async function isCommitted(log: Answers, parts: readonly CommitPart[]): Promise<boolean> {
  const { claim, commit } = parts[0]!
  const progress = await log.resolve(claim)
  const seq = progress?.seq ?? 0
  if (seq === commit.seq) return true
  if (seq === commit.seq - 1) return false
  throw fenced(commit.unit)
}

function fenced(unit: string): LogpipeError {
  return new LogpipeError('LP_STATE_FENCED', `committing ${unit}: another owner has taken over`, { retryable: true })
}
