import { ByteWriter, textOf } from '../core/byte-writer.ts'
import { eventFlag } from '../core/event-flag.ts'
import type { EventWriter } from '../core/event-writer.ts'
import { fieldId } from '../core/field.ts'
import { sha256Hex } from '../core/id.ts'
import type { WholeValue } from '../core/record-batch.ts'
import { base64Of, cutBefore, searchable } from '../core/utf8.ts'
import type { EventFinish, Original } from './finish-event.ts'
import type { FormatSet } from './format-set.ts'
import type { Group } from './group.ts'
import { cleanText, isOdd, oddness } from './odd-bytes.ts'
import { found, type RecordScan } from './scan-record.ts'
import { lineEnd } from './trace.ts'

const message = fieldId('message')
const originalBase64 = fieldId('logpipe.original_base64')
const originalBytes = fieldId('logpipe.original_bytes')
const originalSha256 = fieldId('logpipe.original_sha256')

const [openBrace, lineFeed] = [0x7b, 0x0a]

/** Where a row belongs: absolute positions of its first and last record, and its own record time (NaN: none). */
interface RowPlace {
  readonly offset: number
  readonly offsetEnd: number
  readonly timestamp: number
}

/** A record in `bytes`, and what it was if the source has cut it. */
interface LoadSpan {
  readonly start: number
  readonly end: number
  readonly isOdd: boolean
  readonly whole: WholeValue | undefined
}

/** Thrown for a record that would be more events than are allowed. */
export class ContainerLimit extends Error {
  override readonly message = 'more events in one record than max_children'
}

/** Makes rows of the records and groups of one source, and knows their record times. */
export class RowWriter {
  readonly scan: RecordScan
  /** Event time of the row before, epoch ms; NaN at the start of the input. */
  previousMs = NaN
  /** First record time of the input, epoch ms: of a file when it was last changed as it was found. */
  firstMs = NaN
  /** Base of the offsets of the batch. */
  base = 0
  /** A record may hold several lines. */
  hasLines = true
  /** The bytes of the records. */
  batchBytes: Uint8Array = new Uint8Array(0)
  #view = searchable(this.batchBytes)
  /** First LF in them at or after the last place that was asked for. */
  #lineFeed = -1
  /** What `load` has made ready: cut and cleaned. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  readonly #formats: FormatSet
  readonly #finish: EventFinish
  readonly #maxSize: number
  readonly #joined = new ByteWriter(1024)
  readonly #original: Original = { bytes: new Uint8Array(0), start: 0, end: 0, inScratch: false, isCleaned: false }
  /** `#original` holds the text as it was before it was cleaned. */
  #hasRaw = false

  constructor(formats: FormatSet, scan: RecordScan, finish: EventFinish) {
    this.#formats = formats
    this.scan = scan
    this.#finish = finish
    this.#maxSize = Math.min(formats.settings.limits.maxEventSize, formats.settings.limits.maxParseSize)
  }

  get out(): EventWriter {
    return this.scan.out
  }

  /** Begins an event with a record. */
  load(bytes: Uint8Array, span: LoadSpan): void {
    this.out.begin()
    this.scan.isEnveloped = false
    this.scan.isPartial = false
    this.#take(bytes, span.start, span.end)
    if (span.whole !== undefined) this.#noteWhole(span.whole)
    if (span.isOdd) this.#cleanLoaded()
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    this.#hasRaw = false
    this.#original.isCleaned = false
    this.bytes = bytes
    this.start = start
    this.end = end
    if (end - start <= this.#maxSize) return
    this.#noteWhole({ size: end - start, sha256: sha256Hex(bytes, start, end) })
    this.end = cutBefore(bytes, start + this.#maxSize)
  }

  /** The event is that of the first part of a value. */
  #noteWhole(value: WholeValue): void {
    const { out } = this
    out.addFlags(eventFlag.truncated)
    out.number(originalBytes, value.size)
    out.string(originalSha256, value.sha256)
  }

  #cleanLoaded(): void {
    this.#clean(this.bytes, this.start, this.end)
    this.bytes = this.out.batch.scratch
    this.start = this.#cleanStart
    this.end = this.out.batch.scratchEnd
  }

  #cleanStart = 0

  /** Puts the clean text of a span at the end of the scratch buffer, from `#cleanStart` on. */
  #clean(bytes: Uint8Array, start: number, end: number): void {
    const { out } = this
    const { text, flags } = cleanText(bytes, start, end)
    out.addFlags(flags)
    if (flags !== 0) out.string(originalBase64, base64Of(bytes, start, end))
    const original = this.#original
    original.bytes = bytes
    original.start = start
    original.end = end
    original.inScratch = out.inScratch
    original.isCleaned = true
    this.#hasRaw = true
    this.#cleanStart = out.scratchText(text)
    out.inScratch = true
    out.batch.oddRecords++
  }

  /** Scans what `load` has made ready down to its text (`found`). */
  unwrap(): number {
    const { scan, out } = this
    const kind = scan.unwrap(this.bytes, this.start, this.end)
    if (!scan.isEnveloped) return kind
    this.#hasRaw = false
    if (kind === found.text && out.inScratch && isOdd(scan.bytes, scan.start, scan.end, oddness.sequences)) {
      this.#clean(scan.bytes, scan.start, scan.end)
      scan.replaceText(out.batch.scratch, this.#cleanStart, out.batch.scratchEnd)
    }
    return kind
  }

  /** The text as it was read, before it was cleaned. */
  get textAsRead(): Readonly<Pick<Original, 'bytes' | 'start' | 'end'>> {
    return this.#hasRaw ? this.#original : this.scan
  }

  /** End of the first line of a text. */
  firstLineEnd(bytes: Uint8Array, start: number, end: number): number {
    if (!this.hasLines) return end
    if (bytes !== this.batchBytes) return lineEnd(bytes, start, end)
    if (this.#lineFeed < start) {
      const at = this.#view.indexOf(lineFeed, start)
      this.#lineFeed = at < 0 ? Infinity : at
    }
    return Math.min(this.#lineFeed, end)
  }

  /** Begins with the records of another batch. */
  begin(
    bytes: Uint8Array,
    base: number,
    look: { readonly hasLines: boolean; readonly mayHaveSequences: boolean },
  ): void {
    this.batchBytes = bytes
    this.#view = searchable(bytes)
    this.#lineFeed = -1
    this.base = base
    this.hasLines = look.hasLines
    this.#finish.mayHaveSequences = look.mayHaveSequences
  }

  /** Writes an unwrapped record as one row, or as those of a container. */
  rows(kind: number, place: RowPlace): void {
    if (kind === found.container) this.#children(place)
    else if (kind === found.event) this.complete(false, 0, place)
    else this.#text(place, 0)
  }

  #text(place: RowPlace, sub: number): void {
    const { scan } = this
    const headerEnd = this.firstLineEnd(scan.bytes, scan.start, scan.end)
    scan.header(headerEnd)
    const isText = !scan.hasInner || !scan.inner(headerEnd)
    this.#finish.event(scan, isText, headerEnd)
    this.#append(place, sub)
  }

  /** Adds what no format writes and appends the row. `isText`: the first line of the text ends at `headerEnd`. */
  complete(isText: boolean, headerEnd: number, place: RowPlace): void {
    this.#finish.event(this.scan, isText, headerEnd)
    this.#append(place, 0)
  }

  #append(place: RowPlace, sub: number): void {
    const { scan, out } = this
    const original = this.#original
    if (!this.#hasRaw) {
      original.bytes = scan.bytes
      original.start = scan.start
      original.end = scan.end
      original.inScratch = scan.inScratch
    }
    this.#finish.original(original, out)
    const time = Number.isNaN(place.timestamp) ? this.#impliedTime() : place.timestamp
    out.end(place.offset - this.base, place.offsetEnd - this.base, time, sub)
    this.previousMs = out.batch.time[out.batch.count - 1]!
  }

  #impliedTime(): number {
    if (!Number.isNaN(this.previousMs)) return this.previousMs
    if (!Number.isNaN(this.firstMs)) return this.firstMs
    return Number.isNaN(this.#formats.settings.referenceMs) ? 0 : this.#formats.settings.referenceMs
  }

  /** The events of a container, whose children the context holds; they end what was begun. */
  #children(place: RowPlace): void {
    const { scan, out } = this
    const { bytes } = scan
    const { inScratch } = out
    const { scratchEnd } = out.batch
    const spans = [...scan.context.children]
    const name = scan.containerName
    if (spans.length / 2 > this.#formats.settings.limits.maxChildren) throw new ContainerLimit()
    out.rollback()
    out.batch.scratchEnd = scratchEnd
    for (let i = 0; i < spans.length; i += 2) {
      out.begin()
      out.inScratch = inScratch
      this.#take(bytes, spans[i]!, spans[i + 1]!)
      if (name !== '') out.addEnvelope(name)
      out.setSequence()
      const kind = this.unwrap()
      if (kind === found.event) {
        this.#finish.event(scan, false, 0)
        this.#append(place, i / 2)
      } else this.#text(place, i / 2)
    }
  }

  /** Writes a group as one event; as several if its one record is a container. */
  group(group: Group): void {
    const { hasLines } = this
    const { mayHaveSequences } = this.#finish
    this.hasLines = true
    this.#finish.mayHaveSequences = true
    try {
      this.#writeGroup(group)
    } finally {
      this.hasLines = hasLines
      this.#finish.mayHaveSequences = mayHaveSequences
    }
  }

  #writeGroup(group: Group): void {
    const { out, scan } = this
    scan.context.time.referenceMs = group.reference
    out.begin()
    const isWhole = !group.isEnveloped && group.rest.at > 0
    const record = isWhole ? this.#join(group) : group.record
    const start = out.scratchBytes(record.bytes, 0, record.at)
    out.inScratch = true
    this.#take(out.batch.scratch, start, out.batch.scratchEnd)
    if (group.whole !== undefined) this.#noteWhole(group.whole)
    if (isOdd(this.bytes, this.start, this.end, oddness.invalid)) this.#cleanLoaded()
    let kind = this.unwrap()
    if (kind === found.text && group.isEnveloped && group.rest.at > 0) {
      this.#addRest(group)
      if (scan.bytes[scan.start] === openBrace) kind = scan.again()
    }
    if (kind !== found.container) {
      out.addFlags(group.flags | (group.isPartial ? eventFlag.partial : 0))
      out.setLines(group.lines)
    }
    this.rows(kind, group)
  }

  /** Puts the text of an envelope and what the other records add to it into the place of that text. */
  #addRest(group: Group): void {
    const { out, scan } = this
    this.#joined.reset()
    const text = this.textAsRead
    this.#joined.copy(text.bytes, text.start, text.end)
    this.#joined.copy(group.rest.bytes, 0, group.rest.at)
    const start = out.scratchBytes(this.#joined.bytes, 0, this.#joined.at)
    out.inScratch = true
    scan.replaceText(out.batch.scratch, start, out.batch.scratchEnd)
    this.#hasRaw = false
    if (!isOdd(scan.bytes, scan.start, scan.end, oddness.invalid)) return
    this.#clean(scan.bytes, scan.start, scan.end)
    scan.replaceText(out.batch.scratch, this.#cleanStart, out.batch.scratchEnd)
  }

  #join(group: Group): ByteWriter {
    this.#joined.reset()
    this.#joined.copy(group.record.bytes, 0, group.record.at)
    this.#joined.copy(group.rest.bytes, 0, group.rest.at)
    return this.#joined
  }

  /** Last resort: a group that no scanner bears becomes a plain text, so that nothing is lost. */
  plain(group: Group): void {
    const { out, scan } = this
    out.rollback()
    const joined = this.#join(group)
    out.setFormat(this.#formats.plainId)
    out.string(message, textOf(joined.bytes, 0, joined.at))
    out.setFailure('limit')
    scan.replaceText(joined.bytes, 0, 0)
    this.#hasRaw = false
    this.#append(group, 0)
  }
}
