import { bytesOf, textOf } from './byte-writer.ts'
import { grown } from './record-batch.ts'

/** Given instead of a new id when the dictionary is full. */
export const otherWord = '__other__'

/**
 * Words as small numbers, found by their bytes without making a string. Bounded: beyond `limit` every new word is
 * `__other__`. Ids are local to the process.
 */
export class Dictionary {
  readonly #limit: number
  #slots = new Int32Array(256).fill(-1)
  #hashes = new Int32Array(128)
  #from = new Int32Array(129)
  #arena = new Uint8Array(4096)
  readonly #words: string[] = []
  #otherId = -1

  constructor(limit = 200_000) {
    this.#limit = limit
  }

  get size(): number {
    return this.#words.length
  }

  word(id: number): string {
    return this.#words[id]!
  }

  internText(text: string): number {
    const bytes = bytesOf(text)
    return this.intern(bytes, 0, bytes.length)
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    let hash = -2128831035
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 16777619)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let id = this.#slots[slot]!; id >= 0; id = this.#slots[slot]!) {
      if (this.#hashes[id] === hash && this.#equals(id, bytes, start, end)) return id
      slot = (slot + 1) & mask
    }
    if (this.#words.length < this.#limit) return this.#insert(hash, slot, bytes, start, end)
    if (this.#otherId < 0) {
      const other = bytesOf(otherWord)
      this.#otherId = this.#insert(hash, slot, other, 0, other.length)
    }
    return this.#otherId
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#from[id]!
    if (this.#from[id + 1]! - from !== end - start) return false
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== this.#arena[j]) return false
    return true
  }

  #insert(hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#words.length
    if (id + 1 >= this.#from.length) {
      this.#hashes = grown(this.#hashes, new Int32Array(this.#hashes.length * 2))
      this.#from = grown(this.#from, new Int32Array(this.#from.length * 2))
    }
    const from = this.#from[id]!
    const needed = from + end - start
    if (needed > this.#arena.length) this.#arena = grown(this.#arena, new Uint8Array(needed * 2))
    this.#arena.set(bytes.subarray(start, end), from)
    this.#from[id + 1] = needed
    this.#hashes[id] = hash
    this.#slots[slot] = id
    this.#words.push(textOf(bytes, start, end))
    if (this.#words.length * 2 > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = slots.length - 1
    for (let id = 0; id < this.#words.length; id++) {
      const hash = this.#hashes[id]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = id
    }
    this.#slots = slots
  }
}
