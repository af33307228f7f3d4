import type { Dictionary } from '../core/dictionary.ts'
import type { EventBatch } from '../core/event-batch.ts'
import { grown } from '../core/record-batch.ts'
import { missing, seriesKey, seriesValues } from '../core/series.ts'

/**
 * Series of one list of `by` fields as small numbers, in the order in which they were first seen. Found by dictionary
 * ids; the key of a series is made when it is first asked for.
 */
export class SeriesTable {
  readonly by: readonly string[]
  readonly #dictionary: Dictionary
  /** Ids of series s are `#ids[s * by.length ..]`; -1 is a missing value. */
  #ids = new Int32Array(64)
  #hashes = new Int32Array(16)
  #slots = new Int32Array(64).fill(-1)
  #count = 0
  readonly #keys: (string | undefined)[] = []
  #column = new Int32Array(0)
  /** With one field: series + 1 by id + 1; 0 is not known yet. */
  #ofId = new Int32Array(0)

  constructor(by: readonly string[], dictionary: Dictionary) {
    this.by = by
    this.#dictionary = dictionary
    if (by.length === 0) this.#add(0, 0, [])
  }

  get size(): number {
    return this.#count
  }

  /** The series of each row, as a column that stays valid until the next call. Only rows [from, to) are filled. */
  columnOf(batch: EventBatch, from: number, to: number): Int32Array {
    if (this.#column.length < batch.count) this.#column = new Int32Array(batch.count)
    const column = this.#column
    if (this.by.length === 0) return column
    const words = this.by.map((field) => batch.ids(batch.tables.fields.id(field), this.#dictionary))
    if (words.length === 1) this.#fillSingle(words[0]!, column, { from, to })
    else this.#fill(words, column, { from, to })
    return column
  }

  /** Canonical key of a series. */
  keyOf(series: number): string {
    return (this.#keys[series] ??= this.#makeKey(series))
  }

  /** The series of a canonical key. */
  seriesOf(key: string): number {
    const ids = seriesValues(key).map((value) => (value === missing ? -1 : this.#dictionary.internText(value)))
    return ids.length === 0 ? 0 : this.#find(ids)
  }

  #makeKey(series: number): string {
    const width = this.by.length
    const ids = this.#ids.subarray(series * width, (series + 1) * width)
    return seriesKey(Array.from(ids, (id) => (id < 0 ? missing : this.#dictionary.word(id))))
  }

  /** One field: the series of an id is looked up in a list. */
  #fillSingle(ids: Int32Array, column: Int32Array, range: { from: number; to: number }): void {
    let known = this.#ofId
    for (let row = range.from; row < range.to; row++) {
      const place = ids[row]! + 1
      let series = place < known.length ? known[place]! - 1 : -1
      if (series < 0) {
        series = this.#find([place - 1])
        if (place >= known.length) known = this.#ofId = grown(known, new Int32Array(place * 2 + 64))
        known[place] = series + 1
      }
      column[row] = series
    }
  }

  #fill(words: readonly Int32Array[], column: Int32Array, range: { from: number; to: number }): void {
    const width = words.length
    const ids: number[] = words.map(() => -1)
    for (let row = range.from; row < range.to; row++) {
      for (let k = 0; k < width; k++) ids[k] = words[k]![row]!
      column[row] = this.#find(ids)
    }
  }

  #find(ids: readonly number[]): number {
    let hash = 17
    for (let k = 0; k < ids.length; k++) hash = Math.imul(hash, 0x9e3779b1) + ids[k]!
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let series = this.#slots[slot]!; series >= 0; series = this.#slots[slot]!) {
      if (this.#hashes[series] === hash && this.#equals(series, ids)) return series
      slot = (slot + 1) & mask
    }
    return this.#add(hash, slot, ids)
  }

  #equals(series: number, ids: readonly number[]): boolean {
    const at = series * ids.length
    for (let k = 0; k < ids.length; k++) if (this.#ids[at + k] !== ids[k]) return false
    return true
  }

  #add(hash: number, slot: number, ids: readonly number[]): number {
    const series = this.#count++
    if (this.#count * ids.length > this.#ids.length)
      this.#ids = grown(this.#ids, new Int32Array(this.#ids.length * 2 + ids.length))
    if (this.#count > this.#hashes.length) this.#hashes = grown(this.#hashes, new Int32Array(this.#hashes.length * 2))
    for (let k = 0; k < ids.length; k++) this.#ids[series * ids.length + k] = ids[k]!
    this.#hashes[series] = hash
    this.#slots[slot] = series
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return series
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = slots.length - 1
    for (let series = 0; series < this.#count; series++) {
      let slot = this.#hashes[series]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = series
    }
    this.#slots = slots
  }
}
