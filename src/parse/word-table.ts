import { bytesOf } from '../core/byte-writer.ts'

/**
 * A closed list of words with a number for each, looked up by bytes without making a string. Letters of ASCII and of
 * Latin-1 (as UTF-8) match in both cases. Open addressing; a hit is compared byte by byte, so no other word is found.
 */
export class WordTable {
  readonly #slots: Int16Array
  readonly #words: readonly Uint8Array[]
  readonly #values: readonly number[]
  readonly #longest: number

  /** Words in lower case, separated by blanks, under the number they stand for: over 0, each word once. */
  constructor(lists: readonly (readonly [value: number, words: string])[]) {
    const words: Uint8Array[] = []
    const values: number[] = []
    for (const [value, list] of lists) {
      for (const word of list.split(' ')) {
        words.push(bytesOf(word))
        values.push(value)
      }
    }
    this.#words = words
    this.#values = values
    this.#longest = Math.max(...words.map((word) => word.length))
    this.#slots = new Int16Array(4 << (32 - Math.clz32(words.length))).fill(-1)
    for (const [i, word] of words.entries()) {
      let slot = hashOf(word, 0, word.length) & (this.#slots.length - 1)
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = i
    }
  }

  /** The number of the word that fills the span, 0 if it is none of the list. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length <= 0 || length > this.#longest) return 0
    const slots = this.#slots
    let slot = hashOf(bytes, start, end) & (slots.length - 1)
    for (;;) {
      const index = slots[slot]!
      if (index < 0) return 0
      const word = this.#words[index]!
      if (word.length === length && isWord(word, bytes, start)) return this.#values[index]!
      slot = (slot + 1) & (slots.length - 1)
    }
  }
}

const lower = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte))

/** A-Z, and the second byte of U+00C0 to U+00DE after 0xC3, in lower case. */
function lowered(byte: number, before: number): number {
  return before === 0xc3 && byte >= 0x80 && byte <= 0x9e ? byte | 0x20 : lower[byte]!
}

/** FNV-1a with its upper half folded in, because the slot is cut from the lower bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  let before = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    hash = Math.imul(hash ^ lowered(byte, before), 0x01000193)
    before = byte
  }
  return hash ^ (hash >>> 16)
}

function isWord(word: Uint8Array, bytes: Uint8Array, start: number): boolean {
  let before = 0
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[start + i]!
    if (lowered(byte, before) !== word[i]!) return false
    before = byte
  }
  return true
}
