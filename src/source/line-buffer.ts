import { createHash } from 'node:crypto'
import { splitLines } from '../core/lines.ts'
import { RecordBatch, type Source, type WholeValue } from '../core/record-batch.ts'

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/**
 * Cuts a stream of chunks into batches of whole lines. One buffer is reused: a batch is valid until the next call.
 * Of a line longer than the limit only the first part is kept; the rest is hashed and not stored.
 */
export class LineBuffer {
  readonly #maxRecordSize: number
  #bytes = new Uint8Array(1 << 16)
  #length = 0
  /** Position after the last LF. */
  #complete = 0
  /** What the last batch took; moved out of the way by the next `add`. */
  #taken = 0
  /** The line that is being cut, with how many of its bytes have come. The buffer holds its first part alone. */
  #cutting: { readonly line: WholeLine; size: number } | undefined
  /** What came after the line that was cut. */
  #rest = new Uint8Array(0)

  constructor(maxRecordSize: number) {
    this.#maxRecordSize = maxRecordSize
  }

  /** Bytes that are held and in no batch yet. */
  get size(): number {
    return this.#length - this.#taken + this.#rest.length
  }

  get hasLine(): boolean {
    return this.#cutting === undefined ? this.#complete > this.#taken : this.#cutting.line.isEnded
  }

  /** Takes a chunk, which is copied. If there is a line that was cut to its end, `take` has to be called first. */
  add(chunk: Uint8Array): void {
    this.#dropTaken()
    if (this.#cutting !== undefined) return this.#skip(chunk)
    // A line of the greatest size still has its CR LF; looking no further makes the cut independent of the chunks.
    const room = Math.max(0, this.#maxRecordSize + 2 - this.#length)
    const isWithin = this.hasLine || chunk.length <= room
    const first = isWithin ? chunk : chunk.subarray(0, room)
    this.#append(first)
    if (isWithin) return
    if (!this.hasLine) {
      this.#cutting = { line: new WholeLine(), size: 0 }
      this.#skip(this.#bytes.subarray(0, this.#length))
      this.#length = this.#maxRecordSize
    }
    this.add(chunk.subarray(room))
  }

  /**
   * The whole lines so far, from `base` on; with `isEnd` also what follows them. After the end of the stream it has to
   * be called until `size` is 0.
   */
  take(source: Source, base: bigint, isEnd: boolean): RecordBatch {
    this.#dropTaken()
    if (this.#cutting !== undefined) return this.#takeCut(source, base, isEnd)
    const batch = new RecordBatch(source, this.#bytes.subarray(0, this.#length), base, Math.ceil(this.#length / 128))
    this.#taken = splitLines(batch, 0, isEnd ? this.#length : this.#complete, { timestamp: NaN, offset: 0, isEnd })
    cutValues(batch, this.#maxRecordSize)
    return batch
  }

  #takeCut(source: Source, base: bigint, isEnd: boolean): RecordBatch {
    const cutting = this.#cutting
    if (cutting === undefined || !(cutting.line.isEnded || isEnd)) {
      return new RecordBatch(source, this.#bytes.subarray(0, 0), base, 0)
    }
    const batch = new RecordBatch(source, this.#bytes.subarray(0, this.#length), base, 1)
    batch.push(0, NaN, 0, this.#length)
    batch.cut.set(0, cutting.line.finish())
    batch.next = cutting.size
    this.#cutting = undefined
    const rest = this.#rest
    this.#bytes = new Uint8Array(Math.max(1 << 16, rest.length)) // The batch keeps the large one.
    this.#rest = new Uint8Array(0)
    this.#length = 0
    this.#complete = 0
    this.#append(rest)
    return batch
  }

  #skip(chunk: Uint8Array): void {
    const cutting = this.#cutting
    if (cutting === undefined) return
    const took = cutting.line.isEnded ? 0 : cutting.line.add(chunk)
    cutting.size += took
    if (took < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(took)])
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    const last = chunk.lastIndexOf(lineFeed)
    if (last >= 0) this.#complete = this.#length + last + 1
    this.#length = needed
  }

  #dropTaken(): void {
    if (this.#taken === 0) return
    this.#bytes.copyWithin(0, this.#taken, this.#length)
    this.#length -= this.#taken
    this.#complete = Math.max(0, this.#complete - this.#taken)
    this.#taken = 0
  }
}

/** Cuts the values that are longer than the limit, which were in the buffer as a whole. */
export function cutValues(batch: RecordBatch, maxRecordSize: number): void {
  for (let i = 0; i < batch.count; i++) {
    const start = batch.valueStart[i]!
    const size = batch.valueEnd[i]! - start
    if (size <= maxRecordSize) continue
    const sha256 = createHash('sha256')
      .update(batch.bytes.subarray(start, start + size))
      .digest('hex')
    batch.cut.set(i, { size, sha256 })
    batch.valueEnd[i] = start + maxRecordSize
  }
}

/** Length and hash of a line that is not kept, without its end. */
export class WholeLine {
  isEnded = false
  readonly #hash = createHash('sha256')
  #size = 0
  /** A CR whose next byte is not known: it belongs to the line unless that is the LF. */
  #hasCarriageReturn = false

  /** Takes bytes up to and including the first LF; returns how many it took. */
  add(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0
    const found = bytes.indexOf(lineFeed)
    this.isEnded = found >= 0
    let end = this.isEnded ? found : bytes.length
    if (end > 0) {
      if (this.#hasCarriageReturn) this.#take(Uint8Array.of(carriageReturn))
      this.#hasCarriageReturn = bytes[end - 1] === carriageReturn
      if (this.#hasCarriageReturn) end--
      this.#take(bytes.subarray(0, end))
    }
    return this.isEnded ? found + 1 : bytes.length
  }

  finish(): WholeValue {
    if (!this.isEnded && this.#hasCarriageReturn) this.#take(Uint8Array.of(carriageReturn))
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
  }
}
