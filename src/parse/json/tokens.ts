import { KeyTree, nodePart, rootNode } from './key-tree.ts'
import { escapesEnd, numberEnd, skipSpace, stops, stringEnd, ValueSkip, wordEnd, type Oddness } from './syntax.ts'

// Not those of syntax.ts: V8 reads an imported binding from memory each time.
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [openBrace, closeBrace, openBracket] = [0x7b, 0x7d, 0x5b]
const isStop = stops
const { start: startPart, size: sizePart, parent: parentPart, first: firstPart, next: nextPart } = nodePart

/**
 * What a value is. Null, empty text, `-`, `(null)` and empty arrays are absence. An object is a token of its own before
 * those of its values.
 */
export const tokenKind = { absent: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const

/** Numbers in a row of `JsonTokens.list`. */
export const tokenRow = 4

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
  /**
   * Rows of four numbers: node and kind of each value (`node | kind`), start and end of its span (strings without their
   * quotes), and 1 if it is a string with escapes.
   */
  readonly list: Int32Array
  /** End of the rows. */
  listEnd = 0
  /** Of all nodes and kinds. */
  hash = 0
  isOdd = false
  /** Arrays may hold anything: the object path has looked at them. */
  isTrusted = false
  readonly #limits: TokenLimits
  readonly #skip: ValueSkip
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  constructor(limits: TokenLimits) {
    this.#limits = limits
    this.#skip = new ValueSkip(limits.maxNumberChars)
    this.list = new Int32Array(limits.maxFields * 2 * tokenRow)
  }

  /** Reads the object that begins at `start`; returns the position after it, -1 if it is no JSON. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.tree.forgetIfFull()
    this.listEnd = 0
    this.hash = 0
    this.isOdd = false
    const { tree } = this
    const view = this.#viewOf(bytes)
    // One more for the rest that the object path keeps as one text.
    const maxLeaves = this.#limits.maxFields + (this.isTrusted ? 1 : 0)
    const maxEnd = this.list.length
    let leaves = 0
    let parent = rootNode
    // Where the node is found that came here last time.
    let link: number = rootNode + firstPart
    let depth = 1
    let at = skipSpace(bytes, start + 1, end)
    if (bytes[at] === closeBrace && at < end) return at + 1
    for (;;) {
      let node = tree.nodes[link]!
      if (node >= 0 && isKey(view, at, end, tree, node)) at += tree.nodes[node + sizePart]!
      else {
        node = this.#key(bytes, at, end, parent, link)
        if (node < 0) return -1
        at = this.#at
      }
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
      if (this.listEnd === maxEnd) return this.#skipAll(bytes, start, end)
      const byte = bytes[at]!
      if (byte === openBrace) {
        this.#push(node, tokenKind.object, at, at, 0)
        at = skipSpace(bytes, at + 1, end)
        if (bytes[at] !== closeBrace || at >= end) {
          if (++depth > this.#limits.maxDepth) return this.#skipAll(bytes, start, end)
          parent = node
          link = node + firstPart
          continue
        }
        at++
      } else {
        if (leaves++ === maxLeaves) return this.#skipAll(bytes, start, end)
        at = byte === quote ? this.#string(node, bytes, view, at + 1, end) : this.#value(node, bytes, at, end)
        if (at < 0) return -1
      }
      link = node + nextPart
      for (;;) {
        if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
        if (at >= end) return -1
        const mark = bytes[at++]!
        if (mark === comma) break
        if (mark !== closeBrace) return -1
        if (--depth === 0) return at
        link = parent + nextPart
        parent = tree.nodes[parent + parentPart]!
      }
      if (bytes[at]! <= 0x20) at = skipSpace(bytes, at, end)
    }
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    return this.#view
  }

  /** The node of the key whose quote is at `at`, and in `#at` the position after its colon. */
  #key(bytes: Uint8Array, at: number, end: number, parent: number, link: number): number {
    if (at >= end || bytes[at] !== quote) return -1
    const to = stringEnd(bytes, at + 1, end, this)
    if (to < 0) return -1
    const mark = skipSpace(bytes, to + 1, end)
    if (mark >= end || bytes[mark] !== colon) return -1
    this.#at = mark + 1
    const { tree } = this
    const node = tree.child(parent, bytes, at + 1, to)
    tree.nodes[link] = node
    return node
  }

  #string(node: number, bytes: Uint8Array, view: DataView, start: number, end: number): number {
    let at = plainEnd(view, start, end)
    while (at < end && isStop[bytes[at]!] === 0) at++
    if (at >= end) return -1
    let escaped = 0
    if (bytes[at] !== quote) {
      if (bytes[at] !== backslash) return -1
      at = escapesEnd(bytes, at, end, this)
      if (at < 0) return -1
      escaped = 1
    }
    this.#push(node, isAbsent(bytes, start, at) ? tokenKind.absent : tokenKind.string, start, at, escaped)
    return at + 1
  }

  /** Any value but strings and objects. */
  #value(node: number, bytes: Uint8Array, start: number, end: number): number {
    const byte = start < end ? bytes[start]! : 0
    let kind: number = tokenKind.number
    let at: number
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      at = numberEnd(bytes, start, end, this.#limits.maxNumberChars, this)
    } else if (byte === openBracket) {
      at = this.#array(node, bytes, start, end)
      kind = at > 0 && bytes[skipSpace(bytes, start + 1, end)] === 0x5d ? tokenKind.absent : tokenKind.array
    } else if (byte === 0x74 || byte === 0x66 || byte === 0x6e) {
      kind = byte === 0x6e ? tokenKind.absent : tokenKind.boolean
      at = wordEnd(bytes, start, end)
    } else return -1
    if (at < 0) return -1
    this.#push(node, kind, start, at, 0)
    return at
  }

  #push(node: number, kind: number, from: number, to: number, escaped: number): void {
    const key = node | kind
    const { list, listEnd } = this
    list[listEnd] = key
    list[listEnd + 1] = from
    list[listEnd + 2] = to
    list[listEnd + 3] = escaped
    this.listEnd = listEnd + tokenRow
    this.hash = (Math.imul(this.hash ^ key, 0x9e3779b1) + 1) | 0
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

/**
 * Goes over bytes that a string may hold as they are, four at a time: none is a quote, a backslash or a control (zero
 * bytes of x, x ^ quotes: H. S. Warren, Hacker's Delight, section 6-1). It may stop early, never late.
 */
function plainEnd(view: DataView, start: number, end: number): number {
  let at = start
  for (const last = end - 4; at <= last; at += 4) {
    const four = view.getInt32(at, true)
    const quotes = four ^ 0x22222222
    const slashes = four ^ 0x5c5c5c5c
    const found =
      ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | ((four - 0x20202020) & ~four)
    if ((found & 0x80808080) !== 0) return at
  }
  return at
}

function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start
  if (size === 0) return true
  if (size === 1) return bytes[start] === 0x2d
  if (size !== 6 || bytes[start] !== 0x28) return false
  for (let i = 0; i < 6; i++) if (bytes[start + i] !== nullWord[i]) return false
  return true
}
