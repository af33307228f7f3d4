import type { Parser, Partition } from '../core/component.ts'
import { isJsonObject, type EventBatch, type Json } from '../core/event-batch.ts'
import { Encoder } from '../core/codec.ts'
import type { Frame } from '../core/frame.ts'
import { encodeFrame } from '../core/frame-codec.ts'
import type { RecordBatch } from '../core/record-batch.ts'
import type { Claim, Commit, Decision, DecisionKind, Snapshot, Unit } from '../core/unit.ts'
import { isReached, placeOfFrame, type Place } from './frame-place.ts'
import { decodeStanding, encodeChange, encodeStanding, type RunChange } from './run-change.ts'

/** What a partition's unit tells about itself; `derive/unit.ts` implements it. */
export interface DeriveUnit<State> extends Unit<State, EventBatch, Frame> {
  /** Watermark of the source, epoch ms; -Infinity before the first event. */
  watermark(state: State): number
  /** What changed since the last call. */
  change(state: State): Uint8Array
  /** Takes the state from one change to the next. */
  amend(state: State, change: Uint8Array): void
}

/** What the engine needs to see of a derive unit's state. */
export interface DeriveStanding {
  /** The source was read to its end. */
  readonly isEnded: boolean
}

/** Chunk that holds where the partition is, beside those of the unit. */
const standingChunk = 'standing'

/** One partition with its parser and its derive unit: what is restored, re-run and committed together. */
export class PartitionRun<State extends DeriveStanding> {
  partition: Partition
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
  /** Encoded frames that the alert unit took since the last commit. */
  #frames: Uint8Array[] = []
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
    this.#recorded = [...claim.decisions].sort((a, b) => compareOffsets(a, b) || a.ordinal - b.ordinal)
    this.#ordinal = claim.decisions.at(-1)?.ordinal ?? this.#committedDecision
    this.#generation = parts.generation
    this.#lastConfig = Math.max(0, ...claim.decisions.map(generationOf))
  }

  get watermark(): number {
    return this.#unit.watermark(this.state)
  }

  get isDirty(): boolean {
    return this.#isDirty
  }

  /**
   * Takes the state of a snapshot and of the changes behind it, as far as they are not of a later configuration, and
   * their frames do not go beyond `accepted`, where the alert unit stands: what lies between would be missing. False:
   * there is no such state.
   */
  restore(snapshot: Snapshot | undefined, changes: readonly RunChange[], accepted: Place | undefined): boolean {
    const chunk = snapshot?.chunks.find(({ id }) => id === standingChunk)
    const saved = chunk === undefined ? undefined : decodeStanding(chunk.bytes)
    const standings = [saved, ...changes]
    const later = standings.findIndex((standing) => (standing?.generation ?? 0) > this.#generation)
    const fitting = later < 0 ? standings : standings.slice(0, later)
    const count = fitting.findLastIndex((standing) => isWithin(standing?.cutTo, accepted))
    if (count < 0) return false
    const last = changes[count - 1]
    const { parser, cutTo } = last ?? saved ?? { parser: undefined, cutTo: undefined }
    if (parser !== undefined) this.parser.restore(parser)
    this.#cutTo = cutTo
    this.state = this.#stateOf(snapshot, changes.slice(0, count))
    this.isEnded = this.state.isEnded
    this.position = last?.position ?? snapshot?.position.offset ?? this.partition.start
    this.#appliedDecision = last?.decision ?? snapshot?.decision ?? 0
    const isDone = (decision: Decision): boolean => isBefore(decision, this.position, this.#appliedDecision)
    this.isHandedOver = this.#recorded.some((one) => isDone(one) && generationOf(one) > this.#generation)
    this.#recorded.splice(0, Infinity, ...this.#recorded.filter((decision) => !isDone(decision)))
    return true
  }

  #stateOf(snapshot: Snapshot | undefined, changes: readonly RunChange[]): State {
    const chunks = snapshot?.chunks.filter(({ id }) => id !== standingChunk) ?? []
    const state = snapshot === undefined ? this.#unit.initial() : this.#unit.decode(snapshot.stateVersion, chunks)
    for (const { unit } of changes) this.#unit.amend(state, unit)
    return state
  }

  #appliedDecision = 0
  /** Place behind the last frame that was cut. */
  #cutTo: Place | undefined

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
    return isBefore(decision, this.committedTo, this.#committedDecision)
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
    this.#unit.decide(this.state, decision, this.#noting(out))
  }

  takeEvents(events: EventBatch, out: (frame: Frame) => void): void {
    this.#unit.step(this.state, events, this.#noting(out))
  }

  #noting(out: (frame: Frame) => void): (frame: Frame) => void {
    return (frame) => {
      this.#cutTo = placeOfFrame(frame)
      out(frame)
    }
  }

  /** Records were parsed: the position moves behind them. After the end (a file grew between two runs) they open it again. */
  advance(records: RecordBatch): void {
    if (records.next > 0) this.isEnded = false
    this.position = records.base + BigInt(records.next)
    this.#isDirty = true
  }

  /** The alert unit took a frame of this partition that it did not have. */
  keep(frame: Frame): void {
    const to = new Encoder()
    to.uint(this.#generation)
    encodeFrame(to, frame)
    this.#frames.push(to.finish())
  }

  /** The partition was gone, and is there again. */
  reopen(partition: Partition): void {
    this.partition = partition
    this.isAtEnd = false
    this.isFinished = false
  }

  /** What is new since the last commit; call `committed` when it is visible. */
  commit(configHash: string, withSnapshot: boolean): Commit {
    const next = { offset: this.position, sub: 0 }
    const standing = { generation: this.#generation, cutTo: this.#cutTo, parser: this.parser.save() }
    const commit = {
      unit: this.claim.unit,
      seq: this.#seq + 1,
      from: { offset: this.#committedNext, sub: 0 },
      next: this.position < this.committedTo ? { offset: this.committedTo, sub: 0 } : next,
      decisions: this.#made,
      outputs: [],
      progress: { decision: Math.max(this.#appliedDecision, this.#committedDecision) },
      frames: this.#frames,
      change: encodeChange({
        source: this.partition.source,
        position: this.position,
        decision: this.#appliedDecision,
        ...standing,
        unit: this.#unit.change(this.state),
      }),
    }
    if (!withSnapshot) return commit
    const generation = this.#generation + (this.isHandedOver ? 1 : 0)
    const snapshot = {
      unit: this.claim.unit,
      seq: commit.seq,
      frames: 0,
      stateVersion: this.#unit.stateVersion,
      configHash,
      position: next,
      decision: this.#appliedDecision,
      chunks: [
        ...this.#unit.encode(this.state),
        { id: standingChunk, bytes: encodeStanding({ ...standing, generation }) },
      ],
    }
    return { ...commit, snapshot }
  }

  committed(commit: Commit): void {
    this.#seq = commit.seq
    this.#committedNext = commit.next.offset
    this.#made = []
    this.#frames = []
    this.#isDirty = false
  }
}

/** Whether the alert unit has all frames up to a place. */
function isWithin(place: Place | undefined, accepted: Place | undefined): boolean {
  return place === undefined || (accepted !== undefined && isReached(accepted, place))
}

/** Whether a decision was applied in a state at a position, the last one of which had this ordinal. */
function isBefore({ position, ordinal }: Decision, at: bigint, applied: number): boolean {
  return position.offset < at || (position.offset === at && ordinal <= applied)
}

function compareOffsets(a: Decision, b: Decision): number {
  return a.position.offset < b.position.offset ? -1 : a.position.offset > b.position.offset ? 1 : 0
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
