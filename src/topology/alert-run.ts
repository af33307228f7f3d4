import { Decoder, Encoder } from '../core/codec.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/event-batch.ts'
import { LogpipeError } from '../core/error.ts'
import { comparePositions, type Frame } from '../core/frame.ts'
import { decodeFrame, decodeList, encodeFrame, encodeList } from '../core/frame-codec.ts'
import type { Position } from '../core/record-batch.ts'
import { generationOf } from './partition-run.ts'
import type { Chunk, Claim, Commit, Decision, DecisionKind, Output, Snapshot, Unit } from '../core/unit.ts'
import { isReached, placeOfFrame, type Place } from './frame-place.ts'

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

/**
 * The one alert unit with its claim: what it is given, and what it puts out until the next commit. A decision takes
 * effect after exactly the frames that were accepted before it when it was made: its value says which, and in a later
 * run the others wait. Frames of a source that is not included, or that has ended and goes on, wait for a decision, too:
 * without one it would be chance at which tick they count.
 */
export class AlertRun<State extends AlertStanding> {
  readonly claim: Claim
  readonly #unit: AlertUnit<State>
  readonly #isPresent: (source: string) => boolean
  state: State
  /** Decisions of runs before that are still to be applied, in their order. */
  readonly #recorded: Decision[]
  /** By source: ordinal of the decision that excluded it. Older ones that are still to come are void for it. */
  readonly #excluded = new Map<string, number>()
  /** By source: frames that do not count yet. */
  readonly #waiting = new Map<string, Frame[]>()
  /** Entries of the log of frames that the state includes. */
  #frames = 0
  #ordinal: number
  #applied = 0
  #seq: number
  #from: Position
  #made: Decision[] = []
  #outputs: Output[] = []
  #isDirty = false
  /** How many configurations were in force before the one of this run. */
  generation = 0
  /** Hash of the next configuration once it is in force here: nothing more is done under this one. */
  nextHash: string | undefined

  /** `isPresent`: frames of this source may still come. Decisions do not wait for sources that are gone. */
  constructor(claim: Claim, unit: AlertUnit<State>, isPresent: (source: string) => boolean) {
    this.claim = claim
    this.#unit = unit
    this.#isPresent = isPresent
    this.state = unit.initial()
    this.#recorded = inOrder(claim.decisions)
    this.#ordinal = claim.decisions.at(-1)?.ordinal ?? 0
    this.#seq = claim.progress?.seq ?? 0
    this.#from = claim.progress?.next ?? { offset: beforeTicks, sub: 0 }
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

  /** True while decisions of runs before are to be applied: no new ones are made until then. */
  get isRepeating(): boolean {
    return this.nextHash === undefined && this.#recorded.length > 0
  }

  /** A run before went on to the next configuration. */
  get isNextRecorded(): boolean {
    return this.#recorded.some(({ kind }) => kind === 'config')
  }

  /** Ordinal up to which every decision was applied: one of a later run may have come before recorded ones. */
  get #decided(): number {
    return Math.min(this.#applied, ...this.#recorded.map(({ ordinal }) => ordinal - 1))
  }

  /** Sources that count, or that a recorded decision makes count. */
  counting(): Set<string> {
    const counting = new Set<string>()
    for (const [id, { isEnded, standing }] of this.state.sources) {
      if (!isEnded && standing === 'included') counting.add(id)
    }
    for (const decision of this.#recorded) {
      const source = valueAt(decision, 'source')
      if (decision.kind === 'include' && typeof source === 'string') counting.add(source)
    }
    return counting
  }

  /** Newest frame that waits of each source. */
  newestWaiting(): [string, Frame][] {
    return [...this.#waiting].map(([source, frames]) => [source, frames.at(-1)!])
  }

  /** Place behind the last frame that was taken of a source; undefined: none was. */
  acceptedTo(source: string): Place | undefined {
    const last = this.#waiting.get(source)?.at(-1)
    if (last !== undefined) return placeOfFrame(last)
    const known = this.state.sources.get(source)
    return known?.lastTo === undefined ? undefined : placeOfSource(known)
  }

  restore(snapshot: Snapshot): void {
    const { chunks } = snapshot
    this.state = this.#unit.decode(
      snapshot.stateVersion,
      chunks.filter(({ id }) => id !== waitingChunk),
    )
    const waiting = chunks.find(({ id }) => id === waitingChunk)
    const frames = waiting === undefined ? [] : decodeList(new Decoder(waiting.bytes), decodeFrame)
    for (const frame of frames) this.#wait(frame)
    this.#frames = snapshot.frames
    this.#applied = snapshot.decision
    this.#ordinal = Math.max(this.#ordinal, snapshot.decision)
    for (const decision of this.#recorded) {
      if (decision.ordinal <= snapshot.decision) this.generation = Math.max(this.generation, generationOf(decision))
    }
    const left = this.#recorded.filter(({ ordinal }) => ordinal > snapshot.decision)
    this.#recorded.splice(0, Infinity, ...left)
  }

  /** Number of the last entry of the log of frames that it has. */
  get frames(): number {
    return this.#frames
  }

  /** Takes a frame; false if it had it before. Each frame taken is, or will be, the next entry of the log of frames. */
  take(frame: Frame): boolean {
    const place = this.acceptedTo(frame.source)
    if (place !== undefined && isReached(place, placeOfFrame(frame))) return false
    this.#frames++
    this.#isDirty = true
    this.#admit(frame)
    this.applyRecorded()
    return true
  }

  /** Applies the recorded decisions whose place has been reached. */
  applyRecorded(): void {
    for (let next = this.#recorded[0]; next !== undefined && this.#isDue(next); next = this.#recorded[0]) {
      if (this.nextHash !== undefined) return
      this.#recorded.shift()
      this.#apply(next)
    }
  }

  /** Goes on to the next configuration as a run before did, after all that it took until then. */
  handOver(): void {
    for (let next = this.#recorded[0]; next !== undefined && this.nextHash === undefined; next = this.#recorded[0]) {
      this.#recorded.shift()
      this.#apply(next)
    }
    if (this.nextHash === undefined) throw new LogpipeError('LP_INTERNAL', 'restoring alert: a config decision is gone')
  }

  /** Makes and applies a new decision; `record` stores it first. */
  async decide(
    kind: DecisionKind,
    value: JsonObject,
    record: (decision: Decision) => Promise<void>,
    wallMs: number,
  ): Promise<void> {
    const position = { offset: tickOffset(this.state.tick), sub: 0 }
    const next = this.#recorded[0]
    const whole = { ...value, seen: this.#seen(), ...(next === undefined ? {} : { before: next.ordinal }) }
    const decision = { epoch: this.claim.epoch, position, ordinal: ++this.#ordinal, kind, value: whole, wallMs }
    await record(decision)
    this.#made.push(decision)
    this.#apply(decision)
  }

  /** Includes a source with all that waits of it. */
  async include(source: string, record: (decision: Decision) => Promise<void>, wallMs: number): Promise<void> {
    const last = this.#waiting.get(source)?.at(-1)
    await this.decide(
      'include',
      last === undefined ? { source } : { source, upTo: [...placeOfFrame(last)] },
      record,
      wallMs,
    )
  }

  commit(): Commit {
    const position = { offset: tickOffset(this.state.tick), sub: 0 }
    return {
      unit: this.claim.unit,
      seq: this.#seq + 1,
      from: this.#from,
      next: comparePositions(position, this.#from) < 0 ? this.#from : position,
      decisions: this.#made,
      outputs: this.#outputs,
      progress: { decision: this.#decided },
    }
  }

  /** The snapshot that goes with a commit. It is encoded in slices; nothing may be taken or decided until it is done. */
  async snapshot({ unit, seq }: Commit, configHash: string, pause: () => Promise<void>): Promise<Snapshot> {
    const { stateVersion } = this.#unit
    const chunks: Chunk[] = []
    for (const chunk of this.#unit.encode(this.state)) {
      chunks.push(chunk)
      await pause()
    }
    chunks.push(this.#encodeWaiting())
    const position = { offset: tickOffset(this.state.tick), sub: 0 }
    const decision = this.#decided
    return { unit, seq, frames: this.#frames, stateVersion, configHash, position, decision, chunks }
  }

  committed(commit: Commit): void {
    this.#seq = commit.seq
    this.#from = commit.next
    this.#made = []
    this.#outputs = []
    this.#isDirty = false
  }

  #encodeWaiting(): Chunk {
    const to = new Encoder()
    const frames = [...this.#waiting].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, waiting]) => waiting)
    encodeList(to, frames, encodeFrame)
    return { id: waitingChunk, bytes: to.finish() }
  }

  #admit(frame: Frame): void {
    if (this.nextHash === undefined && !this.#waiting.has(frame.source) && this.#counts(frame)) this.#step(frame)
    else this.#wait(frame)
  }

  #wait(frame: Frame): void {
    const frames = this.#waiting.get(frame.source)
    if (frames === undefined) this.#waiting.set(frame.source, [frame])
    else frames.push(frame)
  }

  /** Whether a frame counts as soon as it comes. */
  #counts(frame: Frame): boolean {
    const known = this.state.sources.get(frame.source)
    if (known === undefined) return false
    const { lastTo, standing, isEnded } = known
    if (standing !== 'included' || (isEnded && lastTo !== undefined)) return false
    const next = this.#recorded[0]
    if (next === undefined) return true
    const limit = placeIn(valueAt(next, 'seen', frame.source))
    return limit !== undefined && isReached(limit, placeOfFrame(frame))
  }

  #step(frame: Frame): void {
    this.#unit.step(this.state, frame, (output) => this.#outputs.push(output))
  }

  #isDue(decision: Decision): boolean {
    const seen = valueAt(decision, 'seen')
    for (const [source, value] of Object.entries(isJsonObject(seen) ? seen : {})) {
      const known = this.state.sources.get(source)
      const place = placeIn(value)
      if (place === undefined || !this.#isPresent(source) || this.#isVoid(decision, source)) continue
      if (known === undefined || !isReached(placeOfSource(known), place)) return false
    }
    const source = valueAt(decision, 'source')
    const upTo = placeIn(valueAt(decision, 'upTo'))
    if (upTo === undefined || typeof source !== 'string' || this.#isVoid(decision, source)) return true
    const last = this.#waiting.get(source)?.at(-1)
    const known = this.state.sources.get(source)
    return (
      (last !== undefined && isReached(placeOfFrame(last), upTo)) ||
      (known !== undefined && isReached(placeOfSource(known), upTo))
    )
  }

  #apply(decision: Decision): void {
    this.#applied = Math.max(this.#applied, decision.ordinal)
    this.#isDirty = true
    const named = valueAt(decision, 'source')
    const source = typeof named === 'string' ? named : ''
    const upTo = placeIn(valueAt(decision, 'upTo'))
    if (decision.kind === 'include' && this.#isVoid(decision, source)) return
    if (decision.kind === 'exclude') this.#excluded.set(source, decision.ordinal)
    this.#unit.decide(this.state, decision, (output) => this.#outputs.push(output))
    if (decision.kind === 'config') {
      const hash = valueAt(decision, 'hash')
      this.nextHash = typeof hash === 'string' ? hash : ''
      return // What waits counts under the next configuration.
    }
    const waiting = [...this.#waiting.values()].flat()
    this.#waiting.clear()
    // Before the frames of others: they must not move ticks past it.
    const [included, others] = partition(waiting, (frame) => {
      return frame.source === source && upTo !== undefined && isReached(upTo, placeOfFrame(frame))
    })
    for (const frame of included) this.#step(frame)
    for (const frame of others) this.#admit(frame)
  }

  #isVoid({ ordinal }: Decision, source: string): boolean {
    return ordinal < (this.#excluded.get(source) ?? 0)
  }

  /** How far each source has come. */
  #seen(): JsonObject {
    const seen: JsonObject = {}
    for (const [source, known] of this.state.sources) {
      if (known.lastTo !== undefined) seen[source] = [...placeOfSource(known)]
    }
    return seen
  }
}

/** Chunk that holds the frames that wait, beside those of the unit. */
const waitingChunk = 'waiting'

function placeOfSource({ lastTo, watermark, isEnded }: KnownSource): Place {
  return [String(lastTo?.offset ?? beforeTicks), lastTo?.sub ?? 0, watermark, isEnded]
}

function placeIn(value: Json | undefined): Place | undefined {
  // Written by `decide` and `include` alone.
  return Array.isArray(value) ? (value as unknown as Place) : undefined
}

function valueAt({ value }: Decision, key: string, inner?: string): Json | undefined {
  const outer = isJsonObject(value) ? value[key] : undefined
  if (inner === undefined) return outer
  return isJsonObject(outer) ? outer[inner] : undefined
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

/** By ordinal, but where a run went another way than the one before, its decisions come before those still to come then. */
function inOrder(decisions: readonly Decision[]): Decision[] {
  const ordered: Decision[] = []
  for (const decision of decisions) {
    const before = valueAt(decision, 'before')
    const at = ordered.findIndex(({ ordinal }) => ordinal === before)
    ordered.splice(at < 0 ? ordered.length : at, 0, decision)
  }
  return ordered
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
