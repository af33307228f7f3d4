import type { EventWriter } from '../core/event-writer.ts'
import { WriterMark } from '../core/writer-mark.ts'
import type { ParseContext } from './context.ts'
import { Detection } from './detect.ts'
import type { TextFormat } from './format.ts'
import type { FormatSet } from './format-set.ts'
import { jsonOutcome, type JsonScan } from './json-scan.ts'
import { plainText } from './text/plain-text.ts'
import { lineEnd } from './trace.ts'

/** What a record has turned out to be: an event that is complete, a text, several events, or nothing. */
export const found = { event: 0, text: 1, container: 2, empty: 3 } as const

const [space, tab, openBrace, openBracket, closeBracket] = [0x20, 0x09, 0x7b, 0x5b, 0x5d]

/**
 * Scans one record into a writer: envelopes first, down to an event or a text; then, as the caller asks, the header of
 * that text and a format within it. The spans that it leaves lie in `bytes`, which is the scratch buffer of the batch
 * if `out.inScratch` is set.
 */
export class RecordScan {
  readonly context: ParseContext
  bytes: Uint8Array = new Uint8Array(0)
  /** Span of the text, or of the record or payload that became an event. */
  start = 0
  end = 0
  /** Stream key that envelopes or the header told, 0 if none did. */
  key = 0
  isEnveloped = false
  /** An envelope said that the text goes on in the next record. */
  isPartial = false
  /** Format of the text's header; undefined: plain text. */
  format: TextFormat | undefined
  /** The header holds a text that may have a format of its own (syslog). */
  hasInner = false
  /** `bytes` is the scratch buffer of the batch. */
  inScratch = false
  /** Name of a container that counts as an envelope of its children. */
  containerName = ''
  /** Why a record that looks like JSON is text. */
  broken: '' | 'json_invalid' | 'too_deep' = ''
  readonly #formats: FormatSet
  readonly #json: JsonScan
  readonly #envelopes: Detection
  readonly #texts: Detection
  readonly #inner: Detection
  readonly #mark = new WriterMark()
  #out: EventWriter
  #unwraps = 0

  constructor(formats: FormatSet, context: ParseContext, out: EventWriter) {
    this.#formats = formats
    this.context = context
    this.#out = out
    this.#json = formats.jsonScanner()
    this.#envelopes = new Detection(formats.envelopes, out, context)
    this.#texts = new Detection(formats.texts, out, context)
    this.#inner = new Detection(formats.texts, out, context)
  }

  get out(): EventWriter {
    return this.#out
  }

  writeTo(out: EventWriter): void {
    this.#out = out
    this.#envelopes.out = out
    this.#texts.out = out
    this.#inner.out = out
  }

  /** Goes through the envelopes of a record and returns what is inside (`found`). */
  unwrap(bytes: Uint8Array, start: number, end: number): number {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.key = 0
    this.isEnveloped = false
    this.isPartial = false
    this.format = undefined
    this.hasInner = false
    this.inScratch = this.#out.inScratch
    this.containerName = ''
    this.#unwraps = 0
    return this.again()
  }

  /** Goes on with the text that `replaceText` has set. */
  again(): number {
    this.broken = ''
    for (;;) {
      const outcome = this.#layer()
      if (outcome >= 0) return outcome
      this.#unwraps++
      this.isEnveloped = true
      this.#takePayload()
      if (this.start >= this.end) return found.empty
    }
  }

  /** One layer: -1 if it was an envelope, whose payload is in the context. */
  #layer(): number {
    const { bytes, start, end, context } = this
    let from = start
    while (from < end && (bytes[from] === space || bytes[from] === tab)) from++
    const byte = bytes[from]
    if (byte === openBrace || (byte === openBracket && opensArray(bytes, from + 1, end))) return this.#jsonLayer(from)
    if (this.#unwraps < this.#formats.settings.limits.maxUnwraps) {
      const format = this.#envelopes.find(bytes, start, end)
      if (format !== undefined) {
        this.#out.addEnvelope(format.name)
        return -1
      }
    }
    context.clear()
    return found.text
  }

  #jsonLayer(from: number): number {
    const { context } = this
    context.clear()
    const isLast = this.#unwraps === this.#formats.settings.limits.maxUnwraps
    if (isLast) this.#out.mark(this.#mark)
    switch (this.#json.scan(this.bytes, from, this.end, this.#out, context)) {
      case jsonOutcome.accepted:
        return found.event
      case jsonOutcome.envelope:
        if (!isLast) return -1
        this.#out.rewind(this.#mark)
        return found.text
      case jsonOutcome.container:
        return context.children.length === 0 ? found.empty : found.container
      case jsonOutcome.tooDeep:
        this.broken = 'too_deep'
        return found.text
      case jsonOutcome.other:
        return found.text
      default:
        if (this.#unwraps === 0 && this.#isNdjson(from)) return found.container
        this.broken = 'json_invalid'
        return found.text
    }
  }

  /** Several lines, each of which is a whole object and an event: they become the children. */
  #isNdjson(from: number): boolean {
    const { bytes, end, context } = this
    if (lineEnd(bytes, from, end) === end) return false
    const spans: number[] = []
    this.#out.mark(this.#mark)
    for (let start = from; start < end;) {
      const to = lineEnd(bytes, start, end)
      if (!isBlank(bytes, start, to)) {
        if (this.#json.scan(bytes, start, to, this.#out, context) > jsonOutcome.envelope) return false
        this.#out.rewind(this.#mark)
        spans.push(start, to)
      }
      start = to + 1
    }
    context.clear()
    context.children.push(...spans)
    this.containerName = 'ndjson'
    return true
  }

  #takePayload(): void {
    const { context } = this
    if (context.payloadInScratch) this.#out.inScratch = true
    this.inScratch = this.#out.inScratch
    if (this.inScratch) this.bytes = this.#out.batch.scratch
    this.start = context.payloadStart
    this.end = context.payloadEnd
    if (context.streamKey !== 0) this.key = context.streamKey >>> 0
    this.isPartial = context.isPartial
  }

  /** Puts another text, the same one with what follows it, in the place of the text. */
  replaceText(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.inScratch = this.#out.inScratch
  }

  /**
   * Finds the format of the text by its first line, `bytes[start, headerEnd)`, and writes its fields. The caller asks
   * for `inner` after it if `hasInner` is set.
   */
  header(headerEnd: number): void {
    const { context } = this
    this.format = this.#texts.find(this.bytes, this.start, headerEnd)
    if (this.format === undefined) {
      plainText.scan(this.bytes, this.start, this.end, this.#out, context)
      this.#out.setFormat(this.#formats.plainId)
      return
    }
    this.#out.setFormat(this.#formats.idOf(this.format))
    if (context.streamKey !== 0) this.key = context.streamKey >>> 0
    this.hasInner = context.payloadStart >= 0 && context.payloadStart < context.payloadEnd
  }

  /** Where the text within the header begins, -1 if there is none. */
  get innerStart(): number {
    return this.hasInner ? this.context.payloadStart : -1
  }

  /** Finds the format of the text within the header; true if that is a whole event (JSON). */
  inner(headerEnd: number): boolean {
    const { context } = this
    const from = context.payloadStart
    if (this.format !== undefined && this.#unwraps < this.#formats.settings.limits.maxUnwraps) {
      this.#out.mark(this.#mark)
      this.#out.demoteTime()
      this.#out.addEnvelope(this.format.name)
      context.clear()
      if (this.bytes[from] === openBrace) {
        if (this.#json.scan(this.bytes, from, this.end, this.#out, context) === jsonOutcome.accepted) return true
        this.#out.rewind(this.#mark)
        this.#out.demoteTime()
        this.#out.addEnvelope(this.format.name)
        context.clear()
      }
      const format = this.#inner.find(this.bytes, from, headerEnd)
      if (format !== undefined) {
        this.format = format
        this.#out.setFormat(this.#formats.idOf(format))
        return false
      }
      this.#out.rewind(this.#mark)
    }
    context.clear()
    context.messageStart = from
    context.messageEnd = headerEnd
    return false
  }
}

/** Whether a span holds blanks alone. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== space && bytes[i] !== tab && bytes[i] !== 0x0d) return false
  return true
}

/** Whether a `[` begins an array that may give events: one of objects, or an empty one. */
function opensArray(bytes: Uint8Array, start: number, end: number): boolean {
  let from = start
  while (from < end && (bytes[from] === space || bytes[from] === tab)) from++
  return bytes[from] === openBrace || (bytes[from] === closeBracket && from + 1 === end)
}
