import { wordOf, type EventBatch } from '../core/event-batch.ts'
import { fieldId, type FieldName } from '../core/field.ts'
import type { FrameSample } from '../core/frame.ts'
import type { CellTable } from './cell-table.ts'

/** Characters of a log line that an alert shows. */
const maxSample = 300
const message = fieldId('message')
/** What a request without a message is shown as. */
const request: readonly FieldName[] = ['http.request.method', 'url.path', 'http.response.status_code']

/** The line of an event as an alert shows it: its message, or what was asked for and the status. */
export function sampleText(batch: EventBatch, row: number): string {
  const text = batch.value(row, message)
  const parts = text === undefined ? request.map((field) => batch.value(row, fieldId(field))) : [text]
  const line = parts.flatMap((part) => (part === undefined ? [] : [wordOf(part)])).join(' ')
  return line.length <= maxSample ? line : line.slice(0, maxSample).replace(/[\ud800-\udbff]$/, '')
}

/** The first lines of each cell of a table, by time and position. */
export class SampleTable {
  readonly #table: CellTable
  readonly #perCell: number
  #lists: FrameSample[][] = []
  /** Time of the last line kept, by cell; Infinity while there is room. */
  #latest = new Float64Array(0)
  /** Cells whose lines changed since `takeChanged`. */
  readonly #changed = new Set<number>()

  constructor(table: CellTable) {
    this.#table = table
    this.#perCell = table.derive.samples
  }

  /** Offers the rows of a fold; `cellOf` is what the fold returned. */
  offer(batch: EventBatch, rows: Int32Array, cellOf: Int32Array): void {
    if (this.#perCell === 0) return
    this.#reserve()
    const { notable } = this.#table.derive.fold
    const wanted = notable === undefined ? rows : Int32Array.from(rows)
    const left = notable === undefined ? rows.length : notable.select(batch, wanted, rows.length)
    const { width } = this.#table.derive
    for (let i = 0, k = 0; k < left; i++) {
      if (rows[i] !== wanted[k]) continue // Both ascend.
      k++
      const cell = (cellOf[i]! - 1) / width
      if (batch.time[rows[i]!]! < this.#latest[cell]!) this.#keep(batch, rows[i]!, cell)
    }
  }

  #keep(batch: EventBatch, row: number, cell: number): void {
    const list = (this.#lists[cell] ??= [])
    const timeMs = batch.time[row]!
    let at = list.length
    while (at > 0 && list[at - 1]!.timeMs > timeMs) at--
    const { derive, seriesOf, pane, series } = this.#table
    const sample = {
      derive: derive.id,
      series: series.keyOf(seriesOf[cell]!),
      pane: pane[cell]!,
      timeMs,
      position: batch.position(row),
      text: sampleText(batch, row),
    }
    list.splice(at, 0, sample)
    this.#changed.add(cell)
    if (list.length > this.#perCell) list.pop()
    if (list.length === this.#perCell) this.#latest[cell] = list.at(-1)!.timeMs
  }

  /** All lines, by cell and time. */
  view(): FrameSample[] {
    return this.#lists.flat()
  }

  /** All lines of the cells whose lines changed since the last call. */
  takeChanged(): FrameSample[] {
    const changed = [...this.#changed].flatMap((cell) => this.#lists[cell]!)
    this.#changed.clear()
    return changed
  }

  clear(): void {
    this.#changed.clear()
    this.#lists = []
    this.#latest.fill(Infinity)
  }

  /** Takes back what `view` or `takeChanged` gave, after the cells were restored. */
  restore(samples: readonly FrameSample[]): void {
    if (samples.length === 0) return
    this.#reserve()
    const cells = new Map<string, number>()
    for (let cell = 0; cell < this.#table.count; cell++) {
      cells.set(`${this.#table.pane[cell]} ${this.#table.series.keyOf(this.#table.seriesOf[cell]!)}`, cell)
    }
    for (const [place, list] of Map.groupBy(samples, (sample) => `${sample.pane} ${sample.series}`)) {
      const cell = cells.get(place)
      if (cell === undefined) continue
      this.#lists[cell] = list
      this.#changed.add(cell)
      this.#latest[cell] = list.length === this.#perCell ? list.at(-1)!.timeMs : Infinity
    }
  }

  #reserve(): void {
    const old = this.#latest
    if (old.length >= this.#table.count) return
    this.#latest = new Float64Array(Math.max(64, this.#table.count * 2)).fill(Infinity)
    this.#latest.set(old)
  }
}
