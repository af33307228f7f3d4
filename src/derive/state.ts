import { Decoder, Encoder } from '../core/codec.ts'
import { Dictionary } from '../core/dictionary.ts'
import { LogpipeError } from '../core/error.ts'
import {
  decodeCells,
  decodeList,
  decodeMatch,
  decodePosition,
  decodeSample,
  encodeCells,
  encodeList,
  encodeMatch,
  encodePosition,
  encodeSample,
} from '../core/frame-codec.ts'
import type { DeriveProgram } from '../core/program.ts'
import type { Position } from '../core/record-batch.ts'
import type { Chunk } from '../core/unit.ts'
import { CellTable } from './cell-table.ts'
import { MatchTable } from './match-table.ts'
import { SampleTable } from './sample.ts'
import { SeriesTable } from './series-table.ts'

export const deriveStateVersion = 1

/** Words and series that are remembered between cuts, so that they are not made anew for each. */
const maxRemembered = 100_000

/** What the derive unit of one source knows between two events. */
export class DeriveState {
  readonly program: DeriveProgram
  /** False before the first batch or decision: the positions mean nothing then. */
  hasBegun = false
  /** End of the last frame. */
  from: Position = { offset: 0n, sub: 0 }
  /** Position after the last batch. */
  next: Position = { offset: 0n, sub: 0 }
  /** Epoch ms; -Infinity before the first event. */
  watermark = -Infinity
  /** Highest event time, epoch ms. */
  newest = -Infinity
  /** Least event time since the last cut, epoch ms; Infinity if there is no event. */
  earliest = Infinity
  /** Events older than the pane that the watermark was in. */
  late = 0
  isEnded = false
  /** The next change holds all that is open: nothing that changes had before is open any more, or it was restored. */
  isFresh = true
  readonly tables: readonly CellTable[]
  readonly samples: readonly SampleTable[]
  readonly matches: MatchTable
  #dictionary = new Dictionary(2 ** 30)
  #series = new Map<string, SeriesTable>()

  constructor(program: DeriveProgram) {
    this.program = program
    this.tables = program.derives.map((derive) => new CellTable(derive, this.seriesBy(derive.by)))
    this.samples = this.tables.map((table) => new SampleTable(table))
    this.matches = new MatchTable(
      program.tickMs,
      program.occurrences.map(({ rule }) => rule),
    )
  }

  /** Called with the position of whatever comes first. */
  begin(position: Position): void {
    if (this.hasBegun) return
    this.hasBegun = true
    this.from = position
    this.next = position
  }

  /** Cells and matches since the last cut. */
  get size(): number {
    let size = this.matches.count
    for (const table of this.tables) size += table.count
    return size
  }

  /** Forgets cells, matches and samples: they are in a frame. */
  clearOpen(): void {
    this.isFresh = true
    this.earliest = Infinity
    for (const table of this.tables) table.take()
    this.matches.clear()
    for (const samples of this.samples) samples.clear()
  }

  /** The table of a list of `by` fields: derives with the same list share it. */
  seriesBy(by: readonly string[]): SeriesTable {
    const key = by.join()
    let series = this.#series.get(key)
    if (series === undefined) {
      series = new SeriesTable(by, this.#dictionary)
      this.#series.set(key, series)
    }
    return series
  }

  /** Forgets words and series that no open cell has, once they are many. Called between batches. */
  trim(): void {
    let remembered = this.#dictionary.size
    for (const series of this.#series.values()) remembered += series.size
    if (remembered < maxRemembered) return
    this.#dictionary = new Dictionary(2 ** 30)
    this.#series = new Map()
    for (const table of this.tables) table.moveTo(this.seriesBy(table.derive.by))
  }
}

/** Canonical bytes of a state. */
export function encodeState(state: DeriveState): Chunk[] {
  const to = new Encoder()
  encodeStanding(to, state)
  const open = state.tables.filter((table) => table.count > 0)
  encodeList(to, open.map((table) => table.view()), encodeCells) // prettier-ignore
  encodeList(to, state.matches.view(), encodeMatch)
  encodeList(to, state.samples.flatMap((table) => table.view()), encodeSample) // prettier-ignore
  return [{ id: 'derive', bytes: to.finish() }]
}

/** The state for a program; cells of derives that it does not have, or not in this width, are left out. */
export function decodeState(program: DeriveProgram, version: number, chunks: readonly Chunk[]): DeriveState {
  if (version !== deriveStateVersion)
    throw new LogpipeError('LP_STATE_VERSION', `reading derive state of version ${version}`)
  const state = new DeriveState(program)
  const chunk = chunks.find(({ id }) => id === 'derive')
  if (chunk === undefined) return state
  const from = new Decoder(chunk.bytes)
  decodeStanding(from, state)
  restoreCells(state, from)
  const matches = decodeList(from, decodeMatch)
  const rules = new Set(program.occurrences.map(({ rule }) => rule))
  state.matches.restore(matches.filter((match) => rules.has(match.rule)))
  restoreSamples(state, from)
  return state
}

/** What changed since the last call, as much as that is however much is open; after a restore the whole state once. */
export function takeChange(state: DeriveState): Uint8Array {
  const to = new Encoder()
  to.uint(deriveStateVersion)
  to.bool(state.isFresh)
  state.isFresh = false
  encodeStanding(to, state)
  encodeList(to, state.tables.flatMap((table) => table.takeChanged() ?? []), encodeCells) // prettier-ignore
  encodeList(to, state.matches.takeChanged(), (_, { at, match }) => {
    to.uint(at)
    encodeMatch(to, match)
  })
  encodeList(to, state.samples.flatMap((table) => table.takeChanged()), encodeSample) // prettier-ignore
  return to.finish()
}

/** Takes the state from one change to the next. */
export function amendState(state: DeriveState, change: Uint8Array): void {
  const from = new Decoder(change)
  const version = from.uint()
  if (version !== deriveStateVersion)
    throw new LogpipeError('LP_STATE_VERSION', `reading a derive change of version ${version}`)
  if (from.bool()) state.clearOpen()
  decodeStanding(from, state)
  restoreCells(state, from)
  state.matches.amend(decodeList(from, () => ({ at: from.uint(), match: decodeMatch(from) })))
  restoreSamples(state, from)
}

function encodeStanding(to: Encoder, state: DeriveState): void {
  to.bool(state.hasBegun)
  encodePosition(to, state.from)
  encodePosition(to, state.next)
  to.double(state.watermark)
  to.double(state.newest)
  to.double(state.earliest)
  to.uint(state.late)
  to.bool(state.isEnded)
}

function decodeStanding(from: Decoder, state: DeriveState): void {
  state.hasBegun = from.bool()
  state.from = decodePosition(from)
  state.next = decodePosition(from)
  state.watermark = from.double()
  state.newest = from.double()
  state.earliest = from.double()
  state.late = from.uint()
  state.isEnded = from.bool()
}

function restoreCells(state: DeriveState, from: Decoder): void {
  const cells = decodeList(from, decodeCells)
  for (const table of state.tables) {
    const { id, width } = table.derive
    const saved = cells.find((part) => part.derive === id && part.width === width)
    if (saved !== undefined) table.restore(saved)
  }
}

function restoreSamples(state: DeriveState, from: Decoder): void {
  const samples = decodeList(from, decodeSample)
  state.tables.forEach(({ derive }, i) => {
    state.samples[i]!.restore(samples.filter((sample) => sample.derive === derive.id))
  })
}
