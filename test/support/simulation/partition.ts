import type { Partition, ReadResult } from '../../../src/core/component.ts'
import { hashFields } from '../../../src/core/id.ts'
import { RecordBatch, type Source } from '../../../src/core/record-batch.ts'
import type { Dice } from './random.ts'
import type { Item } from './story.ts'

/** From one record to the next: positions are not record numbers. */
const stride = 7

/** One input in memory: a stream that outlives the engines that read it. */
export class Stream {
  readonly source: Source
  records: readonly { readonly text: string; readonly atMs: number; readonly item: Item }[]
  readonly #all: Stream['records']

  /** Records that are there; the others come later. */
  #shown = Infinity

  constructor(name: string, items: readonly Item[]) {
    const idHead = hashFields([name], 6)
    this.source = { id: name, name, pipeline: 'shop', constants: [], isFile: false, idHead, idTail: undefined }
    this.#all = items.flatMap((item) => item.lines.map((text) => ({ text, atMs: item.atMs, item })))
    this.records = this.#all
  }

  /** Ends the stream at a position, as if the rest had never been written; Infinity: nothing is left out. */
  cutAt(position: number): void {
    this.records = this.#all.slice(0, position / stride)
  }

  /** Shows a share of the records, up to the end of an event. */
  show(share: number): void {
    this.#shown = Math.ceil(this.records.length * share)
    while (this.records[this.#shown] !== undefined && this.itemAt(this.#shown * stride) === undefined) this.#shown++
  }

  /** Position behind the last record. */
  get end(): number {
    return this.records.length * stride
  }

  /** The item whose first line lies at a position; undefined if none begins there. */
  itemAt(position: number): Item | undefined {
    const index = position / stride
    const record = this.records[index]
    return record !== undefined && this.records[index - 1]?.item !== record.item ? record.item : undefined
  }

  /** Reads a few of the records that had come by `nowMs`. */
  read(from: bigint, how: { dice: Dice; most: number; nowMs: number }): ReadResult {
    const first = Number(from) / stride
    let available = first
    const shown = Math.min(this.#shown, this.records.length)
    while (available < shown && this.records[available]!.atMs <= how.nowMs) available++
    const end = Math.min(available, first + how.dice.between(1, how.most))
    const part = this.records.slice(first, end)
    const bytes = new Uint8Array(Buffer.from(part.map(({ text }) => text).join('')))
    const records = new RecordBatch(this.source, bytes, from, part.length)
    let at = 0
    part.forEach(({ text, atMs }, i) => {
      const size = Buffer.byteLength(text)
      records.push(i * stride, atMs, at, at + size)
      at += size
    })
    records.next = part.length * stride
    return { records, isAtEnd: end === available, isFinished: end === shown }
  }
}

/** A stream with something in the way of each read: `ask` may throw, stop forever, or hold it up. */
export function partitionOf(stream: Stream, read: (from: bigint) => Promise<ReadResult>): Partition {
  return {
    source: stream.source,
    start: 0n,
    end: () => BigInt(stream.records.length * stride),
    read,
    close: () => Promise.resolve(),
  }
}

/** Items over a number of streams; what is planted never lies in the last of several. */
export function streamsOf(items: readonly Item[], count: number, dice: Dice): Stream[] {
  const parts = Array.from({ length: count }, (): Item[] => [])
  for (const item of items) {
    const last = item.isPlanted && count > 1 ? count - 2 : count - 1
    parts[dice.between(0, last)]!.push(item)
  }
  return parts.map((part, i) => new Stream(`shop-${i}`, part))
}
