import type { Json } from './event-batch.ts'
import type { Position } from './record-batch.ts'

/** Choices that the input alone does not make. Each is recorded at a position before it has an effect. */
export type DecisionKind =
  | 'claim'
  | 'lull'
  | 'join_flush'
  | 'parse_timeout'
  | 'skip'
  | 'config'
  | 'end'
  | 'arrival'
  | 'sources'
  | 'exclude'
  | 'include'

export interface Decision {
  /** Epoch of the owner that made it. */
  readonly epoch: number
  /** It takes effect before the record at this position. In `alert`, `offset` is the last evaluated tick in ms. */
  readonly position: Position
  /** Order among the decisions of a unit, from 1. */
  readonly ordinal: number
  readonly kind: DecisionKind
  readonly value: Json
  /** When it was made, epoch ms: for people, the core never reads it. */
  readonly wallMs: number
}

/** A part of a snapshot; ids are unique within it and ascend. */
export interface Chunk {
  readonly id: string
  readonly bytes: Uint8Array
}

/**
 * State of one stage for one of its inputs. Pure: no clock, randomness, locale or zone, no order of a Map that depends
 * on it. Equal state, batch and decisions give equal outputs and equal state, wherever batches are cut.
 */
export interface Unit<State, Batch, Out> {
  readonly stateVersion: number
  initial(): State
  /** Takes the part [from, to) of the input. */
  step(state: State, batch: Batch, out: (output: Out) => void): void
  decide(state: State, decision: Decision, out: (output: Out) => void): void
  /** Canonical: equal states give equal bytes. */
  encode(state: State): Iterable<Chunk>
  /** Reads this version and the one before; throws LP_STATE_VERSION for others. */
  decode(version: number, chunks: readonly Chunk[]): State
}

/** What leaves a unit. It becomes visible through `UnitLog.commit` alone. */
export interface Output {
  readonly stage: 'metric' | 'alert'
  /** Document id: metrics and alerts are written with `revision` as version. */
  readonly id: string
  readonly revision: number
  readonly key: string
  /** The document, JSON. */
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** How far a unit has come. */
export interface Progress {
  /** Contiguous from 1. */
  readonly seq: number
  readonly epoch: number
  readonly next: Position
  /** Stage-specific, canonical JSON: watermark, accepted positions, number of outputs. */
  readonly value: Json
}

export interface Snapshot {
  readonly unit: string
  /** Number of the commit that it is part of. */
  readonly seq: number
  /** Entries of the log of frames that it includes; 0 in `derive`. */
  readonly frames: number
  readonly stateVersion: number
  readonly configHash: string
  /** Input position the state stands at. */
  readonly position: Position
  /** Ordinal of the last decision that it includes. */
  readonly decision: number
  readonly chunks: readonly Chunk[]
}

/** One step of the outside world, immutable and kept until its outcome is known. */
export interface Commit {
  readonly unit: string
  readonly seq: number
  readonly from: Position
  readonly next: Position
  readonly decisions: readonly Decision[]
  readonly outputs: readonly Output[]
  readonly progress: Json
  /** Encoded frames that the unit cut since the last commit, in order: what `alert` takes. */
  readonly frames?: readonly Uint8Array[]
  /** What the state at `next` has beside the one of the commit before, so that no record is needed again. */
  readonly change?: Uint8Array
  readonly snapshot?: Snapshot
}

/** One entry of a log that lies between the snapshots and the newest commit. */
export interface Entry {
  /** Contiguous, from 1: changes have the number of their commit. */
  readonly n: number
  readonly bytes: Uint8Array
}

/** Ownership of a unit. */
export interface Claim {
  readonly unit: string
  /** Larger than every epoch before. */
  readonly epoch: number
  readonly progress: Progress | undefined
  /** Newest first, each verified by its hash; damaged ones are left out. */
  readonly snapshots: readonly Snapshot[]
  /** All valid decisions, by ordinal: without a usable snapshot all are needed again. */
  readonly decisions: readonly Decision[]
}

export type CommitOutcome = 'committed' | 'fenced' | 'unknown'

/** Where units keep what outlives the process. SQLite and Kafka are adapters; fakes inject `fenced` and `unknown`. */
export interface UnitLog {
  claim(unit: string): Promise<Claim>
  /** Records a decision. Only after `in_force` may it have an effect; `void`: a newer owner exists. */
  decide(claim: Claim, decision: Decision): Promise<'in_force' | 'void'>
  /** Makes all commits visible at once, or none. `unknown`: the caller asks `resolve` and sends the same again if need be. */
  commit(parts: readonly { readonly claim: Claim; readonly commit: Commit }[]): Promise<CommitOutcome>
  /** Newest progress of the unit. Rejects with LP_STATE_FENCED if the claim is no longer the newest. */
  resolve(claim: Claim): Promise<Progress | undefined>
  /** Units that ever committed, sorted. */
  units(): Promise<readonly string[]>
  /**
   * Changes of the unit after commit `after`, up to the first one that is damaged or gone. All of them are kept that the
   * oldest snapshot needs.
   */
  changes(claim: Claim, after: number): AsyncIterable<Entry>
  /**
   * Frames of all units after the one numbered `after`, as `changes` has them, for the owner of `alert`. Those behind
   * the first damaged one are forgotten: they are cut again.
   */
  frames(claim: Claim, after: number): AsyncIterable<Entry>
}
