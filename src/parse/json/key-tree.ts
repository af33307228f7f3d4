import { textOf } from '../../core/byte-writer.ts'
import { grown } from '../../core/record-batch.ts'

/** Number of the node that stands for the whole object. */
export const rootNode = 0
/**
 * A node is the place of its row in `KeyTree.nodes`, a multiple of 8, so that a kind fits below it. Its row: span of
 * `"key":` in the arena (start, size), parent, the first key seen in its object, and what came after its value last
 * time (-1: nothing yet).
 */
export const nodePart = { start: 0, size: 1, parent: 2, first: 3, next: 4 } as const
const rowSize = 8
const hashPart = 5
const [quote, colon] = [0x22, 0x3a]

/** Bytes around a key: two quotes and a colon. */
const around = 3
/** Rows and bytes of keys beyond which all is forgotten before the next record: hostile keys cannot grow it without end. */
const [maxRows, maxKeyBytes] = [1 << 15, 1 << 20]

/**
 * The keys seen in objects as a tree of small numbers: one node for each place of a key, found by its bytes without
 * making a string. What came after a node last time is remembered, so that keys in a known order are compared once.
 * Keys are kept as they are written, escapes and all.
 */
export class KeyTree {
  /** Grows by one when all nodes were forgotten: numbers from before mean nothing any more. */
  generation = 0
  nodes = new Int32Array(1024 * rowSize).fill(-1)
  /** Bytes of all keys, each as `"key":`, and a view of them. */
  arena = new Uint8Array(1 << 14)
  view = new DataView(this.arena.buffer)
  #slots = new Int32Array(4096).fill(-1)
  #end = rowSize
  #arenaEnd = 0

  /** Call it between records. */
  forgetIfFull(): void {
    if (this.#end <= maxRows * rowSize && this.#arenaEnd <= maxKeyBytes) return
    this.generation++
    this.#end = rowSize
    this.#arenaEnd = 0
    this.nodes.fill(-1)
    this.#slots.fill(-1)
  }

  /** The node of a key within the object of `parent`, made if need be. */
  child(parent: number, bytes: Uint8Array, start: number, end: number): number {
    let hash = Math.imul(parent + 1, 0x9e3779b1)
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 16777619)
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let node = this.#slots[slot]!; node >= 0; node = this.#slots[slot]!) {
      if (
        this.nodes[node + hashPart] === hash &&
        this.parentOf(node) === parent &&
        this.#equals(node, bytes, start, end)
      ) {
        return node
      }
      slot = (slot + 1) & mask
    }
    return this.#add(parent, hash, slot, bytes, start, end)
  }

  parentOf(node: number): number {
    return this.nodes[node + nodePart.parent]!
  }

  /** Bytes of the key of a node. */
  sizeOf(node: number): number {
    return this.nodes[node + nodePart.size]! - around
  }

  /** The key of a node as it is written. */
  key(node: number): string {
    const start = this.nodes[node + nodePart.start]! + 1
    return textOf(this.arena, start, start + this.sizeOf(node))
  }

  /** Keys from the outermost to that of the node, joined by dots. */
  path(node: number): string {
    const parent = this.parentOf(node)
    return parent === rootNode ? this.key(node) : `${this.path(parent)}.${this.key(node)}`
  }

  #equals(node: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.sizeOf(node) !== end - start) return false
    for (let i = start, j = this.nodes[node + nodePart.start]! + 1; i < end; i++, j++) {
      if (bytes[i] !== this.arena[j]) return false
    }
    return true
  }

  #add(parent: number, hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const node = this.#end
    this.#end += rowSize
    if (this.#end > this.nodes.length) {
      this.nodes = grown(this.nodes, new Int32Array(this.nodes.length * 2).fill(-1))
    }
    const from = this.#append(bytes, start, end)
    this.nodes[node + nodePart.start] = from
    this.nodes[node + nodePart.size] = this.#arenaEnd - from
    this.nodes[node + nodePart.parent] = parent
    this.nodes[node + nodePart.first] = -1
    this.nodes[node + nodePart.next] = -1
    this.nodes[node + hashPart] = hash
    this.#slots[slot] = node
    if ((this.#end / rowSize) * 2 > this.#slots.length) this.#rehash()
    return node
  }

  /** Appends `"key":` to the arena; returns where it begins. */
  #append(bytes: Uint8Array, start: number, end: number): number {
    const from = this.#arenaEnd
    const to = from + end - start + around
    if (to > this.arena.length) {
      this.arena = grown(this.arena, new Uint8Array(to * 2))
      this.view = new DataView(this.arena.buffer)
    }
    this.arena[from] = quote
    this.arena.set(bytes.subarray(start, end), from + 1)
    this.arena[to - 2] = quote
    this.arena[to - 1] = colon
    this.#arenaEnd = to
    return from
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = this.#slots.length - 1
    for (let node = rowSize; node < this.#end; node += rowSize) {
      let slot = this.nodes[node + hashPart]! & mask
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = node
    }
  }
}
