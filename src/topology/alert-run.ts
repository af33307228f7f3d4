import type { Json } from '../core/event-batch.ts'
import { LogpipeError } from '../core/error.ts'
import type { Frame } from '../core/frame.ts'
import type { Position } from '../core/record-batch.ts'
import type { Claim, Commit, Decision, DecisionKind, Output, Snapshot, Unit } from '../core/unit.ts'

/** A source as the alert unit knows it. */
export interface KnownSource {
  readonly lastTo: Position | undefined
  readonly watermark: number
  readonly standing: 'included' | 'joining' | 'stalled'
  readonly isEnded: boolean
}

/** What the engine needs to see of the alert unit's state; `alert/state.ts` has it. */
export interface AlertStanding {
  readonly sources: ReadonlyMap<string, KnownSource>
  /** Last evaluated tick, epoch ms; -Infinity before the first. */
  readonly tick: number
}

export interface AlertUnit<State extends AlertStanding> extends Unit<State, Frame, Output> {
  watermark(state: State): number
}

/** The one alert unit with its claim: what it is given, and what it puts out until the next commit. */
export class AlertRun<State extends AlertStanding> {
  readonly claim: Claim
  readonly #unit: AlertUnit<State>
  state: State
  /** Decisions of runs before that are still to be applied, by ordinal. */
  readonly #recorded: Decision[]
  /** By source: how far it had come when a recorded decision stopped its watermark. */
  readonly #held = new Map<string, Frame>()
  #ordinal: number
  #applied = 0
  #seq: number
  #from: Position
  #made: Decision[] = []
  #outputs: Output[] = []
  #isDirty = false
  /** False: it starts from nothing, and so must all partitions. */
  isRestored = false

  constructor(claim: Claim, unit: AlertUnit<State>) {
    this.claim = claim
    this.#unit = unit
    this.state = unit.initial()
    this.#recorded = [...claim.decisions]
    this.#ordinal = this.#recorded.at(-1)?.ordinal ?? 0
    this.#seq = claim.progress?.seq ?? 0
    this.#from = claim.progress?.next ?? { offset: 0n, sub: 0 }
  }

  get watermark(): number {
    return this.#unit.watermark(this.state)
  }

  get isDirty(): boolean {
    return this.#isDirty
  }

  /** True if an alert changed since the last commit: it should not wait. */
  get isUrgent(): boolean {
    return this.#outputs.some((output) => output.stage === 'alert')
  }

  restore(snapshot: Snapshot): void {
    this.state = this.#unit.decode(snapshot.stateVersion, snapshot.chunks)
    this.isRestored = true
    this.#applied = snapshot.decision
    this.#ordinal = Math.max(this.#ordinal, snapshot.decision)
    while (this.#recorded.length > 0 && this.#recorded[0]!.ordinal <= snapshot.decision) this.#recorded.shift()
  }

  /**
   * Takes a frame. A decision that a run before made between two ticks stops watermarks there until all sources have
   * come that far, so that it takes effect at the same tick again.
   */
  take(frame: Frame): void {
    this.#isDirty = true
    const limit = this.#nextDecisionTick()
    if (frame.watermark > limit) {
      this.#held.set(frame.source, { ...frame, from: frame.to, derives: [], matches: [], samples: [] })
      this.#step({ ...frame, watermark: limit, isEnd: false })
    } else this.#step(frame)
    this.applyRecorded()
  }

  /** Applies the recorded decisions whose tick has been reached. */
  applyRecorded(): void {
    for (let next = this.#due(); next !== undefined; next = this.#due()) {
      this.#recorded.shift()
      this.#apply(next)
      const held = [...this.#held.values()]
      this.#held.clear()
      for (const frame of held) this.take(frame)
    }
  }

  /** Makes and applies a new decision; `record` stores it first. */
  async decide(
    kind: DecisionKind,
    value: Json,
    record: (decision: Decision) => Promise<void>,
    wallMs: number,
  ): Promise<void> {
    const position = { offset: tickOffset(this.state.tick), sub: 0 }
    const decision = { epoch: this.claim.epoch, position, ordinal: ++this.#ordinal, kind, value, wallMs }
    await record(decision)
    this.#made.push(decision)
    this.#apply(decision)
  }

  commit(configHash: string, withSnapshot: boolean): Commit {
    const next = { offset: tickOffset(this.state.tick), sub: 0 }
    const commit = {
      unit: this.claim.unit,
      seq: this.#seq + 1,
      from: this.#from,
      next,
      decisions: this.#made,
      outputs: this.#outputs,
      progress: { decision: this.#applied },
    }
    if (!withSnapshot) return commit
    const { stateVersion } = this.#unit
    const chunks = [...this.#unit.encode(this.state)]
    const snapshot = {
      unit: this.claim.unit,
      stateVersion,
      configHash,
      position: next,
      decision: this.#applied,
      chunks,
    }
    return { ...commit, snapshot }
  }

  committed(commit: Commit): void {
    this.#seq = commit.seq
    this.#from = commit.next
    this.#made = []
    this.#outputs = []
    this.#isDirty = false
  }

  #step(frame: Frame): void {
    this.#unit.step(this.state, frame, (output) => this.#outputs.push(output))
  }

  #apply(decision: Decision): void {
    this.#applied = decision.ordinal
    this.#isDirty = true
    this.#unit.decide(this.state, decision, (output) => this.#outputs.push(output))
  }

  #due(): Decision | undefined {
    return this.state.tick >= this.#nextDecisionTick() ? this.#recorded[0] : undefined
  }

  #nextDecisionTick(): number {
    const next = this.#recorded[0]
    if (next === undefined) return Infinity
    return next.position.offset === beforeTicks ? -Infinity : Number(next.position.offset)
  }
}

/** Position of a decision that was made before the first tick. */
const beforeTicks = -1n

function tickOffset(tick: number): bigint {
  return tick === -Infinity ? beforeTicks : BigInt(tick)
}

/** Rejects unless the decision is in force. */
export function requireInForce(answer: 'in_force' | 'void', unit: string): void {
  if (answer === 'in_force') return
  throw new LogpipeError('LP_STATE_FENCED', `deciding for ${unit}: another owner has taken over`, { retryable: true })
}
