import type { Points } from '../core/component.ts'
import type { FrameDerive } from '../core/frame.ts'
import { paneStart } from '../core/pane.ts'
import type { CompiledDerive } from '../core/program.ts'
import { otherWord } from '../core/dictionary.ts'
import { seriesKey } from '../core/series.ts'
import { isoText } from '../core/time-text.ts'
import { CellPool } from './cell-pool.ts'
import { SampleList } from './sample-list.ts'

/** Bits of a window: its document is waiting; cells may be counted twice in it; it closed before its end. */
export const windowMark = { scheduled: 1, approximate: 2, partial: 4 } as const

/** One series: the panes that rules read, and the windows that documents are made of. Lists ascend by start. */
export class Series {
  readonly key: string
  readonly paneStarts: number[] = []
  readonly paneSlots: number[] = []
  readonly windowStarts: number[] = []
  readonly windowSlots: number[] = []
  /** Revision of the newest document; 0: none yet. */
  readonly revisions: number[] = []
  readonly marks: number[] = []
  readonly samples = new SampleList()

  constructor(key: string) {
    this.key = key
  }
}

/** A window whose document is due. */
export interface DueWindow {
  readonly series: Series
  readonly start: number
}

/** Cells of one derive over all sources. Each cell counts at once in its window, and in its pane if rules read panes. */
export class PaneStore {
  readonly derive: CompiledDerive
  /** How far back of a tick rules read, ms; 0: no rule does. */
  readonly readMs: number
  readonly pool: CellPool
  readonly series = new Map<string, Series>()
  /** Series with panes that rules still read. */
  readonly active = new Set<Series>()
  /** Rows that came too late for every window. */
  expired = 0
  /** Rows of series beyond the limit. */
  overflowed = 0
  readonly #tickMs: number
  readonly #keepMs: number
  readonly #other: string
  readonly #timeTexts = new Map<number, string>()
  /** Windows by the tick at which their document is due. */
  readonly due = new Map<number, DueWindow[]>()

  constructor(derive: CompiledDerive, settings: { readMs: number; tickMs: number }) {
    this.derive = derive
    this.readMs = settings.readMs
    this.#tickMs = settings.tickMs
    this.#keepMs = derive.allowedLatenessMs + Math.max(derive.fold.windowMs, settings.readMs)
    this.#other = seriesKey(derive.by.map(() => otherWord))
    this.pool = new CellPool(derive)
  }

  /** Forgets what no tick from `t` on needs, so what comes for it counts as expired. `before` is the tick before. */
  forget(t: number, before: number): void {
    for (const series of this.active) this.#forgetPanes(series, t)
    const rarely = this.#tickMs * 16
    if (paneStart(t, rarely) === paneStart(before, rarely)) return
    for (const series of this.series.values()) {
      while (series.windowStarts.length > 0 && this.#isExpired(series.windowStarts[0]!, t)) {
        this.pool.release(series.windowSlots[0]!)
        series.windowSlots.shift()
        series.windowStarts.shift()
        series.revisions.shift()
        series.marks.shift()
      }
      if (series.windowStarts.length === 0 && series.paneStarts.length === 0) this.series.delete(series.key)
    }
  }

  #forgetPanes(series: Series, t: number): void {
    const oldest = t - this.readMs
    while (series.paneStarts.length > 0 && series.paneStarts[0]! < oldest) {
      this.pool.release(series.paneSlots[0]!)
      series.paneSlots.shift()
      series.paneStarts.shift()
    }
    series.samples.forget(oldest)
    if (series.paneStarts.length === 0) this.active.delete(series)
  }

  #isExpired(windowStart: number, t: number): boolean {
    return windowStart + this.derive.fold.windowMs <= t - this.#keepMs
  }

  /** An instant as text; the documents of one tick have few of them. */
  timeText(ms: number): string {
    if (this.#timeTexts.size > 100) this.#timeTexts.clear()
    let text = this.#timeTexts.get(ms)
    if (text === undefined) {
      text = isoText(ms)
      this.#timeTexts.set(ms, text)
    }
    return text
  }

  /**
   * Lets new series in, in the order of their keys, up to the limit. All parts of a tick come in one call, so that the
   * limit does not depend on how sources cut their frames.
   */
  admit(parts: readonly FrameDerive[]): void {
    const fresh = new Set<string>()
    for (const part of parts) {
      for (const key of part.series) if (!this.series.has(key)) fresh.add(key)
    }
    if (fresh.size === 0) return
    for (const key of [...fresh].sort()) {
      if (this.series.size >= this.derive.maxSeries) break
      this.series.set(key, new Series(key))
    }
  }

  /** Adds the cells of a part at tick `t`, after `admit`. */
  add(part: FrameDerive, t: number, isApproximate: boolean): void {
    const { windowMs } = this.derive.fold
    for (let cell = 0; cell < part.pane.length; cell++) {
      const pane = part.pane[cell]!
      const windowStart = paneStart(pane, windowMs)
      const rows = part.cells[cell * part.width]!
      if (this.#isExpired(windowStart, t)) {
        this.expired += rows
        continue
      }
      let series = this.series.get(part.series[part.seriesOf[cell]!]!)
      if (series === undefined) {
        this.overflowed += rows
        series = this.seriesFor(this.#other)
      }
      const window = this.#window(series, windowStart)
      this.pool.addCell(series.windowSlots[window]!, part, cell)
      series.marks[window]! &= ~windowMark.partial
      if (isApproximate) series.marks[window]! |= windowMark.approximate
      this.#schedule(series, window, t)
      if (this.readMs > 0 && pane >= t - this.readMs) this.pool.addCell(this.#pane(series, pane), part, cell)
    }
  }

  /** The series of a key, made if need be whatever the limit. */
  seriesFor(key: string): Series {
    let series = this.series.get(key)
    if (series === undefined) {
      series = new Series(key)
      this.series.set(key, series)
    }
    return series
  }

  /** Takes back a window of a snapshot made after `tick`. */
  putWindow(
    series: Series,
    saved: { part: FrameDerive; cell: number; tick: number; revision: number; marks: number },
  ): void {
    const window = this.#window(series, saved.part.pane[saved.cell]!)
    this.pool.putCell(series.windowSlots[window]!, saved.part, saved.cell)
    series.revisions[window] = saved.revision
    series.marks[window] = saved.marks & ~windowMark.scheduled
    if ((saved.marks & windowMark.scheduled) !== 0) this.#schedule(series, window, saved.tick)
  }

  /** Takes back a pane of a snapshot. */
  putPane(series: Series, part: FrameDerive, cell: number): void {
    this.pool.putCell(this.#pane(series, part.pane[cell]!), part, cell)
  }

  /** Place of a window in its series; made if need be. */
  #window(series: Series, start: number): number {
    const { windowStarts } = series
    const at = placeOf(windowStarts, start)
    if (windowStarts[at] === start) return at
    windowStarts.splice(at, 0, start)
    series.windowSlots.splice(at, 0, this.pool.take())
    series.revisions.splice(at, 0, 0)
    series.marks.splice(at, 0, 0)
    return at
  }

  /** Slot of a pane of a series; made if need be. */
  #pane(series: Series, start: number): number {
    const at = placeOf(series.paneStarts, start)
    if (series.paneStarts[at] !== start) {
      series.paneStarts.splice(at, 0, start)
      series.paneSlots.splice(at, 0, this.pool.take())
      this.active.add(series)
    }
    return series.paneSlots[at]!
  }

  /** The document of a window is due at its end, or at tick `t` if that has passed. */
  #schedule(series: Series, window: number, t: number): void {
    if ((series.marks[window]! & windowMark.scheduled) !== 0) return
    series.marks[window]! |= windowMark.scheduled
    const end = series.windowStarts[window]! + this.derive.fold.windowMs
    const at = Math.max(t, Math.ceil(end / this.#tickMs) * this.#tickMs)
    const list = this.due.get(at)
    if (list === undefined) this.due.set(at, [{ series, start: series.windowStarts[window]! }])
    else list.push({ series, start: series.windowStarts[window]! })
  }

  /** The windows due at a tick, by key and start. */
  takeDue(t: number): DueWindow[] {
    const list = this.due.get(t) ?? []
    this.due.delete(t)
    return list.sort((a, b) => (a.series === b.series ? a.start - b.start : a.series.key < b.series.key ? -1 : 1))
  }
}

/** Where a start is in an ascending list, or belongs; most often at the end. */
export function placeOf(starts: readonly number[], start: number): number {
  let at = starts.length
  while (at > 0 && starts[at - 1]! >= start) at--
  return at
}

/** The points of one series after the other, as rules see them: computed when asked for, kept while at one series. */
export class SeriesPoints implements Points {
  readonly tickMs: number
  readonly #store: PaneStore
  readonly #scratch: number
  #series: Series | undefined
  #output = ''
  readonly #known = new Map<number, { readonly rows: number; readonly values: Record<string, number> }>()

  constructor(store: PaneStore, tickMs: number) {
    this.#store = store
    this.tickMs = tickMs
    this.#scratch = store.pool.take()
  }

  /** Turns to a series; undefined is one without any events. */
  turnTo(series: Series | undefined): void {
    this.#series = series
    this.#known.clear()
  }

  select(output: string): void {
    this.#output = output
  }

  at(t: number): number {
    return this.#pointAt(t).values[this.#output] ?? NaN
  }

  count(t: number): number {
    return this.#pointAt(t).rows
  }

  #pointAt(t: number): { readonly rows: number; readonly values: Record<string, number> } {
    const known = this.#known.get(t)
    if (known !== undefined) return known
    const point = this.#compute(t)
    this.#known.set(t, point)
    return point
  }

  #compute(t: number): { rows: number; values: Record<string, number> } {
    const series = this.#series
    if (series === undefined) return noPoint
    const { pool, derive } = this.#store
    const slots: number[] = []
    for (let i = series.paneStarts.length - 1; i >= 0; i--) {
      const start = series.paneStarts[i]!
      if (start < t - derive.fold.windowMs) break
      if (start < t) slots.push(series.paneSlots[i]!)
    }
    if (slots.length === 0) return noPoint
    if (slots.length === 1) return { rows: pool.rows(slots[0]!), values: pool.metrics(slots[0]!) }
    pool.clear(this.#scratch)
    for (const slot of slots) pool.addSlot(this.#scratch, slot)
    return { rows: pool.rows(this.#scratch), values: pool.metrics(this.#scratch) }
  }
}

const noPoint = { rows: 0, values: {} }
