import { Bag } from '../core/bag.ts'
import type { FrameDerive } from '../core/frame.ts'
import type { CompiledDerive } from '../core/program.ts'
import { grown } from '../core/record-batch.ts'

/** Cells of one derive in one array, handed out by number: a cell costs its columns and no object. */
export class CellPool {
  readonly #derive: CompiledDerive
  readonly #bags: (Bag | undefined)[] = []
  readonly #free: number[] = []
  #count = 0
  cells: Float64Array

  constructor(derive: CompiledDerive) {
    this.#derive = derive
    this.cells = new Float64Array(derive.width * 64)
  }

  /** A cell of zeros. */
  take(): number {
    const slot = this.#free.pop() ?? this.#count++
    if ((slot + 1) * this.#derive.width > this.cells.length) {
      this.cells = grown(this.cells, new Float64Array(this.cells.length * 2))
    }
    this.clear(slot)
    return slot
  }

  clear(slot: number): void {
    const { width, keepsValues } = this.#derive
    this.cells.fill(0, slot * width, (slot + 1) * width)
    if (keepsValues) this.#bags[slot] = new Bag()
  }

  release(slot: number): void {
    this.#bags[slot] = undefined
    this.#free.push(slot)
  }

  /** Adds cell `cell` of a frame. */
  addCell(slot: number, from: FrameDerive, cell: number): void {
    this.#add(slot, { cells: from.cells, at: cell * from.width, bag: from.bags[cell] })
  }

  /** Takes over cell `cell` of a snapshot, with its bag. */
  putCell(slot: number, from: FrameDerive, cell: number): void {
    const { width } = this.#derive
    this.cells.set(from.cells.subarray(cell * width, (cell + 1) * width), slot * width)
    const bag = from.bags[cell]
    if (bag !== undefined) this.#bags[slot] = bag
  }

  /** Adds another cell of this pool. */
  addSlot(slot: number, other: number): void {
    this.#add(slot, { cells: this.cells, at: other * this.#derive.width, bag: this.#bags[other] })
  }

  #add(slot: number, from: { cells: Float64Array; at: number; bag: Bag | undefined }): void {
    const at = slot * this.#derive.width
    this.cells[at]! += from.cells[from.at]!
    this.#derive.fold.merge(this.cells, at + 1, from.cells, from.at + 1)
    if (from.bag !== undefined) this.#bags[slot]?.merge(from.bag)
  }

  /** Rows in a cell. */
  rows(slot: number): number {
    return this.cells[slot * this.#derive.width]!
  }

  /** Output values of a cell, as those of a window. */
  metrics(slot: number): Record<string, number> {
    const { fold, width } = this.#derive
    const bag = this.#bags[slot] ?? noValues
    return fold.metrics(this.cells, slot * width + 1, { count: this.rows(slot), windowMs: fold.windowMs, bag })
  }

  /** The cells as a frame has them. */
  view(
    slots: readonly number[],
    place: { series: readonly string[]; seriesOf: Int32Array; pane: Float64Array },
  ): FrameDerive {
    const { id, width, keepsValues } = this.#derive
    const cells = new Float64Array(slots.length * width)
    slots.forEach((slot, i) => cells.set(this.cells.subarray(slot * width, (slot + 1) * width), i * width))
    const bags = keepsValues ? slots.map((slot) => this.#bags[slot] ?? noValues) : []
    return { derive: id, width, ...place, cells, bags }
  }
}

const noValues = new Bag()
