import type { Clock } from '../core/clock.ts'
import type { UnitLog } from '../core/unit.ts'
import type { Telemetry } from '../telemetry/events.ts'
import type { AlertRun, AlertStanding } from './alert-run.ts'
import type { PartitionRun, DeriveStanding } from './partition-run.ts'
import { settleCommit, type CommitPart } from './settle-commit.ts'

/** When to commit, and when to add a snapshot. */
export interface CommitPace {
  readonly commitEveryMs: number
  /** Bytes of input since the last commit after which one is made, so that a transaction stays small. */
  readonly commitEveryBytes: number
  readonly snapshotEveryMs: number
  /** Bytes of input since the last snapshot: bounds what a restart reads again. */
  readonly snapshotEveryBytes: number
}

interface CommitterSettings {
  readonly log: UnitLog
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly configHash: string
  readonly pace: CommitPace
  readonly onCommitted: () => void
  /** Lets other work of the process go on between two slices of a snapshot. */
  readonly pause: () => Promise<void>
}

/** Decides when, and makes one commit of all units that have something new. */
export class Committer<DeriveState extends DeriveStanding, AlertState extends AlertStanding> {
  readonly #settings: CommitterSettings
  readonly #alerts: AlertRun<AlertState>
  readonly #runs: readonly PartitionRun<DeriveState>[]
  #committedAtMs: number
  #snapshotAtMs: number
  #bytes = 0
  #snapshotBytes = 0

  constructor(settings: CommitterSettings, alerts: AlertRun<AlertState>, runs: readonly PartitionRun<DeriveState>[]) {
    this.#settings = settings
    this.#alerts = alerts
    this.#runs = runs
    this.#committedAtMs = settings.clock.now()
    this.#snapshotAtMs = this.#committedAtMs
  }

  /** Called after each batch with its size. */
  async commitIfDue(bytes: number): Promise<void> {
    const { pace, clock } = this.#settings
    this.#bytes += bytes
    this.#snapshotBytes += bytes
    const isDue = this.#bytes >= pace.commitEveryBytes || clock.now() - this.#committedAtMs >= pace.commitEveryMs
    if (isDue || this.#alerts.isUrgent) await this.commit(this.#isSnapshotDue())
  }

  /** Called when nothing is left to read. */
  async commitIfDirty(): Promise<void> {
    const isDirty = this.#alerts.isDirty || this.#runs.some((run) => run.isDirty)
    if (isDirty) await this.commit(this.#isSnapshotDue())
  }

  /** The last commit of a run, with a snapshot if there may be one. */
  async commitLast(): Promise<void> {
    await this.commit(!this.#isPartlyHandedOver)
  }

  /** `configHash`: of the configuration that a snapshot is to be read with. */
  async commit(withSnapshot: boolean, configHash = this.#settings.configHash): Promise<void> {
    const { log, clock, telemetry, onCommitted, pause } = this.#settings
    const startedMs = clock.now()
    const runs = this.#runs.filter((run) => run.isDirty || (withSnapshot && !run.isMuted))
    const parts: CommitPart[] = []
    for (const run of runs) {
      parts.push({ claim: run.claim, commit: run.commit(configHash, withSnapshot) })
      if (withSnapshot) await pause()
    }
    const plain = this.#alerts.commit()
    const snapshot = withSnapshot ? await this.#alerts.snapshot(plain, configHash, pause) : undefined
    const alerts = { claim: this.#alerts.claim, commit: snapshot === undefined ? plain : { ...plain, snapshot } }
    await settleCommit(log, [alerts, ...parts])
    runs.forEach((run, i) => run.committed(parts[i]!.commit))
    this.#alerts.committed(alerts.commit)
    this.#committedAtMs = clock.now()
    this.#bytes = 0
    if (withSnapshot) {
      this.#snapshotAtMs = this.#committedAtMs
      this.#snapshotBytes = 0
    }
    telemetry.committed('committed', (this.#committedAtMs - startedMs) / 1000)
    telemetry.watermarkAt(this.#alerts.watermark)
    onCommitted()
  }

  /** Snapshots of units under two configurations would not fit one another. */
  get #isPartlyHandedOver(): boolean {
    return this.#alerts.nextHash !== undefined || this.#runs.some((run) => run.isHandedOver)
  }

  #isSnapshotDue(): boolean {
    if (this.#isPartlyHandedOver) return false
    const { pace, clock } = this.#settings
    return this.#snapshotBytes >= pace.snapshotEveryBytes || clock.now() - this.#snapshotAtMs >= pace.snapshotEveryMs
  }
}
