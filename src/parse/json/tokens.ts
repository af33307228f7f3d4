import { KeyTree, nodePart, rootNode } from './key-tree.ts'
import { isAbsent, stringStop } from './string-stop.ts'
import { escapesEnd, numberEnd, skipSpace, stringEnd, ValueSkip, wordEnd, type Oddness } from './syntax.ts'

/**
 * What a value is. Null, empty text, `-`, `(null)` and empty arrays are absence. An object is a token of its own before
 * those of its values.
 */
export const tokenKind = { absent: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const

// Not those of syntax.ts: V8 reads an imported binding from memory each time.
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [openBrace, closeBrace, openBracket] = [0x7b, 0x7d, 0x5b]
const { absent: absentKind, string: stringKind, number: numberKind, object: objectKind } = tokenKind
const { start: startPart, size: sizePart, parent: parentPart, first: firstPart, next: nextPart } = nodePart

/** Numbers in a row of `JsonTokens.list`. */
export const tokenRow = 4

export interface TokenLimits {
  readonly maxDepth: number
  readonly maxFields: number
  readonly maxArrayItems: number
  readonly maxNumberChars: number
}

/**
 * The values of one JSON object in the order they are written. The object is proved to be JSON while they are found;
 * `isOdd` says that some value has to be changed first, so that the object path has to read it (`rewrite.ts`).
 */
export class JsonTokens implements Oddness {
  readonly tree = new KeyTree()
  /**
   * Rows of four numbers: node and kind of each value (`node | kind`), start and end of its span (strings without their
   * quotes), and 1 if it is a string with escapes, 2 and more if it is a whole number whose value is known (`wholeBase`).
   */
  readonly list: Int32Array
  /** End of the rows. */
  listEnd = 0
  /** Of all nodes and kinds. */
  hash = 0
  isOdd = false
  /** Arrays may hold anything: the object path has looked at them. */
  readonly isTrusted: boolean
  readonly #limits: TokenLimits
  readonly #skip: ValueSkip
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #depth = 0
  #parent = rootNode
  #kind: number = absentKind
  #leaves = 0
  readonly #maxLeaves: number

  constructor(limits: TokenLimits, isTrusted = false) {
    this.isTrusted = isTrusted
    this.#limits = limits
    // One more for the rest that the object path keeps as one text.
    this.#maxLeaves = limits.maxFields + (isTrusted ? 1 : 0)
    this.#skip = new ValueSkip(limits.maxNumberChars)
    this.list = new Int32Array(limits.maxFields * 2 * tokenRow)
  }

  /** Reads the object that begins at `start`; returns the position after it, -1 if it is no JSON. */
  // oxlint-disable-next-line max-lines-per-function -- V8 inlines up to a budget: split, it is a fifth slower
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.#begin()
    const { tree, list } = this
    const view = this.viewOf(bytes)
    // Where the node is found that came here last time.
    let link: number = rootNode + firstPart
    let at = skipSpace(bytes, start + 1, end)
    if (bytes[at] === closeBrace && at < end) return at + 1
    for (;;) {
      let node = tree.nodes[link]!
      if (node >= 0 && isKey(view, at, end, tree, node)) at += tree.nodes[node + sizePart]!
      else {
        node = this.#key(bytes, at, end, link)
        if (node < 0) return -1
        at = this.#at
      }
      let byte = bytes[at]!
      if (byte <= 0x20) {
        at = skipSpace(bytes, at, end)
        byte = bytes[at]!
      }
      if (this.listEnd === list.length) return this.#skipAll(bytes, start, end)
      const row = this.listEnd
      let from = at
      let kind: number = numberKind
      list[row + 3] = 0
      if (byte === quote) {
        from = ++at
        at = stringStop(view, at, end)
        if (bytes[at] !== quote || at >= end) at = this.#escapes(bytes, at, end, row)
        kind = at - from < 7 && isAbsent(bytes, from, at) ? absentKind : stringKind
        list[row + 2] = at++
      } else if (byte === openBrace) {
        at = this.#open(node, bytes, at, end)
        if (this.#depth > this.#limits.maxDepth) return this.#skipAll(bytes, start, end)
        if (this.#parent === node) {
          link = node + firstPart
          continue
        }
        kind = objectKind
      } else {
        at = (byte - 0x31) >>> 0 < 9 ? digitsEnd(bytes, at, end) : at
        if (at === from || at - from > 15 || isNumberPart[bytes[at]!] === 1) {
          at = this.#value(node, bytes, from, end)
          kind = this.#kind
        }
        list[row + 2] = at
      }
      if (at <= 0) return -1
      if (kind !== objectKind) {
        if (this.#leaves++ === this.#maxLeaves) return this.#skipAll(bytes, start, end)
        list[row] = node | kind
        list[row + 1] = from
        this.listEnd = row + tokenRow
        this.hash = (Math.imul(this.hash ^ node ^ kind, 0x9e3779b1) + 1) | 0
      }
      link = node + nextPart
      for (;;) {
        byte = bytes[at]!
        if (byte <= 0x20) {
          at = skipSpace(bytes, at, end)
          byte = bytes[at]!
        }
        if (at++ >= end) return -1
        if (byte === comma) break
        if (byte !== closeBrace) return -1
        if (--this.#depth === 0) return at
        link = this.#parent + nextPart
        this.#parent = tree.nodes[this.#parent + parentPart]!
      }
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
    }
  }

  /** The bytes of records, four at a time. */
  viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    return this.#view
  }

  #begin(): void {
    this.tree.forgetIfFull()
    this.listEnd = 0
    this.hash = 0
    this.isOdd = false
    this.#leaves = 0
    this.#parent = rootNode
    this.#depth = 1
  }

  /** An object that is a value: `#parent` is its node if it is not empty. */
  #open(node: number, bytes: Uint8Array, start: number, end: number): number {
    const row = this.listEnd
    this.list[row] = node | objectKind
    this.list[row + 1] = start
    this.list[row + 2] = start
    this.listEnd = row + tokenRow
    this.hash = (Math.imul(this.hash ^ node ^ objectKind, 0x9e3779b1) + 1) | 0
    const at = skipSpace(bytes, start + 1, end)
    if (bytes[at] === closeBrace && at < end) return at + 1
    this.#depth++
    this.#parent = node
    return at
  }

  /** The end of a string that is not plain. */
  #escapes(bytes: Uint8Array, at: number, end: number, row: number): number {
    if (at >= end || bytes[at] !== backslash) return -1
    this.list[row + 3] = 1
    return escapesEnd(bytes, at, end, this)
  }

  /** The node of the key whose quote is at `at`, and in `#at` the position after its colon. */
  #key(bytes: Uint8Array, at: number, end: number, link: number): number {
    if (at >= end || bytes[at] !== quote) return -1
    const to = stringEnd(bytes, at + 1, end, this)
    if (to < 0) return -1
    const mark = skipSpace(bytes, to + 1, end)
    if (mark >= end || bytes[mark] !== colon) return -1
    this.#at = mark + 1
    const { tree } = this
    const node = tree.child(this.#parent, bytes, at + 1, to)
    tree.nodes[link] = node
    return node
  }

  /** Any value but strings and objects, and its kind in `#kind`. */
  #value(node: number, bytes: Uint8Array, start: number, end: number): number {
    const byte = start < end ? bytes[start]! : 0
    this.#kind = numberKind
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      return numberEnd(bytes, start, end, this.#limits.maxNumberChars, this)
    }
    if (byte === openBracket) {
      const at = this.#array(node, bytes, start, end)
      this.#kind = at > 0 && bytes[skipSpace(bytes, start + 1, end)] === 0x5d ? absentKind : tokenKind.array
      return at
    }
    if (byte !== 0x74 && byte !== 0x66 && byte !== 0x6e) return -1
    this.#kind = byte === 0x6e ? absentKind : tokenKind.boolean
    return wordEnd(bytes, start, end)
  }

  #array(node: number, bytes: Uint8Array, start: number, end: number): number {
    const skip = this.#skip
    const at = skip.skip(bytes, start, end)
    if (this.isTrusted || at < 0) return at
    let depth = skip.depth
    for (let i = node; i !== rootNode; i = this.tree.parentOf(i)) depth++
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

/** Whether the bytes at `at` are the key of that node with its quotes and colon; four at a time, the last four again. */
function isKey(view: DataView, at: number, end: number, tree: KeyTree, node: number): boolean {
  const { nodes } = tree
  const last = nodes[node + sizePart]! - 4
  if (last < 0 || at + last + 4 > end) return false
  const from = nodes[node + startPart]!
  const keys = tree.view
  for (let i = 0; i < last; i += 4) if (view.getInt32(at + i, true) !== keys.getInt32(from + i, true)) return false
  return view.getInt32(at + last, true) === keys.getInt32(from + last, true)
}

/** 1 for what may follow the digits of a number as a part of it. */
const isNumberPart = new Uint8Array(256)
for (const part of '.eE') isNumberPart[part.charCodeAt(0)] = 1

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at]! - 0x30) >>> 0 < 10) at++
  return at
}
