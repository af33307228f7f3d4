import { concatMap, from, lastValueFrom, of, type Observable } from 'rxjs'
import type { Clock } from '../core/clock.ts'
import type { EventSink, ParseStage, Partition, RecordInput } from '../core/component.ts'
import { Decoder } from '../core/codec.ts'
import { LogpipeError } from '../core/error.ts'
import type { EventBatch, EventTables, JsonObject } from '../core/event-batch.ts'
import { decodeFrame } from '../core/frame-codec.ts'
import type { Source } from '../core/record-batch.ts'
import type { Claim, Decision, UnitLog } from '../core/unit.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { AlertRun, requireInForce, type AlertStanding, type AlertUnit } from './alert-run.ts'
import { Committer, type CommitPace } from './committer.ts'
import { Credit } from './credit.ts'
import type { Delivery } from './delivery.ts'
import { deriveFrames } from './operators/derive-frames.ts'
import { evaluateFrames } from './operators/evaluate-frames.ts'
import { indexBatches } from './operators/index-batches.ts'
import { maskBatches } from './operators/mask-batches.ts'
import { parseBatches } from './operators/parse-batches.ts'
import { gonePartition } from './gone-partition.ts'
import { PartitionRun, type DeriveUnit, type DeriveStanding } from './partition-run.ts'
import { Pull, type Handover } from './pull.ts'
import { decodeChange, type RunChange } from './run-change.ts'

/** Name of the unit of a partition. */
function unitName(pipeline: string, source: string): string {
  return `derive/${pipeline}/${source}`
}

/** A pipeline with its parts built. */
export interface EnginePipeline {
  readonly name: string
  readonly input: RecordInput
  readonly parse: ParseStage
  readonly sinks: readonly EventSink[]
}

export interface EngineSettings<DeriveState extends DeriveStanding, AlertState extends AlertStanding> {
  readonly pipelines: readonly EnginePipeline[]
  readonly deriveUnit: (source: Source) => DeriveUnit<DeriveState>
  readonly alertUnit: AlertUnit<AlertState>
  readonly log: UnitLog
  readonly tables: EventTables
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly configHash: string
  readonly tickMs: number
  readonly outOfOrderMs: number
  readonly idleAfterMs: number
  readonly joinTimeoutMs: number
  readonly pollMs: number
  readonly batchBytes: number
  readonly pace: CommitPace
  /** Rewrites what must not leave, between parse and every output. */
  readonly mask: (events: EventBatch) => void
  /** Stores the dead records of a batch within the next commit. */
  readonly bury: (events: EventBatch) => void
  /** After each commit: its outputs are visible. */
  readonly onCommitted: () => void
  /** Lets other work of the process go on between two slices of a snapshot. */
  readonly pause: () => Promise<void>
  /** Sees each batch after it was indexed, for live views; must not keep it. */
  readonly onEvents?: (events: EventBatch) => void
  readonly report: (error: LogpipeError) => void
  /** Claim of `alertUnitName`: its newest snapshot tells which configuration to start with. */
  readonly claim: Claim
  /** Hash of the configuration that is to be in force; another than `configHash` ends this engine. */
  readonly wantedHash: () => string
  /** The wanted configuration has the input of a pipeline, too. */
  readonly isKept: (pipeline: EnginePipeline) => boolean
  /** Value of the `config` decision for it, `hash` included. */
  readonly configDecision: () => JsonObject
}

export const alertUnitName = 'alert'

/** How a run ended: with its inputs or by `stop`, or because another configuration came into force. */
export type Ending = 'over' | 'handed_over'

/**
 * Embedded mode: one thread owns all units. Partitions are read in the order of their event time; each batch goes
 * through parse, mask, index, derive and alert; one commit makes everything visible at once. Whatever ends it, a new
 * engine on the same log goes on where the last commit was.
 *
 * An engine has one configuration. The next one comes into force by a recorded `config` decision in each unit, first in
 * the partitions, then in the alert unit, and by one commit with a snapshot of all of them, which the next engine reads.
 * An engine that starts before such a decision ends at it again.
 */
export class Engine<DeriveState extends DeriveStanding, AlertState extends AlertStanding> {
  readonly #settings: EngineSettings<DeriveState, AlertState>
  readonly #runs: PartitionRun<DeriveState>[] = []
  readonly #known = new Set<string>()
  /** Runs of partitions that were read in a run before and are not there now, by source. */
  readonly #gone = new Map<string, PartitionRun<DeriveState>>()
  readonly #pull: Pull<DeriveState>
  readonly #credit: Credit
  #alerts!: AlertRun<AlertState>
  /** The log of frames is being read: any source may still give some. */
  #isFeeding = true
  #committer!: Committer<DeriveState, AlertState>

  constructor(settings: EngineSettings<DeriveState, AlertState>) {
    this.#settings = settings
    this.#credit = new Credit(1)
    this.#pull = new Pull(this.#runs, () => settings.pipelines.every(({ input }) => input.isBounded), {
      clock: settings.clock,
      credit: this.#credit,
      tables: settings.tables,
      batchBytes: settings.batchBytes,
      tickMs: settings.tickMs,
      outOfOrderMs: settings.outOfOrderMs,
      idleAfterMs: settings.idleAfterMs,
      joinTimeoutMs: settings.joinTimeoutMs,
      pollMs: settings.pollMs,
      isBounded: (pipeline) => settings.pipelines[pipeline]!.input.isBounded,
      look: () => this.#look(),
      onIdle: () => this.#idle(),
      report: settings.report,
      generation: () => this.#alerts.generation,
      handover: () => this.#handover(),
      isKept: ({ pipeline }) => settings.isKept(settings.pipelines[pipeline]!),
    })
  }

  /** Undefined until the units are restored. */
  get alertState(): AlertState | undefined {
    return this.#alerts?.state
  }

  get runs(): readonly PartitionRun<DeriveState>[] {
    return this.#runs
  }

  /**
   * Runs until all inputs have ended, `stop` was called or another configuration is in force, then commits with a
   * snapshot. Rejects as the log or a sink does. Inputs are left to `release` if it resolves to `handed_over`.
   */
  async run(): Promise<Ending> {
    let ending: Ending = 'over'
    try {
      const isPast = await this.#restoreAlerts()
      if (!isPast) {
        await this.#restoreRuns()
        await lastValueFrom(this.#flow(), { defaultValue: undefined })
      }
      const isHandedOver = isPast || this.#pull.isHandedOver
      if (isHandedOver) await this.#handOver()
      else await this.#committer.commitLast()
      for (const { sinks } of this.#settings.pipelines) for (const sink of sinks) await sink.stop()
      if (isHandedOver) ending = 'handed_over'
      return ending
    } finally {
      if (ending === 'over') await this.release(() => true)
    }
  }

  /** Stops the inputs of pipelines, and closes what they gave. */
  async release(isReleased: (pipeline: EnginePipeline) => boolean): Promise<void> {
    const { pipelines } = this.#settings
    const released = new Set(pipelines.filter(isReleased))
    const runs = this.#runs.filter(({ pipeline }) => released.has(pipelines[pipeline]!))
    await Promise.allSettled([...released].map(({ input }) => input.stop()))
    await Promise.allSettled(runs.map(({ partition }) => partition.close()))
  }

  /** Ends `run` after the batch under way. Harmless twice. */
  stop(): void {
    this.#pull.stop()
  }

  /** Something new may be there to read. */
  nudge(): void {
    this.#pull.nudge()
  }

  #flow(): Observable<unknown> {
    const { pipelines, mask, bury, telemetry, log, onEvents } = this.#settings
    return from(this.#pull.deliveries()).pipe(
      concatMap((delivery: Delivery<DeriveState>) =>
        of(delivery).pipe(
          parseBatches(telemetry),
          maskBatches(mask),
          indexBatches({ pipelines, bury, telemetry, onEvents }),
          deriveFrames((run, decision) => this.#record(log, run.claim, decision)),
          evaluateFrames(this.#alerts),
          concatMap(() => this.#finish(delivery)),
        ),
      ),
    )
  }

  /** Not reached after a failure: then nothing more is read or committed. */
  async #finish(delivery: Delivery<DeriveState>): Promise<void> {
    await this.#settleSources()
    await this.#committer.commitIfDue(delivery.records.bytes.length)
    this.#pull.settle(delivery)
  }

  #handover(): Handover {
    const { wantedHash, configHash } = this.#settings
    const alerts = this.#alerts
    const isNextDecided = alerts.nextHash !== undefined || alerts.isNextRecorded
    if (!isNextDecided && !this.#runs.some((run) => run.isNextDecided) && wantedHash() === configHash) return 'none'
    return alerts.isRepeating || this.#runs.some((run) => run.isCatchingUp) ? 'awaited' : 'due'
  }

  /** All partitions are at the next configuration: the alert unit follows, and what comes is read with the next one. */
  async #handOver(): Promise<void> {
    const alerts = this.#alerts
    if (alerts.nextHash === undefined) {
      const value = { ...this.#settings.configDecision(), generation: alerts.generation + 1 }
      await this.#decideAlert((record, nowMs) => alerts.decide('config', value, record, nowMs))
    }
    await this.#committer.commit(true, alerts.nextHash)
  }

  /**
   * Restores the alert unit to the last commit, as far as the log of frames is intact: what is lost is cut again. True if
   * frames of the next configuration follow: all partitions went on to it, and what they did after that stands.
   */
  async #restoreAlerts(): Promise<boolean> {
    const { log, claim, alertUnit } = this.#settings
    this.#alerts = new AlertRun(claim, alertUnit, (source) => this.#isFeeding || this.#known.has(source))
    const alerts = this.#alerts
    const snapshot = claim.snapshots[0]
    if (snapshot !== undefined) alerts.restore(snapshot)
    this.#committer = new Committer(this.#settings, alerts, this.#runs)
    alerts.applyRecorded()
    for await (const { bytes } of log.frames(claim, alerts.frames)) {
      const entry = new Decoder(bytes)
      const generation = entry.uint()
      if (generation > alerts.generation) {
        alerts.handOver()
        return true
      }
      alerts.take(decodeFrame(entry))
    }
    this.#isFeeding = false
    return false
  }

  /** Claims and restores partitions. Where that cannot be had, they are read again: none is later than the alert unit. */
  async #restoreRuns(): Promise<void> {
    await this.#look()
    await this.#restoreGone()
    await this.#excludeGone()
    this.#alerts.applyRecorded()
    await this.#excludeGone()
    await this.#settleSources()
  }

  /** Looks for new partitions. */
  async #look(): Promise<void> {
    for (const { partition, pipeline } of await this.#find()) this.#runs.push(await this.#runOf(partition, pipeline))
    await this.#settleSources()
  }

  async #idle(): Promise<void> {
    await this.#settleSources()
    await this.#committer.commitIfDirty()
  }

  async #find(): Promise<{ partition: Partition; pipeline: number }[]> {
    const found: { partition: Partition; pipeline: number }[] = []
    for (const [pipeline, { input }] of this.#settings.pipelines.entries()) {
      for (const partition of await input.discover()) {
        const { id } = partition.source
        const gone = this.#gone.get(id)
        if (gone !== undefined) gone.reopen(partition)
        else if (!this.#known.has(id)) found.push({ partition, pipeline })
        this.#gone.delete(id)
        this.#known.add(id)
      }
    }
    return found
  }

  async #runOf(partition: Partition, pipeline: number): Promise<PartitionRun<DeriveState>> {
    const { source } = partition
    const name = unitName(source.pipeline, source.id)
    return await this.#restored(await this.#settings.log.claim(name), partition, pipeline)
  }

  /** The newest state that a partition can go on from. */
  async #restored(claim: Claim, partition: Partition, pipeline: number): Promise<PartitionRun<DeriveState>> {
    const { log, deriveUnit, pipelines, clock } = this.#settings
    const { source } = partition
    const parser = pipelines[pipeline]!.parse.parserFor(source)
    const { generation } = this.#alerts
    const run = new PartitionRun(claim, deriveUnit(source), { partition, pipeline, parser, generation })
    run.lastArrivalMs = clock.now()
    const accepted = this.#alerts.acceptedTo(source.id)
    for (const snapshot of [...claim.snapshots, undefined]) {
      const changes: RunChange[] = []
      for await (const { bytes } of log.changes(claim, snapshot?.seq ?? 0)) changes.push(decodeChange(bytes))
      if (run.restore(snapshot, changes, accepted)) break
    }
    return run
  }

  /** Sources that were read before and are not there any more end where the last commit was. */
  async #restoreGone(): Promise<void> {
    const { log, pipelines } = this.#settings
    for (const unit of await log.units()) {
      const pipeline = pipelines.findIndex(({ name }) => unit.startsWith(unitName(name, '')))
      if (pipeline < 0) continue
      const id = unit.slice(unitName(pipelines[pipeline]!.name, '').length)
      if (this.#known.has(id) || this.#alerts.state.sources.get(id)?.isEnded === true) continue
      const claim = await log.claim(unit)
      const { progress } = claim
      if (progress === undefined) continue
      for await (const { bytes } of log.changes(claim, progress.seq - 1)) {
        const { source, position } = decodeChange(bytes)
        const run = await this.#restored(claim, gonePartition(source, position), pipeline)
        if (run.isMuted && !run.isHandedOver) continue // Its state cannot be had without its records.
        this.#gone.set(id, run)
        this.#runs.push(run)
      }
    }
  }

  /** Sources that are not there any more, and of which too little is known to end them, must not hold the others back. */
  async #excludeGone(): Promise<void> {
    for (const source of this.#alerts.counting()) {
      if (this.#known.has(source) || this.#gone.has(source)) continue
      const { claim, report } = this.#settings
      const message = `going on without ${source}, which is gone: a part of what it gave does not count`
      const remedy = 'Nothing, if it was removed on purpose; logpipe replay counts anew what is still there.'
      // What a pipeline gave that the configuration before still had counts as a whole.
      if (claim.decisions.at(-1)?.kind !== 'config') report(new LogpipeError('LP_SOURCE_READ', message, { remedy }))
      await this.#decideAlert((record, nowMs) => this.#alerts.decide('exclude', { source }, record, nowMs))
    }
  }

  /**
   * Adds new sources, and includes those that have caught up with the others. Not before all that was committed has
   * been done again: a decision must not have an effect on that.
   */
  async #settleSources(): Promise<void> {
    const alerts = this.#alerts
    if (alerts.nextHash !== undefined || alerts.isRepeating || this.#runs.some((run) => run.isRepeating)) return
    const add = this.#runs.map(({ partition }) => partition.source.id).filter((id) => !alerts.state.sources.has(id))
    if (add.length > 0) await this.#decideAlert((record, nowMs) => alerts.decide('sources', { add }, record, nowMs))
    for (const [source, { isEnd, watermark }] of alerts.newestWaiting()) {
      if (!isEnd && watermark < alerts.watermark) continue
      await this.#decideAlert((record, nowMs) => alerts.include(source, record, nowMs))
    }
  }

  /** A decision tells which frames were there before it, so these are made durable first. */
  async #decideAlert(
    decide: (record: (decision: Decision) => Promise<void>, nowMs: number) => Promise<void>,
  ): Promise<void> {
    const { log, clock } = this.#settings
    await this.#committer.commitIfDirty()
    await decide((decision) => this.#record(log, this.#alerts.claim, decision), clock.now())
  }

  async #record(log: UnitLog, claim: Claim, decision: Decision): Promise<void> {
    requireInForce(await log.decide(claim, decision), claim.unit)
  }
}
