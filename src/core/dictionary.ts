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
  #arenaView = viewOf(this.#arena)
  /** The bytes of the last call: words come in runs from one buffer. */
  #bytes: Uint8Array = this.#arena
  #view = this.#arenaView
  /** 1: the word holds a backslash. */
  #hasBackslash = new Uint8Array(128)
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

  /** Whether a word holds a backslash. The inside of a JSON string that does is not the text itself. */
  hasBackslash(id: number): boolean {
    return this.#hasBackslash[id] === 1
  }

  internText(text: string): number {
    const bytes = bytesOf(text)
    return this.intern(bytes, 0, bytes.length)
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    const hash = hashOf(this.#view, start, end)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let id = this.#slots[slot]!; id >= 0; id = this.#slots[slot]!) {
      if (this.#hashes[id] === hash && this.#equals(id, start, end)) return id
      slot = (slot + 1) & mask
    }
    if (this.#words.length < this.#limit) return this.#insert(hash, slot, bytes, start, end)
    if (this.#otherId < 0) {
      const other = bytesOf(otherWord)
      this.#otherId = this.#insert(hash, slot, other, 0, other.length)
    }
    return this.#otherId
  }

  /** Four bytes at a time; the last four may overlap. */
  #equals(id: number, start: number, end: number): boolean {
    const from = this.#from[id]!
    const length = end - start
    if (this.#from[id + 1]! - from !== length) return false
    const view = this.#view
    const arena = this.#arenaView
    if (length < 4) {
      for (let i = 0; i < length; i++) if (view.getUint8(start + i) !== arena.getUint8(from + i)) return false
      return true
    }
    for (let i = 0; i < length - 4; i += 4) {
      if (view.getInt32(start + i, true) !== arena.getInt32(from + i, true)) return false
    }
    return view.getInt32(end - 4, true) === arena.getInt32(from + length - 4, true)
  }

  #insert(hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#words.length
    if (id === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, new Int32Array(this.#hashes.length * 2))
      this.#from = grown(this.#from, new Int32Array(this.#hashes.length + 1))
      this.#hasBackslash = grown(this.#hasBackslash, new Uint8Array(this.#hashes.length))
    }
    const from = this.#from[id]!
    const needed = from + end - start
    if (needed > this.#arena.length) {
      this.#arena = grown(this.#arena, new Uint8Array(needed * 2))
      this.#arenaView = viewOf(this.#arena)
    }
    this.#arena.set(bytes.subarray(start, end), from)
    this.#from[id + 1] = needed
    this.#hashes[id] = hash
    this.#slots[slot] = id
    this.#hasBackslash[id] = bytes.subarray(start, end).includes(0x5c) ? 1 : 0
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Four bytes a step, so that the chain of multiplications is short; the mixing is that of MurmurHash3 (Appleby). */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start
  if (hash < 4) {
    for (let i = start; i < end; i++) hash = mixed(hash, view.getUint8(i))
    return hash ^ (hash >>> 15)
  }
  for (let i = start; i < end - 4; i += 4) hash = mixed(hash, view.getInt32(i, true))
  hash = mixed(hash, view.getInt32(end - 4, true))
  return hash ^ (hash >>> 15)
}

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593)
  return next ^ (next >>> 15)
}
