import { concatMap, from, lastValueFrom, of, type Observable } from 'rxjs'
import type { Clock } from '../core/clock.ts'
import type { EventSink, ParseStage, Partition, RecordInput } from '../core/component.ts'
import { Decoder } from '../core/codec.ts'
import { LogpipeError } from '../core/error.ts'
import type { EventBatch, EventTables } from '../core/event-batch.ts'
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
import { Pull } from './pull.ts'
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
}

const alertUnitName = 'alert'

/**
 * Embedded mode: one thread owns all units. Partitions are read in the order of their event time; each batch goes
 * through parse, mask, index, derive and alert; one commit makes everything visible at once. Whatever ends it, a new
 * engine on the same log goes on where the last commit was.
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
    })
  }

  /** Undefined until the units are restored. */
  get alertState(): AlertState | undefined {
    return this.#alerts?.state
  }

  get runs(): readonly PartitionRun<DeriveState>[] {
    return this.#runs
  }

  /** Runs until all inputs have ended or `stop` was called, then commits with a snapshot. Rejects as the log or a sink does. */
  async run(): Promise<void> {
    const { pipelines } = this.#settings
    try {
      await this.#restore()
      await lastValueFrom(this.#flow(), { defaultValue: undefined })
      await this.#committer.commit(true)
      for (const { sinks } of pipelines) for (const sink of sinks) await sink.stop()
    } finally {
      await Promise.allSettled(pipelines.map(({ input }) => input.stop()))
      await Promise.allSettled(this.#runs.map(({ partition }) => partition.close()))
    }
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

  /**
   * Claims all units and restores them to the last commit. Where that cannot be had, partitions are read again: none
   * stands later than what the alert unit has accepted.
   */
  async #restore(): Promise<void> {
    const { log, alertUnit } = this.#settings
    const claim = await log.claim(alertUnitName)
    let isFeeding = true
    this.#alerts = new AlertRun(claim, alertUnit, (source) => isFeeding || this.#known.has(source))
    const snapshot = claim.snapshots[0]
    if (snapshot !== undefined) this.#alerts.restore(snapshot)
    this.#committer = new Committer(this.#settings, this.#alerts, this.#runs)
    this.#alerts.applyRecorded()
    for await (const { bytes } of log.frames(claim, this.#alerts.frames)) {
      this.#alerts.take(decodeFrame(new Decoder(bytes)))
    }
    isFeeding = false
    for (const { partition, pipeline } of await this.#find()) this.#runs.push(await this.#runOf(partition, pipeline))
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
    const run = new PartitionRun(claim, deriveUnit(source), { partition, pipeline, parser })
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
        if (run.isMuted) continue // Its state cannot be had without its records.
        this.#gone.set(id, run)
        this.#runs.push(run)
      }
    }
  }

  /** Sources that are not there any more, and of which too little is known to end them, must not hold the others back. */
  async #excludeGone(): Promise<void> {
    for (const source of this.#alerts.counting()) {
      if (this.#known.has(source) || this.#gone.has(source)) continue
      const message = `going on without ${source}, which is gone: a part of what it gave does not count`
      const remedy = 'Nothing, if it was removed on purpose; logpipe replay counts anew what is still there.'
      this.#settings.report(new LogpipeError('LP_SOURCE_READ', message, { remedy }))
      await this.#decideAlert((record, nowMs) => this.#alerts.decide('exclude', { source }, record, nowMs))
    }
  }

  /**
   * Adds new sources, and includes those that have caught up with the others. Not before all that was committed has
   * been done again: a decision must not have an effect on that.
   */
  async #settleSources(): Promise<void> {
    const alerts = this.#alerts
    if (alerts.isRepeating || this.#runs.some((run) => run.isRepeating)) return
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
