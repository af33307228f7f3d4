import { textOf } from '../../core/byte-writer.ts'
import { grown } from '../../core/record-batch.ts'

/** Number of the node that stands for the whole object. */
export const rootNode = 0
/** Nodes and bytes of keys beyond which all is forgotten before the next record: hostile keys cannot grow it without end. */
const [maxNodes, maxKeyBytes] = [1 << 15, 1 << 20]

/**
 * The keys seen in objects as a tree of small numbers: one node for each place of a key, found by its bytes without
 * making a string. What came after a node last time is remembered, so that keys in a known order are compared once.
 * Keys are kept as they are written, escapes and all.
 */
export class KeyTree {
  /** Grows by one when all nodes were forgotten: numbers from before mean nothing any more. */
  generation = 0
  count = 1
  /** Bytes of all keys. */
  arena = new Uint8Array(1 << 14)
  keyStart = new Int32Array(1024)
  keySize = new Int32Array(1024)
  parent = new Int32Array(1024)
  /** First key seen in the object of a node; what came after the value of a node; -1: nothing yet. */
  first = new Int32Array(1024).fill(-1)
  next = new Int32Array(1024).fill(-1)
  #hashes = new Int32Array(1024)
  #slots = new Int32Array(4096).fill(-1)
  #arenaEnd = 0

  /** Call it between records. */
  forgetIfFull(): void {
    if (this.count <= maxNodes && this.#arenaEnd <= maxKeyBytes) return
    this.generation++
    this.count = 1
    this.#arenaEnd = 0
    this.first.fill(-1)
    this.next.fill(-1)
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
      if (this.#hashes[node] === hash && this.parent[node] === parent && this.#equals(node, bytes, start, end)) return node
      slot = (slot + 1) & mask
    }
    return this.#add(parent, hash, slot, bytes, start, end)
  }

  /** The key of a node as it is written. */
  key(node: number): string {
    const start = this.keyStart[node]!
    return textOf(this.arena, start, start + this.keySize[node]!)
  }

  /** Keys from the outermost to that of the node, joined by dots. */
  path(node: number): string {
    const parent = this.parent[node]!
    return parent === rootNode ? this.key(node) : `${this.path(parent)}.${this.key(node)}`
  }

  #equals(node: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.keySize[node] !== end - start) return false
    for (let i = start, j = this.keyStart[node]!; i < end; i++, j++) if (bytes[i] !== this.arena[j]) return false
    return true
  }

  #add(parent: number, hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const node = this.count++
    if (node === this.parent.length) this.#grow()
    const size = end - start
    if (this.#arenaEnd + size > this.arena.length) {
      this.arena = grown(this.arena, new Uint8Array((this.#arenaEnd + size) * 2))
    }
    this.arena.set(bytes.subarray(start, end), this.#arenaEnd)
    this.keyStart[node] = this.#arenaEnd
    this.keySize[node] = size
    this.#arenaEnd += size
    this.parent[node] = parent
    this.#hashes[node] = hash
    this.first[node] = -1
    this.next[node] = -1
    this.#slots[slot] = node
    if (this.count * 2 > this.#slots.length) this.#rehash()
    return node
  }

  #grow(): void {
    const capacity = this.parent.length * 2
    this.keyStart = grown(this.keyStart, new Int32Array(capacity))
    this.keySize = grown(this.keySize, new Int32Array(capacity))
    this.parent = grown(this.parent, new Int32Array(capacity))
    this.first = grown(this.first, new Int32Array(capacity).fill(-1))
    this.next = grown(this.next, new Int32Array(capacity).fill(-1))
    this.#hashes = grown(this.#hashes, new Int32Array(capacity))
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = this.#slots.length - 1
    for (let node = 1; node < this.count; node++) {
      let slot = this.#hashes[node]! & mask
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = node
    }
  }
}
