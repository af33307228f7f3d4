/** Where records come from. One source is one partition with ascending offsets: a file, a topic partition. */
export interface Source {
  /** Stable over restarts; also the first part of event ids. */
  readonly id: string
  /** What a person calls it: a path, `topic/3`. */
  readonly name: string
  readonly pipeline: string
  /** Fields that every event of this source has, such as `log.file.path`, as JSON values. */
  readonly constants: readonly { readonly field: string; readonly value: string | number }[]
  /** True if `log.offset` is the offset of a record (byte position in a file). */
  readonly isFile: boolean
  /** First 6 bytes of event ids: hash of a file's identity, or of a topic with the partition (`core/id.ts`). */
  readonly idHead: Uint8Array
  /** Last 4 bytes of event ids (files: generation and zeros); undefined: the record time is used. */
  readonly idTail: Uint8Array | undefined
}

/** A place between two events of a source. `sub` counts the events of one record. */
export interface Position {
  readonly offset: bigint
  readonly sub: number
}

/** What a value was of which a batch holds only the first part. */
export interface WholeValue {
  /** Length in bytes. */
  readonly size: number
  /** SHA-256, hex. */
  readonly sha256: string
}

/**
 * Records as they were fetched: one buffer and spans. Offsets ascend. A batch is filled once by its source and is
 * read-only from then on; a source may reuse it after it has been settled.
 */
export class RecordBatch {
  readonly source: Source
  readonly bytes: Uint8Array
  /** Absolute offset of delta 0. */
  readonly base: bigint
  count = 0
  /** Delta to `base`, integers below 2^53. */
  offset: Float64Array
  /** Record time, epoch ms; NaN if the input has none (the event time of the record before is used then). */
  timestamp: Float64Array
  /** Span of the value in `bytes`; start -1 is a null value (tombstone). */
  valueStart: Int32Array
  valueEnd: Int32Array
  /** Span of the key; start -1 if there is none. */
  keyStart: Int32Array
  keyEnd: Int32Array
  /** Position after the last record, as delta to `base`. */
  next = 0
  /** No value holds an LF: they were cut at it (`core/lines.ts`). */
  isLines = false
  /** Records of which only the first part is here, because they are longer than the source's limit. */
  readonly cut = new Map<number, WholeValue>()

  constructor(source: Source, bytes: Uint8Array, base: bigint, capacity: number) {
    this.source = source
    this.bytes = bytes
    this.base = base
    this.offset = new Float64Array(capacity)
    this.timestamp = new Float64Array(capacity)
    this.valueStart = new Int32Array(capacity)
    this.valueEnd = new Int32Array(capacity)
    this.keyStart = new Int32Array(capacity)
    this.keyEnd = new Int32Array(capacity)
  }

  /** Appends a record without a key. */
  push(offset: number, timestamp: number, valueStart: number, valueEnd: number): void {
    if (this.count === this.offset.length) this.#grow()
    const i = this.count++
    this.offset[i] = offset
    this.timestamp[i] = timestamp
    this.valueStart[i] = valueStart
    this.valueEnd[i] = valueEnd
    this.keyStart[i] = -1
    this.keyEnd[i] = -1
  }

  #grow(): void {
    const capacity = Math.max(64, this.offset.length * 2)
    this.offset = grown(this.offset, new Float64Array(capacity))
    this.timestamp = grown(this.timestamp, new Float64Array(capacity))
    this.valueStart = grown(this.valueStart, new Int32Array(capacity))
    this.valueEnd = grown(this.valueEnd, new Int32Array(capacity))
    this.keyStart = grown(this.keyStart, new Int32Array(capacity))
    this.keyEnd = grown(this.keyEnd, new Int32Array(capacity))
  }
}

/** Copies `from` to the head of `to`. */
export function grown<T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
