import type { Parser, Partition } from '../core/component.ts'
import { isJsonObject, type EventBatch, type Json } from '../core/event-batch.ts'
import { comparePositions, type Frame } from '../core/frame.ts'
import type { Position, RecordBatch } from '../core/record-batch.ts'
import type { Claim, Commit, Decision, DecisionKind, Snapshot, Unit } from '../core/unit.ts'

/** What a partition's unit tells about itself; `derive/unit.ts` implements it. */
export interface DeriveUnit<State> extends Unit<State, EventBatch, Frame> {
  /** Watermark of the source, epoch ms; -Infinity before the first event. */
  watermark(state: State): number
  /** An empty frame at the place where the next one begins; undefined before the first event. */
  heartbeat(state: State): Frame | undefined
}

/** What the engine needs to see of a derive unit's state. */
export interface DeriveStanding {
  /** The source was read to its end. */
  readonly isEnded: boolean
}

/** Chunk that holds the parser's state beside those of the unit. */
const parserChunk = 'parser'

/** One partition with its parser and its derive unit: what is restored, re-run and committed together. */
export class PartitionRun<State extends DeriveStanding> {
  readonly partition: Partition
  readonly pipeline: number
  readonly parser: Parser
  readonly claim: Claim
  readonly #unit: DeriveUnit<State>
  state: State
  /** Next position to read. */
  position: bigint
  /** Outputs of records before this position, and of decisions up to `committedDecision`, were committed by a run before. */
  readonly committedTo: bigint
  readonly #committedDecision: number
  /** Decisions of runs before that are still to be applied, by ordinal. */
  readonly #recorded: Decision[]
  readonly #generation: number
  /** Generation of the newest `config` decision that was ever made. */
  #lastConfig: number
  /** The next configuration is in force here: nothing more is done under this one. */
  isHandedOver = false
  #ordinal: number
  #seq: number
  #committedNext: bigint
  /** Made since the last commit. */
  #made: Decision[] = []
  #isDirty = false
  isAtEnd = false
  isFinished = false
  /** The `end` decision was applied: nothing more will come. */
  isEnded = false
  /** Wall time when the last read began that found the end, epoch ms: what came after it is not known yet. */
  atEndMs = 0
  /** Wall time when records last came, epoch ms. */
  lastArrivalMs = 0
  /** A batch of this partition is under way. */
  isBusy = false

  /** `generation`: how many configurations were in force before this one. */
  constructor(
    claim: Claim,
    unit: DeriveUnit<State>,
    parts: { partition: Partition; pipeline: number; parser: Parser; generation: number },
  ) {
    this.claim = claim
    this.partition = parts.partition
    this.pipeline = parts.pipeline
    this.parser = parts.parser
    this.#unit = unit
    this.state = unit.initial()
    this.position = parts.partition.start
    const progress = claim.progress
    this.#seq = progress?.seq ?? 0
    this.committedTo = progress?.next.offset ?? parts.partition.start
    this.#committedNext = this.committedTo
    this.#committedDecision = decisionOf(progress?.value)
    this.#recorded = [...claim.decisions]
    this.#generation = parts.generation
    this.#lastConfig = Math.max(0, ...this.#recorded.map(generationOf))
    this.#ordinal = this.#recorded.at(-1)?.ordinal ?? this.#committedDecision
  }

  get watermark(): number {
    return this.#unit.watermark(this.state)
  }

  get isDirty(): boolean {
    return this.#isDirty
  }

  /**
   * Takes the state of a snapshot, unless its next frame would begin behind `accepted`, where the alert unit stands:
   * what lies between would be missing. One of a later configuration does not fit, either. What it includes of the
   * recorded decisions is not applied again.
   */
  restore(snapshot: Snapshot, accepted: Position): boolean {
    const later = this.#recorded.find((decision) => generationOf(decision) > this.#generation)
    if (later !== undefined && later.ordinal <= snapshot.decision) return false
    const chunks = snapshot.chunks.filter((chunk) => chunk.id !== parserChunk)
    const state = this.#unit.decode(snapshot.stateVersion, chunks)
    const next = this.#unit.heartbeat(state)?.from
    if (next !== undefined && comparePositions(next, accepted) > 0) return false
    const parser = snapshot.chunks.find((chunk) => chunk.id === parserChunk)
    if (parser !== undefined) this.parser.restore(parser.bytes)
    this.state = state
    this.isEnded = state.isEnded
    this.position = snapshot.position.offset
    while (this.#recorded.length > 0 && this.#recorded[0]!.ordinal <= snapshot.decision) this.#recorded.shift()
    this.#appliedDecision = snapshot.decision
    return true
  }

  #appliedDecision = 0

  /** The next recorded decision if it is due at the present position. */
  dueDecision(): Decision | undefined {
    const next = this.isHandedOver ? undefined : this.#recorded[0]
    return next !== undefined && next.position.offset <= this.position ? next : undefined
  }

  /** Position where reading must stop for now: the next recorded decision, or the end of what was committed before. */
  readLimit(): bigint | undefined {
    const decision = this.#recorded[0]?.position.offset
    const committed = this.position < this.committedTo ? this.committedTo : undefined
    if (decision === undefined) return committed
    return committed === undefined || decision < committed ? decision : committed
  }

  /** True while what comes out of the next records was already committed. */
  get isMuted(): boolean {
    return this.position < this.committedTo
  }

  /** True until all that was committed, or recorded for here, has been done again. */
  get isRepeating(): boolean {
    return !this.isHandedOver && (this.isMuted || this.dueDecision() !== undefined)
  }

  /** True while a run before has done or decided more: a decision made now would come too early. */
  get isCatchingUp(): boolean {
    return !this.isHandedOver && (this.isMuted || this.#recorded.length > 0)
  }

  /** A `config` decision for the next configuration was made, in this run or one before. */
  get isNextDecided(): boolean {
    return this.#lastConfig > this.#generation
  }

  /** It was not there when the configuration came into force. */
  get isBehind(): boolean {
    return this.#lastConfig < this.#generation
  }

  isMutedDecision(decision: Decision): boolean {
    return decision.ordinal <= this.#committedDecision
  }

  /** A new decision at the present position; the caller records it in the next commit. */
  decision(kind: DecisionKind, value: Json, wallMs: number): Decision {
    this.#ordinal++
    const position = { offset: this.position, sub: 0 }
    const decision = { epoch: this.claim.epoch, position, ordinal: this.#ordinal, kind, value, wallMs }
    this.#made.push(decision)
    this.#lastConfig = Math.max(this.#lastConfig, generationOf(decision))
    return decision
  }

  takeDecision(decision: Decision, out: (frame: Frame) => void): void {
    if (this.#recorded[0] === decision) this.#recorded.shift()
    this.#appliedDecision = decision.ordinal
    this.#isDirty = true
    if (decision.kind === 'end') this.isEnded = true
    if (generationOf(decision) > this.#generation) this.isHandedOver = true
    this.#unit.decide(this.state, decision, out)
  }

  takeEvents(events: EventBatch, out: (frame: Frame) => void): void {
    this.#unit.step(this.state, events, out)
  }

  /** Records were parsed: the position moves behind them. After the end (a file grew between two runs) they open it again. */
  advance(records: RecordBatch): void {
    if (records.next > 0) this.isEnded = false
    this.position = records.base + BigInt(records.next)
    this.#isDirty = true
  }

  /** What is new since the last commit; call `committed` when it is visible. */
  commit(configHash: string, withSnapshot: boolean): Commit {
    const next = { offset: this.position, sub: 0 }
    const commit = {
      unit: this.claim.unit,
      seq: this.#seq + 1,
      from: { offset: this.#committedNext, sub: 0 },
      next: this.position < this.committedTo ? { offset: this.committedTo, sub: 0 } : next,
      decisions: this.#made,
      outputs: [],
      progress: { decision: Math.max(this.#appliedDecision, this.#committedDecision) },
    }
    return withSnapshot ? { ...commit, snapshot: this.#snapshot(configHash, next) } : commit
  }

  committed(commit: Commit): void {
    this.#seq = commit.seq
    this.#committedNext = commit.next.offset
    this.#made = []
    this.#isDirty = false
  }

  #snapshot(configHash: string, position: Snapshot['position']): Snapshot {
    const chunks = [...this.#unit.encode(this.state), { id: parserChunk, bytes: this.parser.save() }]
    const { stateVersion } = this.#unit
    return { unit: this.claim.unit, stateVersion, configHash, position, decision: this.#appliedDecision, chunks }
  }
}

/** Of a `config` decision: which configuration comes into force, counted from 1; 0 for others. */
export function generationOf({ kind, value }: Decision): number {
  const generation = kind === 'config' && isJsonObject(value) ? value['generation'] : undefined
  return typeof generation === 'number' ? generation : 0
}

/** Ordinal of the last decision whose outputs were committed. */
function decisionOf(progress: Json | undefined): number {
  const ordinal = isJsonObject(progress) ? progress['decision'] : undefined
  return typeof ordinal === 'number' ? ordinal : 0
}
