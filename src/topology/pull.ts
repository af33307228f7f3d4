import type { Clock } from '../core/clock.ts'
import type { Partition, ReadResult } from '../core/component.ts'
import { isLogpipeError, LogpipeError } from '../core/error.ts'
import { EventBatch, type EventTables, type Json } from '../core/event-batch.ts'
import { paneStart } from '../core/pane.ts'
import { RecordBatch } from '../core/record-batch.ts'
import type { Decision, DecisionKind } from '../core/unit.ts'
import type { Credit } from './credit.ts'
import type { Delivery } from './delivery.ts'
import type { PartitionRun, DeriveStanding } from './partition-run.ts'

export interface PullSettings {
  readonly clock: Clock
  readonly credit: Credit
  readonly tables: EventTables
  readonly batchBytes: number
  readonly tickMs: number
  readonly outOfOrderMs: number
  /** Silence after which a source at its end is lifted to the wall clock. */
  readonly idleAfterMs: number
  /** Silence after which open joins are ended. */
  readonly joinTimeoutMs: number
  /** How long to wait when no partition has anything. */
  readonly pollMs: number
  /** True if all partitions of a pipeline, by its number, come to an end. */
  readonly isBounded: (pipeline: number) => boolean
  /** Called at most every `pollMs`, when no batch is under way: looks for new partitions. */
  readonly look: () => Promise<void>
  /** Called before each wait and before the end, when no batch is under way. */
  readonly onIdle: () => Promise<void>
  readonly report: (error: LogpipeError) => void
  /** How many configurations were in force before this one. */
  readonly generation: () => number
  readonly handover: () => Handover
  /** The next configuration still has the partition, so its open joins go on. */
  readonly isKept: (run: { readonly pipeline: number }) => boolean
}

/**
 * Whether another configuration is to come into force. `awaited`: what was done by runs before is done again first, and
 * nothing is decided anew. `due`: nothing is read any more.
 */
export type Handover = 'none' | 'awaited' | 'due'

/**
 * Reads the partitions one batch at a time, the one that is furthest behind in event time first, so that frames do not
 * pile up waiting for a slow source. Ends when all partitions have ended, at `stop`, or once they all are at the next
 * configuration.
 */
export class Pull<State extends DeriveStanding> {
  readonly #settings: PullSettings
  readonly #runs: readonly PartitionRun<State>[]
  readonly #mayEnd: () => boolean
  readonly #pool: EventBatch[] = []
  /** Partitions whose last read failed: they are told of once. */
  readonly #failing = new Set<PartitionRun<State>>()
  #isStopped = false
  /** It has ended because all partitions are at the next configuration. */
  isHandedOver = false
  #lookedAtMs: number
  #wake: (() => void) | undefined
  #cancelTimer: (() => void) | undefined

  /** `runs` may grow while pulling; `mayEnd` says that no partition will be added. */
  constructor(runs: readonly PartitionRun<State>[], mayEnd: () => boolean, settings: PullSettings) {
    this.#runs = runs
    this.#mayEnd = mayEnd
    this.#settings = settings
    this.#lookedAtMs = settings.clock.now()
  }

  /** Ends `deliveries` after the batch that is under way. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
  }

  /** Ends a wait: something new may have come. */
  nudge(): void {
    this.#wake?.()
  }

  async *deliveries(): AsyncGenerator<Delivery<State>> {
    for (;;) {
      await this.#settings.credit.room()
      if (this.#isStopped) return
      const handover = this.#settings.handover()
      if (handover !== 'due') await this.#lookIfDue()
      if (handover === 'due' && this.#runs.every((run) => run.isHandedOver)) {
        this.isHandedOver = true
        return
      }
      const delivery = this.#recorded() ?? this.#configured(handover) ?? (await this.#read()) ?? this.#decided(handover)
      if (delivery !== undefined) {
        this.#settings.credit.take(sizeOf(delivery))
        delivery.run.isBusy = true
        yield delivery
        continue
      }
      await this.#settings.onIdle()
      if (handover === 'none' && this.#mayEnd() && this.#runs.every((run) => run.isEnded && run.isFinished)) return
      await this.#wait()
    }
  }

  /** The batch of a delivery is no longer needed by anyone. */
  settle(delivery: Delivery<State>): void {
    delivery.run.isBusy = false
    this.#pool.push(delivery.events)
    this.#settings.credit.give(sizeOf(delivery))
  }

  /** A decision of an earlier run that is due. */
  #recorded(): Delivery<State> | undefined {
    for (const run of this.#runs) {
      const decision = run.isBusy ? undefined : run.dueDecision()
      if (decision !== undefined) return this.#decisionDelivery(run, decision, run.isMutedDecision(decision))
    }
    return undefined
  }

  /** A partition goes on to the next configuration, or was not there when this one came into force. */
  #configured(handover: Handover): Delivery<State> | undefined {
    const generation = this.#settings.generation()
    for (const run of this.#runs) {
      if (run.isBusy || run.isHandedOver) continue
      const isDue = handover === 'due'
      if (!isDue && (!run.isBehind || run.isCatchingUp)) continue
      const upTo = run.parser.openFrom
      if (isDue && upTo !== undefined && !this.#settings.isKept(run)) return this.#newDecision(run, 'join_flush', {})
      const value = { generation: isDue ? generation + 1 : generation }
      return this.#newDecision(run, 'config', upTo === undefined ? value : { ...value, upTo: String(upTo) })
    }
    return undefined
  }

  async #read(): Promise<Delivery<State> | undefined> {
    const tried = new Set<PartitionRun<State>>()
    for (;;) {
      const run = this.#furthestBehind(tried)
      if (run === undefined) return undefined
      tried.add(run)
      const result = await this.#readRun(run)
      if (result !== undefined && result.records.next > 0) return this.#recordsDelivery(run, result.records)
    }
  }

  #furthestBehind(tried: ReadonlySet<PartitionRun<State>>): PartitionRun<State> | undefined {
    let best: PartitionRun<State> | undefined
    for (const run of this.#runs) {
      if (run.isBusy || run.isFinished || run.isHandedOver || tried.has(run)) continue
      if (best === undefined || run.watermark < best.watermark) best = run
    }
    return best
  }

  /** Reads on, but never across a recorded decision or the end of what was committed before. */
  async #readRun(run: PartitionRun<State>): Promise<ReadResult | undefined> {
    const limit = run.readLimit()
    const askedMs = this.#settings.clock.now()
    let result: ReadResult
    try {
      result = await run.partition.read(run.position, this.#settings.batchBytes)
    } catch (cause) {
      this.#readFailed(run, cause)
      return undefined
    }
    this.#failing.delete(run)
    const { records } = result
    if (limit !== undefined && records.base + BigInt(records.next) > limit) {
      cutBefore(records, limit)
      run.isAtEnd = false
      return { records, isAtEnd: false, isFinished: false }
    }
    run.isAtEnd = result.isAtEnd
    if (run.isAtEnd) run.atEndMs = askedMs
    run.isFinished = result.isFinished
    if (records.count > 0) run.lastArrivalMs = this.#settings.clock.now()
    return result
  }

  /**
   * A failed read may pass, and is tried again. But what is gone from a bounded input never comes back: it ends there.
   * Throws where that would take back what was committed.
   */
  #readFailed(run: PartitionRun<State>, cause: unknown): void {
    const isGone = isLogpipeError(cause) && cause.code === 'LP_REPLAY_RANGE' && this.#settings.isBounded(run.pipeline)
    if (isGone && run.isRepeating) throw cause
    run.isAtEnd = isGone && !this.#isStopped // Else: what is not known cannot be a lull.
    run.isFinished = run.isAtEnd
    if (this.#failing.has(run)) return
    this.#failing.add(run)
    const message = `reading ${run.partition.source.name}`
    this.#settings.report(isGone ? cause : new LogpipeError('LP_SOURCE_READ', message, { cause, retryable: true }))
  }

  /** A decision that is due now: an end, the end of a join, a lull. */
  #decided(handover: Handover): Delivery<State> | undefined {
    if (handover !== 'none') return undefined
    const { joinTimeoutMs, idleAfterMs, outOfOrderMs, tickMs } = this.#settings
    for (const run of this.#runs) {
      if (run.isBusy || run.isEnded || !run.isAtEnd) continue
      if (run.isFinished) return this.#newDecision(run, 'end', {})
      const silence = run.atEndMs - run.lastArrivalMs
      if (run.parser.hasOpenJoins && silence >= joinTimeoutMs) return this.#newDecision(run, 'join_flush', {})
      const lift = run.atEndMs - outOfOrderMs
      const passesTick = paneStart(lift, tickMs) > run.watermark
      if (silence >= idleAfterMs && passesTick) return this.#newDecision(run, 'lull', { lift: paneStart(lift, tickMs) })
    }
    return undefined
  }

  #newDecision(run: PartitionRun<State>, kind: DecisionKind, value: Json): Delivery<State> {
    return this.#decisionDelivery(run, run.decision(kind, value, this.#settings.clock.now()), false)
  }

  #decisionDelivery(run: PartitionRun<State>, decision: Decision, isMuted: boolean): Delivery<State> {
    const records = emptyRecords(run.partition, run.position)
    return { run, records, decision, isMuted, events: this.#batch(), frames: [] }
  }

  #recordsDelivery(run: PartitionRun<State>, records: RecordBatch): Delivery<State> {
    return { run, records, decision: undefined, isMuted: run.isMuted, events: this.#batch(), frames: [] }
  }

  #batch(): EventBatch {
    return this.#pool.pop() ?? new EventBatch(this.#settings.tables)
  }

  async #lookIfDue(): Promise<void> {
    const now = this.#settings.clock.now()
    if (now - this.#lookedAtMs < this.#settings.pollMs) return
    this.#lookedAtMs = now
    await this.#settings.look()
  }

  async #wait(): Promise<void> {
    if (this.#isStopped) return
    const { clock, pollMs } = this.#settings
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#cancelTimer = clock.schedule(clock.now() + pollMs, resolve)
    })
    this.#cancelTimer?.()
    this.#wake = undefined
  }
}

/** Bytes that a delivery holds; a decision holds a place, too. */
function sizeOf(delivery: Delivery<DeriveStanding>): number {
  return Math.max(1, delivery.records.bytes.length)
}

function emptyRecords(partition: Partition, position: bigint): RecordBatch {
  return new RecordBatch(partition.source, new Uint8Array(0), position, 0)
}

/** Leaves only the records before an absolute position. */
function cutBefore(records: RecordBatch, limit: bigint): void {
  const delta = Number(limit - records.base)
  let count = records.count
  while (count > 0 && records.offset[count - 1]! >= delta) count--
  records.count = count
  records.next = delta
}
