import { Bag } from '../core/bag.ts'
import type { EventBatch } from '../core/event-batch.ts'
import type { FrameDerive } from '../core/frame.ts'
import type { CompiledDerive } from '../core/program.ts'
import { grown } from '../core/record-batch.ts'
import type { SeriesTable } from './series-table.ts'

/** What rows are folded in one call. */
export interface Segment {
  readonly batch: EventBatch
  /** Series of each row of the batch. */
  readonly series: Int32Array
  /** Start of the pane of each row of the batch. */
  readonly panes: Float64Array
  /** Row numbers, ascending. */
  readonly rows: Int32Array
}

/** Cells of one derive since the last cut: one per series and pane, in the order in which they were first met. */
export class CellTable {
  readonly derive: CompiledDerive
  series: SeriesTable
  count = 0
  seriesOf = new Int32Array(64)
  pane = new Float64Array(64)
  cells: Float64Array
  #bags: Bag[] = []
  /** 1 for cells that changed since `takeChanged`. */
  #isChanged = new Uint8Array(64)
  #slots = new Int32Array(256).fill(-1)
  #cellOf = new Int32Array(0)
  /** Panes come in runs: the hash of the last one is kept. */
  #hashedPane = NaN
  #paneHash = 0
  #rowBags: Bag[] = []

  constructor(derive: CompiledDerive, series: SeriesTable) {
    this.derive = derive
    this.series = series
    this.cells = new Float64Array(64 * derive.width)
  }

  /** Adds rows to their cells. Returns the cell of each row, valid until the next call. */
  fold({ batch, series, panes, rows }: Segment): Int32Array {
    const { derive } = this
    this.#reserve(rows.length)
    if (this.#cellOf.length < rows.length) this.#cellOf = new Int32Array(rows.length * 2)
    const cellOf = this.#cellOf.subarray(0, rows.length)
    const rowBags = this.#rowBags
    let lastSeries = -1
    let lastPane = NaN
    let cell = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (series[row] !== lastSeries || panes[row] !== lastPane) {
        lastSeries = series[row]!
        lastPane = panes[row]!
        cell = this.#find(lastSeries, lastPane)
        this.#isChanged[cell] = 1
      }
      const at = cell * derive.width
      this.cells[at]! += 1
      cellOf[i] = at + 1
      if (derive.keepsValues) rowBags[i] = this.#bags[cell]!
    }
    derive.fold.fold(batch, rows, this.cells, cellOf, rowBags)
    return cellOf
  }

  /** The cells as deltas; the table is empty then. Undefined if there are none. */
  take(): FrameDerive | undefined {
    if (this.count === 0) return undefined
    const taken = this.view()
    this.count = 0
    this.#slots.fill(-1)
    this.#isChanged.fill(0)
    this.#bags = []
    return taken
  }

  /** A copy of the cells, with series numbered in the order of their first cell. */
  view(): FrameDerive {
    const { count } = this
    const part = this.#viewOf(this.seriesOf.subarray(0, count), this.pane.slice(0, count))
    const cells = this.cells.slice(0, count * this.derive.width)
    return { ...part, cells, bags: this.derive.keepsValues ? this.#bags : [] }
  }

  /** A copy of the cells that changed since the last call; undefined if none has. */
  takeChanged(): FrameDerive | undefined {
    const changed: number[] = []
    for (let cell = 0; cell < this.count; cell++) if (this.#isChanged[cell] === 1) changed.push(cell)
    if (changed.length === 0) return undefined
    this.#isChanged.fill(0, 0, this.count)
    const { width, keepsValues } = this.derive
    const part = this.#viewOf(
      Int32Array.from(changed, (cell) => this.seriesOf[cell]!),
      Float64Array.from(changed, (cell) => this.pane[cell]!),
    )
    const cells = new Float64Array(changed.length * width)
    changed.forEach((cell, i) => cells.set(this.cells.subarray(cell * width, (cell + 1) * width), i * width))
    return { ...part, cells, bags: keepsValues ? changed.map((cell) => this.#bags[cell]!) : [] }
  }

  #viewOf(seriesOfCells: Int32Array, pane: Float64Array): Omit<FrameDerive, 'cells' | 'bags'> {
    const numbers = new Map<number, number>()
    const keys: string[] = []
    const seriesOf = new Int32Array(seriesOfCells.length)
    for (let cell = 0; cell < seriesOf.length; cell++) {
      const series = seriesOfCells[cell]!
      let number = numbers.get(series)
      if (number === undefined) {
        number = keys.push(this.series.keyOf(series)) - 1
        numbers.set(series, number)
      }
      seriesOf[cell] = number
    }
    return { derive: this.derive.id, width: this.derive.width, series: keys, seriesOf, pane }
  }

  /** Puts in cells that `view` or `takeChanged` gave, in place of those that are there. */
  restore(saved: FrameDerive): void {
    const { width, keepsValues } = this.derive
    const numbers = saved.series.map((key) => this.series.seriesOf(key))
    this.#reserve(saved.pane.length)
    for (let i = 0; i < saved.pane.length; i++) {
      const cell = this.#find(numbers[saved.seriesOf[i]!]!, saved.pane[i]!)
      this.cells.set(saved.cells.subarray(i * width, (i + 1) * width), cell * width)
      if (keepsValues) this.#bags[cell] = saved.bags[i]!
      this.#isChanged[cell] = 1
    }
  }

  /** Counts series in another table from now on. */
  moveTo(series: SeriesTable): void {
    const isChanged = this.#isChanged.slice()
    const open = this.take()
    this.series = series
    if (open !== undefined) this.restore(open)
    this.#isChanged.set(isChanged)
  }

  /** Room for `more` new cells, so that neither `cells` nor the slots move during a fold. */
  #reserve(more: number): void {
    const needed = this.count + more
    if (needed > this.pane.length) {
      const capacity = Math.max(needed, this.pane.length * 2)
      this.seriesOf = grown(this.seriesOf, new Int32Array(capacity))
      this.pane = grown(this.pane, new Float64Array(capacity))
      this.cells = grown(this.cells, new Float64Array(capacity * this.derive.width))
      this.#isChanged = grown(this.#isChanged, new Uint8Array(capacity))
    }
    if (needed * 2 <= this.#slots.length) return
    let size = this.#slots.length
    while (size < needed * 2) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    for (let cell = 0; cell < this.count; cell++)
      this.#slots[this.#slotOf(this.seriesOf[cell]!, this.pane[cell]!)] = cell
  }

  /** The slot of a cell, or the free one where it belongs. */
  #slotOf(series: number, pane: number): number {
    const mask = this.#slots.length - 1
    if (pane !== this.#hashedPane) {
      this.#hashedPane = pane
      this.#paneHash = Math.imul(Math.floor(pane / 1000) | 0, 0x85ebca6b)
    }
    let hash = Math.imul(series, 0x9e3779b1) ^ this.#paneHash
    hash ^= hash >>> 15
    let slot = hash & mask
    for (let cell = this.#slots[slot]!; cell >= 0; cell = this.#slots[slot]!) {
      if (this.seriesOf[cell] === series && this.pane[cell] === pane) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #find(series: number, pane: number): number {
    const slot = this.#slotOf(series, pane)
    const known = this.#slots[slot]!
    if (known >= 0) return known
    const cell = this.count++
    this.#slots[slot] = cell
    this.seriesOf[cell] = series
    this.pane[cell] = pane
    this.cells.fill(0, cell * this.derive.width, (cell + 1) * this.derive.width)
    if (this.derive.keepsValues) this.#bags[cell] = new Bag()
    return cell
  }
}
