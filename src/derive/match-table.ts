import type { EventBatch } from '../core/event-batch.ts'
import type { FrameMatch } from '../core/frame.ts'
import { paneStart } from '../core/pane.ts'
import type { CompiledOccurrence } from '../core/program.ts'
import { sampleText } from './sample.ts'
import type { SeriesTable } from './series-table.ts'

/** Matches per rule, series and pane that are kept one by one. */
const maxSingle = 1000

interface Counted {
  match: FrameMatch
}

/** Events since the last cut that an occurrence rule asks for. */
export class MatchTable {
  readonly #tickMs: number
  /** By rule, in the order of the program: how rules share batches must not show. */
  readonly #lists: ReadonlyMap<string, Counted[]>
  readonly #singles = new Map<string, number>()
  readonly #seconds = new Map<string, Counted>()

  count = 0

  constructor(tickMs: number, rules: readonly string[]) {
    this.#tickMs = tickMs
    this.#lists = new Map(rules.map((rule) => [rule, []]))
  }

  /** Adds the rows that the rule asks for, of those given. `rows` is overwritten. */
  add(occurrence: CompiledOccurrence, series: SeriesTable, found: { batch: EventBatch; rows: Int32Array }): void {
    const { batch, rows } = found
    const left = occurrence.filter === undefined ? rows.length : occurrence.filter.select(batch, rows, rows.length)
    if (left === 0) return
    const column = series.columnOf(batch, rows[0]!, rows[left - 1]! + 1)
    for (let i = 0; i < left; i++) {
      const row = rows[i]!
      this.#put({
        rule: occurrence.rule,
        series: series.keyOf(column[row]!),
        timeMs: batch.time[row]!,
        position: batch.position(row),
        count: 1,
        sample: sampleText(batch, row),
      })
    }
  }

  #put(match: FrameMatch): void {
    const key = `${match.rule} ${paneStart(match.timeMs, this.#tickMs)} ${match.series}`
    const singles = (this.#singles.get(key) ?? 0) + (match.count === 1 ? 1 : 0)
    const second = `${key} ${Math.floor(match.timeMs / 1000)}`
    const known = this.#seconds.get(second)
    if (match.count === 1 && singles <= maxSingle) {
      this.#singles.set(key, singles)
      this.#push({ match })
    } else if (known === undefined) {
      const counted = { match }
      this.#seconds.set(second, counted)
      this.#push(counted)
    } else known.match = { ...known.match, count: known.match.count + match.count }
  }

  #push(counted: Counted): void {
    this.#lists.get(counted.match.rule)?.push(counted)
    this.count++
  }

  /** All matches, by rule and position. */
  view(): FrameMatch[] {
    return [...this.#lists.values()].flat().map(({ match }) => match)
  }

  clear(): void {
    for (const list of this.#lists.values()) list.length = 0
    this.count = 0
    this.#singles.clear()
    this.#seconds.clear()
  }

  /** Takes back what `view` gave. */
  restore(matches: readonly FrameMatch[]): void {
    for (const match of matches) this.#put(match)
  }
}
