import { open, type FileHandle } from 'node:fs/promises'
import type { Partition, ReadResult } from '../../core/component.ts'
import { LogpipeError } from '../../core/error.ts'
import { splitLines } from '../../core/lines.ts'
import { RecordBatch, type Source } from '../../core/record-batch.ts'
import { cutValues, WholeLine } from '../line-buffer.ts'
import { inodeOf } from './discover.ts'

const chunkSize = 256 * 1024
/** A buffer that could hold less than this is not worth a read. */
const leastRead = 4096

export interface FileSettings {
  readonly source: Source
  readonly path: string
  /** Of the file that was found under this path (`discover.ts`); absent: whatever has the path. */
  readonly inode?: string
  readonly start: number
  /** Record time of the first line, epoch ms. */
  readonly mtimeMs: number
  /** Longer lines are cut to this many bytes. */
  readonly maxRecordSize: number
  /** Reading ends here; undefined: the file is followed. */
  readonly endAt: number | undefined
}

/** One generation of a file. Positions are byte offsets of line starts. */
export class FilePartition implements Partition {
  readonly source: Source
  readonly start: bigint
  /** Largest size that was seen: a smaller one later means that the file was truncated. */
  seenSize: number
  /** The file is shorter than a position that was asked for. */
  isTruncated = false
  /** A read has said that nothing more will come. */
  isFinished = false
  readonly #settings: FileSettings
  #handle: FileHandle | undefined
  #buffer = new Uint8Array(0)
  /** Size of a buffer that is worth keeping. */
  #usual = 0
  /** Nothing more will be written: the rest after the last LF is a line, too. */
  #isClosed: boolean
  /** The line that begins at `at` was not complete when the file had `size` bytes. */
  #waiting = { at: -1, size: -1 }

  constructor(settings: FileSettings, handle?: FileHandle) {
    this.source = settings.source
    this.start = BigInt(settings.start)
    this.seenSize = settings.endAt ?? settings.start
    this.#settings = settings
    this.#handle = handle
    this.#isClosed = settings.endAt !== undefined
  }

  end(): bigint {
    return BigInt(this.seenSize)
  }

  async read(from: bigint, maxBytes: number): Promise<ReadResult> {
    this.#usual = Math.max(maxBytes, leastRead)
    return await this.#read(from, Number(from) + this.#usual < this.seenSize)
  }

  /** `isFar`: the size that was seen will do; it does not matter far from the end, unless the file has become shorter. */
  async #read(from: bigint, isFar: boolean): Promise<ReadResult> {
    const at = Number(from)
    const size = isFar ? this.seenSize : await this.#size()
    if (from < this.start || (at > size && this.#settings.endAt !== undefined)) {
      throw this.#gone(`it has ${size} bytes, and was to be read from ${from} on`)
    }
    if (at > size) this.isTruncated = true
    const isKnownPart = this.#waiting.at === at && this.#waiting.size === size && !this.#isClosed
    if (at >= size || isKnownPart) return this.#nothing(from)
    const { maxRecordSize } = this.#settings
    const most = Math.min(size - at, maxRecordSize + 2) // A line of the greatest size still has its CR LF.
    let have = 0
    for (let want = Math.min(most, this.#usual); ; want = Math.min(most, want * 4)) {
      have = await this.#fill(at, have, want)
      if (isFar && have < want) return await this.#read(from, false)
      const isEnd = at + have >= size || have < want
      const batch = new RecordBatch(this.source, this.#buffer.subarray(0, have), from, Math.ceil(have / 128))
      splitLines(batch, 0, have, { timestamp: NaN, offset: 0, isEnd: isEnd && this.#isClosed })
      cutValues(batch, maxRecordSize)
      if (batch.count > 0) return await this.#answer(batch, isEnd)
      if (isEnd) {
        this.#waiting = { at, size }
        return this.#nothing(from)
      }
      if (have >= maxRecordSize + 2) return this.#readCut(at, have, size)
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    this.#buffer = new Uint8Array(0)
    await handle?.close()
  }

  /** The file has lost its name, or was truncated: what is left is read, then the partition is finished. */
  closeAtEnd(): void {
    this.#isClosed = true
  }

  /** Goes on in a copy of the file, such as rotation by copy and truncate leaves. */
  async moveTo(handle: FileHandle): Promise<void> {
    const before = this.#handle
    this.#handle = handle
    this.isTruncated = false
    await before?.close()
  }

  /** A file that is followed is open from the start: its path may be that of another one by now. */
  async #open(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle
    const { endAt, inode } = this.#settings
    if (endAt === undefined) throw new LogpipeError('LP_REPLAY_RANGE', `reading ${this.source.name}: it is closed`)
    const handle = await open(this.#settings.path).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT' ? this.#gone('it is no longer there') : cause
    })
    if (inode !== undefined && inodeOf(await handle.stat({ bigint: true })) !== inode) {
      await handle.close()
      throw this.#gone('another file has its name by now')
    }
    this.#handle = handle
    return handle
  }

  #gone(why: string): LogpipeError {
    return new LogpipeError('LP_REPLAY_RANGE', `reading ${this.source.name}: ${why}`, {
      remedy: 'Follow files that are rotated (follow: true), or start again to read what is there now.',
    })
  }

  /** A range that was read to its end holds no descriptor; reading again opens the file again. */
  async #letGo(): Promise<void> {
    if (this.isFinished && this.#settings.endAt !== undefined) await this.close()
  }

  async #size(): Promise<number> {
    const { size } = await (await this.#open()).stat()
    if (this.#settings.endAt !== undefined) return Math.min(size, this.#settings.endAt)
    this.seenSize = Math.max(this.seenSize, size)
    return size
  }

  /** Reads until the buffer holds `want` bytes of the file from `at` on, or the file ends; returns how many it holds. */
  async #fill(at: number, have: number, want: number): Promise<number> {
    const handle = await this.#open()
    if (this.#buffer.length < want) {
      const larger = new Uint8Array(Buffer.allocUnsafeSlow(want).buffer)
      larger.set(this.#buffer.subarray(0, have))
      this.#buffer = larger
    }
    while (have < want) {
      const { bytesRead } = await handle.read(this.#buffer, have, want - have, at + have)
      if (bytesRead === 0) break
      have += bytesRead
    }
    return have
  }

  /** The line at `at` is longer than the limit: its first part becomes the record, the rest is only hashed. */
  async #readCut(at: number, have: number, size: number): Promise<ReadResult> {
    const { maxRecordSize } = this.#settings
    const whole = new WholeLine()
    const handle = await this.#open()
    const chunk = new Uint8Array(chunkSize)
    whole.add(this.#buffer.subarray(0, have))
    let next = at + have
    while (!whole.isEnded) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkSize, size - next), next)
      if (bytesRead === 0) break
      next += whole.add(chunk.subarray(0, bytesRead))
    }
    if (!whole.isEnded && !this.#isClosed) {
      this.#waiting = { at, size }
      return this.#nothing(BigInt(at))
    }
    const batch = new RecordBatch(this.source, this.#buffer.subarray(0, maxRecordSize), BigInt(at), 1)
    batch.push(0, NaN, 0, maxRecordSize)
    batch.next = next - at
    batch.cut.set(0, whole.finish())
    return await this.#answer(batch, next >= size)
  }

  async #answer(batch: RecordBatch, isAtEnd: boolean): Promise<ReadResult> {
    if (batch.base === this.start) batch.timestamp[0] = this.#settings.mtimeMs
    if (isAtEnd || this.#buffer.length > this.#usual) this.#buffer = new Uint8Array(0) // Idle files hold no memory.
    this.isFinished = isAtEnd && this.#isClosed
    await this.#letGo()
    return { records: batch, isAtEnd, isFinished: this.isFinished }
  }

  async #nothing(from: bigint): Promise<ReadResult> {
    this.#buffer = new Uint8Array(0)
    this.isFinished = this.#isClosed
    await this.#letGo()
    const records = new RecordBatch(this.source, this.#buffer, from, 0)
    return { records, isAtEnd: true, isFinished: this.isFinished }
  }
}
