import { describe, expect, it } from 'vitest'
import { VirtualClock, type Clock } from '../../../src/core/clock.ts'
import type { Parser, ReadResult } from '../../../src/core/component.ts'
import { LogpipeError } from '../../../src/core/error.ts'
import { EventTables } from '../../../src/core/event-batch.ts'
import { RecordBatch } from '../../../src/core/record-batch.ts'
import { Credit } from '../../../src/topology/credit.ts'
import type { Delivery } from '../../../src/topology/delivery.ts'
import { PartitionRun, type DeriveStanding, type DeriveUnit } from '../../../src/topology/partition-run.ts'
import { Pull } from '../../../src/topology/pull.ts'
import { sourceOf } from '../../support/events.ts'
import { DrivenClock } from '../../support/simulation/driven-clock.ts'

const unit: DeriveUnit<DeriveStanding> = {
  stateVersion: 1,
  initial: () => ({ isEnded: false }),
  step() {},
  decide() {},
  encode: () => [],
  decode: () => ({ isEnded: false }),
  watermark: () => -Infinity,
  change: () => new Uint8Array(0),
  amend() {},
}

const parser: Parser = {
  hasOpenJoins: false,
  openFrom: undefined,
  parse() {},
  flush() {},
  save: () => new Uint8Array(0),
  restore() {},
}

type Read = () => ReadResult

/** What a read answers: a number of records. */
function answer(count: number, more: Partial<ReadResult> = {}): ReadResult {
  const records = new RecordBatch(sourceOf('s'), new Uint8Array(count), 0n, count)
  for (let i = 0; i < count; i++) records.push(i, 0, i, i + 1)
  records.next = count
  return { records, isAtEnd: true, isFinished: false, ...more }
}

/** The last read of a list is repeated. */
function runOf(id: string, reads: readonly Read[]): PartitionRun<DeriveStanding> {
  let next = 0
  const claim = { unit: id, epoch: 1, progress: undefined, snapshots: [], decisions: [] }
  const read = async (): Promise<ReadResult> => reads[Math.min(next++, reads.length - 1)]!()
  const partition = { source: sourceOf(id), start: 0n, end: () => 0n, read, close: async () => {} }
  return new PartitionRun(claim, unit, { partition, pipeline: 0, parser, generation: 0 })
}

function pullOf(
  runs: readonly PartitionRun<DeriveStanding>[],
  clock: Clock,
  isBounded = false,
  report: (error: LogpipeError) => void = () => {},
): Pull<DeriveStanding> {
  for (const run of runs) run.lastArrivalMs = clock.now()
  return new Pull(runs, () => isBounded, {
    clock,
    credit: new Credit(1),
    tables: new EventTables(),
    batchBytes: 1000,
    tickMs: 15_000,
    outOfOrderMs: 10_000,
    idleAfterMs: 10_000,
    joinTimeoutMs: 2000,
    pollMs: 200,
    look: async () => {},
    onIdle: async () => {},
    isBounded: () => isBounded,
    report,
    generation: () => 0,
    handover: () => 'none',
    isKept: () => true,
  })
}

/** What was delivered, until there are `most` or it ends. */
async function told(pull: Pull<DeriveStanding>, most: number): Promise<string[]> {
  const list: string[] = []
  for await (const delivery of pull.deliveries()) {
    list.push(`${delivery.run.claim.unit} ${wordOf(delivery)}`)
    if (delivery.decision?.kind === 'end') delivery.run.takeDecision(delivery.decision, () => {})
    else if (delivery.decision === undefined) delivery.run.advance(delivery.records)
    pull.settle(delivery)
    if (list.length === most) break
  }
  return list
}

function wordOf({ decision, records }: Delivery<DeriveStanding>): string {
  return decision?.kind ?? `${records.count} records`
}

describe('pull', () => {
  it('decides no lull of a source for the time that another one took to be read', async () => {
    const time = new VirtualClock(1_000_000)
    const clock = new DrivenClock(time)
    const quiet = runOf('quiet', [() => answer(0), () => answer(3)])
    const slow = runOf('slow', [
      () => {
        time.advanceTo(time.now() + 60_000)
        return answer(0)
      },
    ])
    expect(await told(pullOf([quiet, slow], clock), 1)).toEqual(['quiet 3 records'])
  })

  it('decides a lull of a source that is at its end and has been silent', async () => {
    const time = new VirtualClock(1_000_000)
    const clock = new DrivenClock(time)
    const run = runOf('quiet', [() => answer(0)])
    expect(await told(pullOf([run], clock), 1)).toEqual(['quiet lull'])
    expect(clock.now()).toBeGreaterThanOrEqual(1_010_000)
  })

  it('decides no lull of a source that cannot be read any more', async () => {
    const time = new VirtualClock(1_000_000)
    const clock = new DrivenClock(time)
    const failing = (): ReadResult => {
      if (clock.now() > 1_100_000) return answer(2)
      throw new Error('input/output error')
    }
    const run = runOf('broken', [() => answer(0), failing])
    expect(await told(pullOf([run], clock), 1)).toEqual(['broken 2 records'])
  })

  it('does not end before a source that had ended was read again without a failure', async () => {
    const time = new VirtualClock(1_000_000)
    const clock = new DrivenClock(time)
    const failing = (): ReadResult => {
      throw new Error('input/output error')
    }
    const run = runOf('grown', [failing, () => answer(1, { isFinished: true }), () => answer(0, { isFinished: true })])
    run.isEnded = true
    expect(await told(pullOf([run], clock, true), 9)).toEqual(['grown 1 records', 'grown end'])
  })

  it('tells once of a read that fails again and again, and once more when it fails later', async () => {
    const clock = new DrivenClock(new VirtualClock(1_000_000))
    const failing = (): ReadResult => {
      throw new Error('input/output error')
    }
    const reads = [failing, failing, failing, () => answer(1), failing, failing, () => answer(2)]
    const errors: string[] = []
    const pull = pullOf([runOf('broken', reads)], clock, true, ({ code }) => void errors.push(code))
    expect(await told(pull, 2)).toEqual(['broken 1 records', 'broken 2 records'])
    expect(errors).toEqual(['LP_SOURCE_READ', 'LP_SOURCE_READ'])
  })

  it('ends a bounded source at a position that is gone, and waits for an unbounded one', async () => {
    const errors: string[] = []
    const gone = (): ReadResult => {
      throw new LogpipeError('LP_REPLAY_RANGE', 'reading a.log: it is no longer there')
    }
    const bounded = pullOf(
      [
        runOf('gone', [() => answer(1), gone]),
        runOf('other', [() => answer(1), () => answer(0, { isFinished: true })]),
      ],
      new DrivenClock(new VirtualClock(1_000_000)),
      true,
      ({ code }) => void errors.push(code),
    )
    expect((await told(bounded, 9)).sort()).toEqual(['gone 1 records', 'gone end', 'other 1 records', 'other end'])
    expect(errors).toEqual(['LP_REPLAY_RANGE'])
    const unbounded = pullOf(
      [runOf('later', [gone, gone, () => answer(1)])],
      new DrivenClock(new VirtualClock(1_000_000)),
    )
    expect(await told(unbounded, 1)).toEqual(['later 1 records'])
  })

  it('ends when it is stopped before or during a wait, and leaves no timer behind', async () => {
    for (const isBefore of [true, false]) {
      let timers = 0
      const pull = pullOf([runOf('quiet', [() => answer(0)])], {
        now: () => 1_000_000,
        schedule() {
          timers++
          queueMicrotask(() => pull.stop())
          return () => timers--
        },
      })
      if (isBefore) pull.stop()
      expect(await told(pull, 9)).toEqual([])
      expect(timers).toBe(0)
    }
  })
})
