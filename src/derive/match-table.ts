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
  /** Place in the list of its rule. */
  readonly at: number
}

/** A match with its place among those of its rule. */
export interface PlacedMatch {
  readonly at: number
  readonly match: FrameMatch
}

/** Events since the last cut that an occurrence rule asks for. */
export class MatchTable {
  readonly #tickMs: number
  /** By rule, in the order of the program: how rules share batches must not show. */
  readonly #lists: ReadonlyMap<string, Counted[]>
  readonly #singles = new Map<string, number>()
  readonly #seconds = new Map<string, Counted>()
  /** Those that are new or were counted up since `takeChanged`. */
  readonly #changed = new Set<Counted>()

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
      this.#push(match)
    } else if (known === undefined) this.#seconds.set(second, this.#push(match))
    else {
      known.match = { ...known.match, count: known.match.count + match.count }
      this.#changed.add(known)
    }
  }

  #push(match: FrameMatch): Counted {
    const list = this.#lists.get(match.rule)
    const counted = { match, at: list?.length ?? 0 }
    list?.push(counted)
    this.#changed.add(counted)
    this.count++
    return counted
  }

  /** All matches, by rule and position. */
  view(): FrameMatch[] {
    return [...this.#lists.values()].flat().map(({ match }) => match)
  }

  /** The matches that are new or other since the last call. */
  takeChanged(): PlacedMatch[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  clear(): void {
    for (const list of this.#lists.values()) list.length = 0
    this.count = 0
    this.#singles.clear()
    this.#seconds.clear()
    this.#changed.clear()
  }

  /** Takes back what `view` gave. */
  restore(matches: readonly FrameMatch[]): void {
    for (const match of matches) this.#put(match)
  }

  /** Takes back what `takeChanged` gave; matches of rules that it does not have are left out. */
  amend(changed: readonly PlacedMatch[]): void {
    if (changed.length === 0) return
    const lists = new Map([...this.#lists].map(([rule, list]) => [rule, list.map(({ match }) => match)]))
    for (const { at, match } of changed) {
      const list = lists.get(match.rule)
      if (list !== undefined) list[at] = match
    }
    this.clear()
    this.restore([...lists.values()].flat())
  }
}
