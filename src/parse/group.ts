import { ByteWriter } from '../core/byte-writer.ts'
import type { Decoder, Encoder } from '../core/codec.ts'
import type { WholeValue } from '../core/record-batch.ts'

/**
 * Lines of one stream that belong to one event which is not written yet: more may follow, or an earlier one of another
 * stream is still open. It owns copies, so it outlives the batch of its records.
 */
export class Group {
  /** Key of the stream; 0: the source is one. */
  stream = 0
  /** Bits of `join`. */
  state = 0
  /** Bits of `eventFlag`. */
  flags = 0
  /** Positions of the first and the last record, absolute. */
  offset = 0
  offsetEnd = 0
  /** Record time of the first record, epoch ms; NaN if it has none. */
  timestamp = NaN
  /** Time of the first line by which the timeout is measured, epoch ms; NaN if unknown. */
  clock = NaN
  /** Reference of times without year, epoch ms. */
  reference = NaN
  lines = 1
  /** Empty lines after the last one: they belong to the group only if another line does. */
  blanks = 0
  isOpen = true
  /** The last line goes on in the next record. */
  isPartial = false
  /** The lines came in envelopes: `rest` holds what was inside. */
  isEnveloped = false
  /** What the first record was if its source has cut it. */
  whole: WholeValue | undefined
  /** The first record as read. */
  readonly record = new ByteWriter(256)
  /** What the other records add to the text in the first one, line ends included. */
  readonly rest = new ByteWriter(256)

  get size(): number {
    return this.record.at + this.rest.at
  }

  encode(to: Encoder): void {
    for (const value of [this.stream, this.state, this.flags, this.offset, this.offsetEnd, this.lines, this.blanks])
      to.uint(value)
    for (const value of [this.timestamp, this.clock, this.reference]) to.double(value)
    to.bool(this.isOpen)
    to.bool(this.isPartial)
    to.bool(this.isEnveloped)
    to.uint(this.whole?.size ?? 0)
    to.text(this.whole?.sha256 ?? '')
    to.bytes(this.record.written())
    to.bytes(this.rest.written())
  }

  decode(from: Decoder): void {
    this.stream = from.uint()
    this.state = from.uint()
    this.flags = from.uint()
    this.offset = from.uint()
    this.offsetEnd = from.uint()
    this.lines = from.uint()
    this.blanks = from.uint()
    this.timestamp = from.double()
    this.clock = from.double()
    this.reference = from.double()
    this.isOpen = from.bool()
    this.isPartial = from.bool()
    this.isEnveloped = from.bool()
    const size = from.uint()
    const sha256 = from.text()
    this.whole = size === 0 ? undefined : { size, sha256 }
    fill(this.record, from.bytes())
    fill(this.rest, from.bytes())
  }
}

function fill(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reset()
  writer.copy(bytes, 0, bytes.length)
}

/** Groups in the order of their first lines, and the open one of each stream. Emptied ones are used again. */
export class GroupQueue {
  readonly #queue: Group[] = []
  readonly #open = new Map<number, Group>()
  readonly #free: Group[] = []
  #head = 0
  /** Bytes held. */
  size = 0

  get length(): number {
    return this.#queue.length - this.#head
  }

  get head(): Group | undefined {
    return this.#queue[this.#head]
  }

  openOf(stream: number): Group | undefined {
    return this.#open.size === 0 ? undefined : this.#open.get(stream)
  }

  /** A group at the end of the queue, with all fields as new; the caller fills it and then calls `added`. */
  add(): Group {
    const group = this.#free.pop() ?? new Group()
    group.state = 0
    group.flags = 0
    group.lines = 1
    group.blanks = 0
    group.isOpen = true
    group.isPartial = false
    group.isEnveloped = false
    group.whole = undefined
    group.record.reset()
    group.rest.reset()
    this.#queue.push(group)
    return group
  }

  added(group: Group): void {
    if (group.isOpen) this.#open.set(group.stream, group)
    this.size += group.size
  }

  /** Appends `breaks` line ends and text. */
  extend(group: Group, breaks: number, text: Uint8Array): void {
    const { rest } = group
    rest.reserve(breaks + text.length)
    for (let i = 0; i < breaks; i++) rest.bytes[rest.at++] = 0x0a
    rest.copy(text, 0, text.length)
    group.lines += breaks
    group.blanks = 0
    this.size += breaks + text.length
  }

  close(group: Group): void {
    if (!group.isOpen) return
    group.isOpen = false
    this.#open.delete(group.stream)
  }

  /** Takes the head, which must not be used after the next `add`. */
  shift(): Group {
    const group = this.#queue[this.#head++]!
    this.close(group)
    this.size -= group.size
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head >= 1024) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    if (this.#free.length < 64 && group.size < 1 << 16) this.#free.push(group)
    return group
  }

  encode(to: Encoder): void {
    to.uint(this.length)
    for (let i = this.#head; i < this.#queue.length; i++) this.#queue[i]!.encode(to)
  }

  decode(from: Decoder): void {
    this.#queue.length = 0
    this.#open.clear()
    this.#head = 0
    this.size = 0
    for (let left = from.uint(); left > 0; left--) {
      const group = this.add()
      group.decode(from)
      this.added(group)
    }
  }
}
