import { KeyTree, rootNode } from './key-tree.ts'
import {
  backslash,
  closeBrace,
  colon,
  comma,
  escapesEnd,
  numberEnd,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  stops,
  stringEnd,
  ValueSkip,
  wordEnd,
  type Oddness,
} from './syntax.ts'

/**
 * What a value is. Null, empty text, `-`, `(null)` and empty arrays are absence. An object is a token of its own before
 * those of its values.
 */
export const tokenKind = { absent: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const

export interface TokenLimits {
  readonly maxDepth: number
  readonly maxFields: number
  readonly maxArrayItems: number
  readonly maxNumberChars: number
}

const nullWord = Uint8Array.from('(null)', (char) => char.charCodeAt(0))

/**
 * The values of one JSON object in the order they are written. The object is proved to be JSON while they are found;
 * `isOdd` says that some value has to be changed first, so that the object path has to read it (`rewrite.ts`).
 */
export class JsonTokens implements Oddness {
  readonly tree = new KeyTree()
  count = 0
  /** `node << 3 | kind` of each value. */
  readonly keys: Int32Array
  /** Span of the value: strings without their quotes. */
  readonly start: Int32Array
  readonly end: Int32Array
  /** 1: the string has escapes. */
  readonly escaped: Uint8Array
  /** Of all `keys`. */
  hash = 0
  isOdd = false
  /** Arrays may hold anything: the object path has looked at them. */
  isTrusted = false
  readonly #limits: TokenLimits
  readonly #skip: ValueSkip

  constructor(limits: TokenLimits) {
    const capacity = limits.maxFields * 2
    this.#limits = limits
    this.#skip = new ValueSkip(limits.maxNumberChars)
    this.keys = new Int32Array(capacity)
    this.start = new Int32Array(capacity)
    this.end = new Int32Array(capacity)
    this.escaped = new Uint8Array(capacity)
  }

  /** Reads the object that begins at `start`; returns the position after it, -1 if it is no JSON. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.tree.forgetIfFull()
    this.count = 0
    this.hash = 0
    this.isOdd = false
    const { tree } = this
    // One more for the rest that the object path keeps as one text.
    const maxLeaves = this.#limits.maxFields + (this.isTrusted ? 1 : 0)
    const maxCount = this.keys.length
    let leaves = 0
    let parent = rootNode
    let before = -1
    let depth = 1
    let at = skipSpace(bytes, start + 1, end)
    if (bytes[at] === closeBrace && at < end) return at + 1
    for (;;) {
      if (at >= end || bytes[at] !== quote) return -1
      const node = this.#node(bytes, at + 1, end, parent, before)
      if (node < 0) return -1
      at += tree.keySize[node]! + 2
      if (bytes[at] !== colon) at = skipSpace(bytes, at, end)
      if (at >= end || bytes[at] !== colon) return -1
      at++
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
      if (this.count === maxCount) return this.#skipAll(bytes, start, end)
      if (bytes[at] === openBrace) {
        this.#push(node, tokenKind.object, at, at, 0)
        at = skipSpace(bytes, at + 1, end)
        if (bytes[at] !== closeBrace || at >= end) {
          if (++depth > this.#limits.maxDepth) return this.#skipAll(bytes, start, end)
          parent = node
          before = -1
          continue
        }
        at++
      } else {
        if (leaves++ === maxLeaves) return this.#skipAll(bytes, start, end)
        at = this.#value(node, bytes, at, end)
        if (at < 0) return -1
      }
      before = node
      for (;;) {
        if (at < end && bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
        if (at >= end) return -1
        const byte = bytes[at++]!
        if (byte === comma) break
        if (byte !== closeBrace) return -1
        if (--depth === 0) return at
        before = parent
        parent = tree.parent[parent]!
      }
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
    }
  }

  /** The node of the key that begins at `at`, behind its quote; the one that came next last time is tried first. */
  #node(bytes: Uint8Array, at: number, end: number, parent: number, before: number): number {
    const { tree } = this
    const guess = before < 0 ? tree.first[parent]! : tree.next[before]!
    if (guess >= 0) {
      const size = tree.keySize[guess]!
      const from = tree.keyStart[guess]!
      const { arena } = tree
      let i = 0
      while (i < size && bytes[at + i] === arena[from + i]) i++
      if (i === size && bytes[at + size] === quote && at + size < end) return guess
    }
    const to = stringEnd(bytes, at, end, this)
    if (to < 0) return -1
    const node = tree.child(parent, bytes, at, to)
    if (before < 0) tree.first[parent] = node
    else tree.next[before] = node
    return node
  }

  #value(node: number, bytes: Uint8Array, start: number, end: number): number {
    const byte = start < end ? bytes[start]! : 0
    let kind: number = tokenKind.string
    let from = start
    let at = start
    let to: number
    let escaped = 0
    if (byte === quote) {
      from = at = start + 1
      while (at < end && stops[bytes[at]!] === 0) at++
      if (at >= end) return -1
      if (bytes[at] !== quote) {
        if (bytes[at] !== backslash) return -1
        at = escapesEnd(bytes, at, end, this)
        if (at < 0) return -1
        escaped = 1
      }
      if (isAbsent(bytes, from, at)) kind = tokenKind.absent
      to = at++
    } else {
      if (byte === openBracket) {
        kind = tokenKind.array
        at = this.#array(node, bytes, start, end)
        if (at > 0 && bytes[skipSpace(bytes, start + 1, end)] === 0x5d) kind = tokenKind.absent
      } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
        kind = tokenKind.number
        at = numberEnd(bytes, start, end, this.#limits.maxNumberChars, this)
      } else if (byte === 0x74 || byte === 0x66 || byte === 0x6e) {
        kind = byte === 0x6e ? tokenKind.absent : tokenKind.boolean
        at = wordEnd(bytes, start, end)
      } else return -1
      if (at < 0) return -1
      to = at
    }
    this.#push(node, kind, from, to, escaped)
    return at
  }

  #push(node: number, kind: number, from: number, to: number, escaped: number): void {
    const key = (node << 3) | kind
    const i = this.count++
    this.keys[i] = key
    this.start[i] = from
    this.end[i] = to
    this.escaped[i] = escaped
    this.hash = (Math.imul(this.hash ^ key, 0x9e3779b1) + 1) | 0
  }

  #array(node: number, bytes: Uint8Array, start: number, end: number): number {
    const skip = this.#skip
    const at = skip.skip(bytes, start, end)
    if (this.isTrusted || at < 0) return at
    let depth = skip.depth
    for (let i = node; i !== rootNode; i = this.tree.parent[i]!) depth++
    const isLarge = skip.commas >= this.#limits.maxArrayItems || depth > this.#limits.maxDepth
    if (skip.isOdd || skip.hasObject || skip.hasNull || isLarge) this.isOdd = true
    return at
  }

  /** Too deep or too many: what is left is only proved to be JSON. */
  #skipAll(bytes: Uint8Array, start: number, end: number): number {
    this.isOdd = true
    return this.#skip.skip(bytes, start, end)
  }
}

function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start
  if (size === 0) return true
  if (size === 1) return bytes[start] === 0x2d
  if (size !== 6 || bytes[start] !== 0x28) return false
  for (let i = 0; i < 6; i++) if (bytes[start + i] !== nullWord[i]) return false
  return true
}
