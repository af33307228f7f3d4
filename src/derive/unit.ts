import { isJsonObject, type EventBatch, type Json } from '../core/event-batch.ts'
import type { Frame, FrameDerive } from '../core/frame.ts'
import { paneEnd, paneStart } from '../core/pane.ts'
import type { DeriveProgram } from '../core/program.ts'
import type { Position } from '../core/record-batch.ts'
import type { Unit } from '../core/unit.ts'
import { amendState, decodeState, deriveStateVersion, DeriveState, encodeState, takeChange } from './state.ts'

/** Cells and matches that a frame holds at most. */
const maxCells = 50_000

export interface DeriveUnitSettings {
  /** The derives and rules that see the events of this pipeline (`ofPipeline`). */
  readonly program: DeriveProgram
  /** Id of the source. */
  readonly source: string
  readonly pipeline: string
}

/** The derive stage for one source: events in, frames out. */
export interface DeriveUnit extends Unit<DeriveState, EventBatch, Frame> {
  /** Epoch ms; -Infinity before the first event. */
  watermark(state: DeriveState): number
  /** An empty frame (from = to) that says how far the source is; undefined before the first batch. */
  heartbeat(state: DeriveState): Frame | undefined
  /** What changed since the last call: the state of a snapshot and all changes behind it are the state now. */
  change(state: DeriveState): Uint8Array
  /** Takes a change back; throws LP_STATE_VERSION as `decode` does. */
  amend(state: DeriveState, change: Uint8Array): void
}

/**
 * Folds the events of one source into cells per series and pane, and cuts frames where the content says so: before the
 * event that moves the watermark past the end of a pane, and before the event that could make more than 50,000 cells;
 * beside these only at decisions. So frames do not depend on how the events were batched.
 */
export function createDeriveUnit(settings: DeriveUnitSettings): DeriveUnit {
  const run = new DeriveRun(settings)
  return {
    stateVersion: deriveStateVersion,
    initial: () => new DeriveState(settings.program),
    step: (state, batch, out) => run.step(state, batch, out),
    decide(state, decision, out) {
      state.begin(decision.position)
      switch (decision.kind) {
        case 'lull':
          return run.lift(state, numberIn(decision.value, 'lift') ?? state.watermark, out)
        case 'end':
          return run.end(state, numberIn(decision.value, 'until'), out)
        case 'config':
          return run.flush(state, positionIn(decision.value) ?? state.next, out)
        default:
      }
    },
    encode: encodeState,
    decode: (version, chunks) => decodeState(settings.program, version, chunks),
    watermark: (state) => state.watermark,
    heartbeat: (state) => (state.hasBegun ? run.heartbeat(state) : undefined),
    change: takeChange,
    amend: amendState,
  }
}

/** Where the lines begin that are not in any event yet, as `config` decisions tell it. */
function positionIn(value: Json): Position | undefined {
  const offset = isJsonObject(value) ? value['upTo'] : undefined
  return typeof offset === 'string' ? { offset: BigInt(offset), sub: 0 } : undefined
}

function numberIn(value: Json, key: string): number | undefined {
  if (!isJsonObject(value)) return undefined
  const number = value[key]
  return typeof number === 'number' ? number : undefined
}

interface Cut {
  readonly to: Position
  readonly at: number
  readonly watermark: number
}

class DeriveRun {
  readonly #settings: DeriveUnitSettings
  readonly #tickMs: number
  readonly #outOfOrderMs: number
  /** Cells and matches that one event can make. */
  readonly #perEvent: number
  #panes = new Float64Array(0)
  #rows = new Int32Array(0)

  constructor(settings: DeriveUnitSettings) {
    const { program } = settings
    this.#settings = settings
    this.#tickMs = program.tickMs
    this.#outOfOrderMs = program.outOfOrderMs
    this.#perEvent = program.derives.length + program.occurrences.length
  }

  /**
   * The watermark is the highest min(event time, record time) less `outOfOrderMs`. It never goes back, and one fast
   * clock cannot move it further than the record times do. A clamped event has its record time as event time.
   */
  step(state: DeriveState, batch: EventBatch, out: (frame: Frame) => void): void {
    const { records, count, time, recordTime } = batch
    state.begin({ offset: records.base, sub: 0 })
    if (records.next > 0) state.isEnded = false // Before any frame: these do not depend on batches.
    if (count > 0) {
      state.trim()
      this.#prepare(batch)
      const tickMs = this.#tickMs
      let from = 0
      let end = paneEnd(state.watermark, tickMs)
      for (let row = 0; row < count; row++) {
        const ms = time[row]!
        const seen = (recordTime[row]! < ms ? recordTime[row]! : ms) - this.#outOfOrderMs // A missing record time is NaN.
        if (seen > state.watermark) {
          if (seen >= end && state.watermark !== -Infinity) {
            this.#fold(state, { batch, from, to: row }, out)
            from = row
            this.#cut(state, { to: batch.position(row), at: end, watermark: seen }, out)
          }
          if (!(seen < end)) end = paneEnd(seen, tickMs)
          state.watermark = seen
        }
        if (ms > state.newest) state.newest = ms
        if (ms < end - tickMs) state.late++
      }
      this.#fold(state, { batch, from, to: count }, out)
    }
    state.next = { offset: records.base + BigInt(records.next), sub: 0 }
  }

  lift(state: DeriveState, toMs: number, out: (frame: Frame) => void): void {
    const watermark = Math.max(state.watermark, toMs)
    if (watermark === state.watermark && state.size === 0) return
    this.#cut(state, { to: state.next, at: this.#tickOf(state, watermark), watermark }, out)
    state.watermark = watermark
  }

  end(state: DeriveState, untilMs: number | undefined, out: (frame: Frame) => void): void {
    state.isEnded = true
    const watermark = Math.max(state.watermark, untilMs ?? paneEnd(state.newest, this.#tickMs))
    this.#cut(state, { to: state.next, at: this.#tickOf(state, watermark), watermark }, out)
    state.watermark = watermark
  }

  /** Cuts a frame before `to`: all that comes begins there or later. */
  flush(state: DeriveState, to: Position, out: (frame: Frame) => void): void {
    if (state.size === 0) return
    this.#cut(state, { to, at: this.#tickOf(state, state.watermark), watermark: state.watermark }, out)
  }

  heartbeat(state: DeriveState): Frame {
    const cut = { to: state.from, at: this.#tickOf(state, state.watermark), watermark: state.watermark }
    return { ...this.#frame(state, cut, []), earliest: Infinity, matches: [], samples: [] }
  }

  /** The first tick that what is open belongs to: the end of the pane that the watermark is in. */
  #tickOf(state: DeriveState, watermark: number): number {
    return Number.isFinite(state.watermark)
      ? paneEnd(state.watermark, this.#tickMs)
      : paneStart(watermark, this.#tickMs)
  }

  #prepare(batch: EventBatch): void {
    if (this.#panes.length < batch.count) {
      this.#panes = new Float64Array(batch.count)
      this.#rows = new Int32Array(batch.count)
    }
    const tickMs = this.#tickMs
    for (let row = 0; row < batch.count; row++) this.#panes[row] = Math.floor(batch.time[row]! / tickMs) * tickMs
  }

  /** Folds a range of rows, in parts that cannot make too many cells. */
  #fold(state: DeriveState, range: { batch: EventBatch; from: number; to: number }, out: (frame: Frame) => void): void {
    if (this.#perEvent === 0) return noteEarliest(state, range)
    const { batch, to } = range
    let { from } = range
    while (from < to) {
      const room = Math.floor((maxCells - state.size) / this.#perEvent)
      if (room < 1) {
        // Where this event stands in its pane is not known here: the pane's start is a watermark that holds anyway.
        const at = paneEnd(state.watermark, this.#tickMs)
        this.#cut(state, { to: batch.position(from), at, watermark: at - this.#tickMs }, out)
        continue
      }
      const part = { batch, from, to: Math.min(to, from + room) }
      noteEarliest(state, part)
      this.#foldPart(state, part)
      from = part.to
    }
  }

  #foldPart(state: DeriveState, { batch, from, to }: { batch: EventBatch; from: number; to: number }): void {
    const { derives, occurrences } = this.#settings.program
    for (let d = 0; d < derives.length; d++) {
      const derive = derives[d]!
      let rows = this.#allRows(from, to)
      if (derive.filter !== undefined) rows = rows.subarray(0, derive.filter.select(batch, rows, rows.length))
      for (const field of derive.requires) rows = withNumber(batch, rows, field)
      const { takes } = derive.fold
      if (takes !== undefined) rows = rows.subarray(0, takes.select(batch, rows, rows.length))
      if (rows.length === 0) continue
      const table = state.tables[d]!
      const series = table.series.columnOf(batch, from, to)
      const cellOf = table.fold({ batch, series, panes: this.#panes, rows })
      state.samples[d]!.offer(batch, rows, cellOf)
    }
    for (const occurrence of occurrences) {
      state.matches.add(occurrence, state.seriesBy(occurrence.by), { batch, rows: this.#allRows(from, to) })
    }
  }

  #allRows(from: number, to: number): Int32Array {
    for (let row = from; row < to; row++) this.#rows[row - from] = row
    return this.#rows.subarray(0, to - from)
  }

  #cut(state: DeriveState, cut: Cut, out: (frame: Frame) => void): void {
    const cells: FrameDerive[] = []
    for (const table of state.tables) {
      const taken = table.take()
      if (taken !== undefined) cells.push(taken)
    }
    const frame = this.#frame(state, cut, cells)
    state.clearOpen()
    state.from = cut.to
    out(frame)
  }

  #frame(state: DeriveState, cut: Cut, derives: readonly FrameDerive[]): Frame {
    const { source, pipeline, program } = this.#settings
    const isFilled = derives.length > 0 || state.matches.count > 0
    return {
      source,
      pipeline,
      from: state.from,
      to: cut.to,
      earliest: state.earliest,
      at: cut.at,
      watermark: cut.watermark,
      configHash: program.configHash,
      isEnd: state.isEnded,
      derives,
      matches: isFilled ? state.matches.view() : [],
      samples: isFilled ? state.samples.flatMap((table) => table.view()) : [],
    }
  }
}

function noteEarliest(state: DeriveState, range: { batch: EventBatch; from: number; to: number }): void {
  const { time } = range.batch
  for (let row = range.from; row < range.to; row++) if (time[row]! < state.earliest) state.earliest = time[row]!
}

/** The rows that have a number in a field, at the front of the same array. */
function withNumber(batch: EventBatch, rows: Int32Array, field: string): Int32Array {
  const column = batch.numeric(batch.tables.fields.id(field))
  let left = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (column[row] === column[row]) rows[left++] = row // Not NaN.
  }
  return rows.subarray(0, left)
}
