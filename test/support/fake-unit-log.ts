import { LogpipeError } from '../../src/core/error.ts'
import type {
  Claim,
  Commit,
  CommitOutcome,
  Decision,
  Entry,
  Output,
  Progress,
  Snapshot,
  UnitLog,
} from '../../src/core/unit.ts'

type Part = { readonly claim: Claim; readonly commit: Commit }

/** What may go wrong in one call. `before`: it had no effect; `after`: it had, and only the answer was lost. */
export const faultKinds = [
  'unknown_before',
  'unknown_after',
  'fenced',
  'failed',
  'lost_decision',
  'damaged_snapshot',
  'damaged_change',
  'damaged_frame',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultPlan {
  readonly seed: number
  /** Probability of each kind in each call that it fits, 0 to 1. */
  readonly rates: Readonly<Partial<Record<FaultKind, number>>>
  /** Intact snapshots of a unit, once it has them, that are left so. Default 0. */
  readonly leastSnapshots?: number
}

interface UnitState {
  epoch: number
  progress: Progress | undefined
  snapshots: { snapshot: Snapshot; isDamaged: boolean }[]
  changes: Entry[]
  readonly decisions: Map<number, Decision>
}

/**
 * A unit log in memory, with faults from a seeded schedule: the same seed and calls give the same faults. It outlives the
 * harness that uses it, as a broker outlives a process.
 */
export class FakeUnitLog implements UnitLog {
  /** How often each fault happened: a run in which a planned one did not is void. */
  readonly faults: Record<FaultKind, number> = {
    unknown_before: 0,
    unknown_after: 0,
    fenced: 0,
    failed: 0,
    lost_decision: 0,
    damaged_snapshot: 0,
    damaged_change: 0,
    damaged_frame: 0,
  }
  /** Newest revision of each metric document. */
  readonly metrics = new Map<string, Output>()
  /** Every alert revision, in the order of commits. */
  readonly alerts: Output[] = []
  /** Content of every revision of every document, by `id:revision`. */
  readonly written = new Map<string, string>()
  /** An id and revision that came with two contents, or before the revision below it: breaks invariant I2 or I3. */
  readonly mismatches: string[] = []
  /** The log of frames. */
  #frames: Entry[] = []
  readonly #units = new Map<string, UnitState>()
  readonly #rates: FaultPlan['rates']
  readonly #leastSnapshots: number
  readonly #random: () => number
  #lastEpoch = 0

  constructor(plan: FaultPlan = { seed: 0, rates: {} }) {
    this.#rates = plan.rates
    this.#leastSnapshots = plan.leastSnapshots ?? 0
    this.#random = mulberry32(plan.seed)
  }

  async claim(unit: string): Promise<Claim> {
    const state = this.#stateOf(unit)
    state.epoch = ++this.#lastEpoch
    const [newest, ...older] = state.snapshots
    const others = older.filter((one) => !one.isDamaged).length
    const isAllowed = newest?.isDamaged === false && others >= this.#leastSnapshots
    if (isAllowed && this.#happens('damaged_snapshot')) newest.isDamaged = true
    const snapshots = state.snapshots.filter((one) => !one.isDamaged).map((one) => one.snapshot)
    const decisions = this.decisions(unit)
    return { unit, epoch: state.epoch, progress: state.progress, snapshots, decisions }
  }

  async decide(claim: Claim, decision: Decision): Promise<'in_force' | 'void'> {
    if (this.#happens('fenced')) this.takeOver(claim.unit)
    const state = this.#stateOf(claim.unit)
    if (state.epoch !== claim.epoch) return 'void'
    state.decisions.set(decision.ordinal, decision)
    // It stands in the log, and its owner does not know.
    if (this.#happens('lost_decision')) throw this.#lost(claim.unit, 'deciding')
    return 'in_force'
  }

  async commit(parts: readonly Part[]): Promise<CommitOutcome> {
    if (this.#happens('unknown_before')) return 'unknown'
    const first = parts[0]
    if (first !== undefined && this.#happens('fenced')) this.takeOver(first.claim.unit)
    if (parts.some(({ claim }) => this.#stateOf(claim.unit).epoch !== claim.epoch)) return 'fenced'
    if (first !== undefined && this.#happens('failed')) {
      for (const { claim } of parts) this.takeOver(claim.unit)
      throw this.#lost(first.claim.unit, 'committing')
    }
    const fresh = parts.filter((part) => this.#isNext(part))
    // Before snapshots: these say how many there are.
    for (const bytes of fresh.flatMap(({ commit }) => commit.frames ?? [])) {
      this.#frames.push({ n: this.#lastFrame() + 1, bytes })
    }
    for (const part of fresh) this.#apply(part)
    return this.#happens('unknown_after') ? 'unknown' : 'committed'
  }

  async resolve(claim: Claim): Promise<Progress | undefined> {
    const state = this.#stateOf(claim.unit)
    if (state.epoch === claim.epoch) return state.progress
    throw new LogpipeError('LP_STATE_FENCED', `resolving a commit of ${claim.unit}`)
  }

  async *changes({ unit }: Claim, after: number): AsyncGenerator<Entry> {
    const state = this.#stateOf(unit)
    const newest = state.changes.at(-1)
    if (newest !== undefined && newest.n > after && this.#happens('damaged_change')) {
      state.changes = state.changes.filter(({ n }) => n <= after)
    }
    yield* contiguous(state.changes, after)
  }

  async *frames(claim: Claim, after: number): AsyncGenerator<Entry> {
    const newest = this.#frames.at(-1)
    if (newest !== undefined && newest.n > after && this.#happens('damaged_frame')) this.#frames.pop()
    const left = contiguous(this.#frames, after)
    yield* left
    const next = after + left.length + 1
    this.#frames = this.#frames.filter(({ n }) => n < next)
    const state = this.#stateOf(claim.unit)
    state.snapshots = state.snapshots.filter(({ snapshot }) => snapshot.frames < next)
  }

  /** As if another process had claimed the unit and died: the claim that there is becomes void. */
  takeOver(unit: string): void {
    this.#stateOf(unit).epoch = ++this.#lastEpoch
  }

  /** Decisions of a unit, by ordinal. */
  decisions(unit: string): Decision[] {
    return [...this.#stateOf(unit).decisions.values()].sort((a, b) => a.ordinal - b.ordinal)
  }

  async units(): Promise<readonly string[]> {
    return [...this.#units].flatMap(([unit, { progress }]) => (progress === undefined ? [] : [unit])).sort()
  }

  /** Position behind what a unit has committed. */
  committedTo(unit: string): bigint | undefined {
    return this.#units.get(unit)?.progress?.next.offset
  }

  /** Units that were claimed. */
  claimed(): string[] {
    return [...this.#units.keys()]
  }

  /** Lays down decisions that the next owner has to make again. */
  give(unit: string, decisions: readonly Decision[]): void {
    for (const decision of decisions) this.#stateOf(unit).decisions.set(decision.ordinal, decision)
  }

  #stateOf(unit: string): UnitState {
    const known = this.#units.get(unit)
    if (known !== undefined) return known
    const state: UnitState = { epoch: 0, progress: undefined, snapshots: [], changes: [], decisions: new Map() }
    this.#units.set(unit, state)
    return state
  }

  #isNext({ claim, commit }: Part): boolean {
    const { progress } = this.#stateOf(claim.unit)
    const seq = progress?.seq ?? 0
    if (commit.seq === seq + 1) return true
    if (commit.seq === seq && progress?.epoch === claim.epoch) return false
    throw new LogpipeError('LP_INTERNAL', `committing ${claim.unit}: ${commit.seq} does not follow ${seq}`)
  }

  #apply({ claim, commit }: Part): void {
    const state = this.#stateOf(claim.unit)
    state.progress = { seq: commit.seq, epoch: claim.epoch, next: commit.next, value: commit.progress }
    for (const decision of commit.decisions) {
      if (!state.decisions.has(decision.ordinal)) state.decisions.set(decision.ordinal, decision)
    }
    for (const output of commit.outputs) this.#write(output)
    if (commit.change !== undefined) state.changes.push({ n: commit.seq, bytes: commit.change })
    if (commit.snapshot === undefined) return
    state.snapshots.unshift({ snapshot: commit.snapshot, isDamaged: false })
    state.snapshots.length = Math.min(state.snapshots.length, 3)
    const oldest = state.snapshots[2]?.snapshot
    if (oldest === undefined) return
    state.changes = state.changes.filter(({ n }) => n > oldest.seq)
    if (oldest.frames > 0) this.#frames = this.#frames.filter(({ n }) => n > oldest.frames)
  }

  /** Numbers go on behind those that a snapshot includes. */
  #lastFrame(): number {
    const included = [...this.#units.values()].flatMap(({ snapshots }) =>
      snapshots.map(({ snapshot }) => snapshot.frames),
    )
    return Math.max(0, this.#frames.at(-1)?.n ?? 0, ...included)
  }

  #write(output: Output): void {
    const { id, revision, value } = output
    const name = `${id}:${revision}`
    if ((this.written.get(name) ?? value) !== value) this.mismatches.push(name)
    if (revision > 1 && !this.written.has(`${id}:${revision - 1}`))
      this.mismatches.push(`${name} without the one before`)
    this.written.set(name, value)
    const known =
      output.stage === 'metric'
        ? this.metrics.get(output.id)
        : this.alerts.find((one) => one.id === output.id && one.revision === output.revision)
    if (known?.revision === output.revision) return
    if (output.stage === 'alert') this.alerts.push(output)
    else if (known === undefined || known.revision < output.revision) this.metrics.set(output.id, output)
  }

  #happens(kind: FaultKind): boolean {
    const rate = this.#rates[kind]
    if (rate === undefined || this.#random() >= rate) return false
    this.faults[kind]++
    return true
  }

  #lost(unit: string, doing: string): LogpipeError {
    return new LogpipeError('LP_STORE_WRITE', `${doing} ${unit}: the answer was lost`, { retryable: true })
  }
}

/** Entries after a number up to the first that is missing. */
function contiguous(entries: readonly Entry[], after: number): Entry[] {
  const found = entries.filter(({ n }) => n > after)
  return found.filter(({ n }, i) => n === after + 1 + i)
}

/** A small generator of numbers in [0, 1) (mulberry32, Tommy Ettinger). */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
