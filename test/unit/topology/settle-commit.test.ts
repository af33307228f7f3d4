import { expect, test } from 'vitest'
import type { Claim, Commit, CommitOutcome, Progress, UnitLog } from '../../../src/core/unit.ts'
import { settleCommit } from '../../../src/topology/settle-commit.ts'

const place = { offset: 0n, sub: 0 }
const claim: Claim = { unit: 'alert', epoch: 1, progress: undefined, snapshots: [], decisions: [] }
const commit: Commit = { unit: 'alert', seq: 2, from: place, next: place, decisions: [], outputs: [], progress: {} }

/** A log that answers as told and holds `seqs` in turn when asked for the truth. */
function logWith(outcomes: CommitOutcome[], seqs: number[]): Pick<UnitLog, 'commit' | 'resolve'> & { sent: number } {
  return {
    sent: 0,
    async commit() {
      this.sent++
      return outcomes.shift() ?? 'committed'
    },
    async resolve(): Promise<Progress> {
      return { seq: seqs.shift() ?? 0, epoch: 1, next: place, value: {} }
    },
  }
}

test('a lost answer of a commit that took effect is settled without sending it again', async () => {
  const log = logWith(['unknown'], [2])
  await settleCommit(log, [{ claim, commit }])
  expect(log.sent).toBe(1)
})

test('a commit that did not take effect is sent again', async () => {
  const log = logWith(['unknown', 'committed'], [1])
  await settleCommit(log, [{ claim, commit }])
  expect(log.sent).toBe(2)
})

test.each([
  ['a fenced answer', logWith(['fenced'], [])],
  ['a log that holds something newer', logWith(['unknown'], [5])],
])('%s ends the ownership', async (_, log) => {
  await expect(settleCommit(log, [{ claim, commit }])).rejects.toMatchObject({ code: 'LP_STATE_FENCED' })
})
