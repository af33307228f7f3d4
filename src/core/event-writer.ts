import { bytesOf, viewOf } from './byte-writer.ts'
import { entryKind, fact, type EventBatch, type FormatFacts, type JsonObject } from './event-batch.ts'
import { eventFlag } from './event-flag.ts'
import { fieldId } from './field.ts'
import { mergeFields } from './log-event.ts'
import { parseFailures, type ParseFailure } from './result.ts'
import { seenBits, seenField } from './seen-field.ts'
import type { WriterMark } from './writer-mark.ts'

const message = fieldId('message')
const created = fieldId('event.created')
const parsedTime = fieldId('logpipe.time.parsed')

/** How far an event time may lie from its record time, ms; Infinity: no limit. */
export interface TimeLimits {
  readonly maxFutureMs: number
  readonly maxPastMs: number
}

/** The parts of a scanned time that a writer takes over (`parse/timestamp.ts` makes them). */
export interface ScannedTime {
  readonly ms: number
  readonly ns: number
  readonly digits: number
  readonly flags: number
}

// Names of this module: V8 reads an imported binding, and a property of it, from memory each time.
const bitOf = seenBits
const { path: pathBit, stack: stackBit } = seenField
const { text: kindText, jsonText: kindJsonText, literal: kindLiteral, scratch: kindScratch } = entryKind

/** Number of a word in `timeSources`. */
const [fromEvent, fromEnvelope, fromRecord, fromArrival] = [0, 1, 2, 3]

/**
 * Appends events to a batch: `begin`, then fields in any order, then `end` or `rollback`. A field that is written
 * twice is settled when the event is read (`core/layout.ts`): the inner one wins for what was said, the outer one for
 * where it ran. Spans lie in the records' bytes, or in the scratch buffer while `inScratch` is set.
 */
export class EventWriter {
  readonly batch: EventBatch
  limits: TimeLimits = { maxFutureMs: Infinity, maxPastMs: Infinity }
  /** A request of this many ns or more is slow. */
  slowNs = 1e9
  /** Spans of `text`, `jsonText` and `literal` lie in the scratch buffer. */
  inScratch = false
  /** Spans given to `text` are proved to be parts of the inside of a JSON string: no quotes, backslashes, controls. */
  isProved = false
  /** True if records without a time of their own were stamped on arrival. */
  arrival = false
  /** Bits of `seenField`: what this event has an entry of. */
  seen = 0
  /** The last entry of `url.path`, if `seen` has it. */
  pathEntry = 0
  /** An entry of `url.path` that is its own route; -1: none is known to be. */
  ownRoute = -1
  /** NaN until an event time is set. */
  #timeMs = NaN
  #timeNs = 0
  #timeDigits = 3
  #envelopeMs = NaN
  #envelopeNs = 0
  #envelopeDigits = 3
  #flags = 0
  #facts = 0
  #level = 0
  #status = 0
  #durationNs = NaN
  #format = 0
  #envelope = 0
  #hash = 0
  #lines = 1
  #odd: JsonObject | undefined
  #entriesAt = 0
  #numbersAt = 0
  #scratchAt = 0

  constructor(batch: EventBatch) {
    this.batch = batch
  }

  /** Starts an event. `format` may be set again later. */
  begin(): void {
    const batch = this.batch
    this.#timeMs = NaN
    this.#envelopeMs = NaN
    this.#flags = 0
    this.#facts = 0
    this.#level = 0
    this.#status = 0
    this.#durationNs = NaN
    this.#envelope = 0
    this.#hash = 0
    this.#lines = 1
    this.#odd = undefined
    this.#entriesAt = batch.entryCount
    this.#numbersAt = batch.numberCount
    this.#scratchAt = batch.scratchEnd
    this.inScratch = false
    this.isProved = false
    this.seen = 0
    this.ownRoute = -1
  }

  /** Takes back everything since `begin`. */
  rollback(): void {
    this.batch.entryCount = this.#entriesAt
    this.batch.numberCount = this.#numbersAt
    this.batch.scratchEnd = this.#scratchAt
    this.begin()
  }

  /** State within an event, for `rewind`: a scanner that rejects a line leaves nothing behind. */
  mark(into: WriterMark): void {
    into.entries = this.batch.entryCount
    into.numbers = this.batch.numberCount
    into.scratch = this.batch.scratchEnd
    into.hash = this.#hash
    into.seen = this.seen
    into.pathEntry = this.pathEntry
    into.facts = this.#facts
    into.flags = this.#flags
    into.level = this.#level
    into.status = this.#status
    into.durationNs = this.#durationNs
    into.odd = this.#odd
    into.timeMs = this.#timeMs
    into.timeNs = this.#timeNs
    into.timeDigits = this.#timeDigits
    into.envelope = this.#envelope
    into.envelopeMs = this.#envelopeMs
    into.envelopeNs = this.#envelopeNs
    into.envelopeDigits = this.#envelopeDigits
  }

  rewind(to: WriterMark): void {
    this.batch.entryCount = to.entries
    this.batch.numberCount = to.numbers
    this.batch.scratchEnd = to.scratch
    this.#hash = to.hash
    this.seen = to.seen
    this.pathEntry = to.pathEntry
    this.ownRoute = -1
    this.isProved = false
    this.#facts = to.facts
    this.#flags = to.flags
    this.#level = to.level
    this.#status = to.status
    this.#durationNs = to.durationNs
    this.#odd = to.odd
    this.#timeMs = to.timeMs
    this.#timeNs = to.timeNs
    this.#timeDigits = to.timeDigits
    this.#envelope = to.envelope
    this.#envelopeMs = to.envelopeMs
    this.#envelopeNs = to.envelopeNs
    this.#envelopeDigits = to.envelopeDigits
  }

  /** The bytes of the records or of the scratch buffer (of others at the cost of an object), four at a time. */
  viewOf(bytes: Uint8Array): DataView {
    const batch = this.batch
    if (bytes === batch.records.bytes) return batch.recordView
    return bytes === batch.scratch ? batch.scratchView : viewOf(bytes)
  }

  /** Index of the first entry of this event. */
  get firstEntry(): number {
    return this.#entriesAt
  }

  setFormat(id: number): void {
    this.#format = id
  }

  /** Adds an envelope, from the outside in. */
  addEnvelope(name: string): void {
    this.#envelope = this.batch.tables.envelopeId(this.#envelope, name)
  }

  setTime(time: ScannedTime): void {
    this.#timeMs = time.ms
    this.#timeNs = time.ns
    this.#timeDigits = time.digits
    this.#flags |= time.flags
  }

  setEnvelopeTime(time: ScannedTime): void {
    this.#envelopeMs = time.ms
    this.#envelopeNs = time.ns
    this.#envelopeDigits = time.digits
  }

  /** What was set as event time becomes the envelope's: a format turned out to be one. */
  demoteTime(): void {
    if (Number.isNaN(this.#timeMs)) return
    this.#envelopeMs = this.#timeMs
    this.#envelopeNs = this.#timeNs
    this.#envelopeDigits = this.#timeDigits
    this.#timeMs = NaN
  }

  /** Envelope time so far, epoch ms; NaN if there is none. */
  get envelopeMs(): number {
    return this.#envelopeMs
  }

  get hasTime(): boolean {
    return !Number.isNaN(this.#timeMs)
  }

  /** Event time so far, epoch ms; NaN if there is none. */
  get timeMs(): number {
    return this.#timeMs
  }

  /** 1 trace .. 6 fatal, `| 16` for notice. */
  setLevel(level: number): void {
    this.#level = level & 7
    this.#facts = (this.#facts & ~fact.notice) | (level & 16 ? fact.notice : 0)
  }

  get level(): number {
    return this.#level
  }

  setStatus(status: number): void {
    this.#status = status
  }

  get status(): number {
    return this.#status
  }

  get hasDuration(): boolean {
    return !Number.isNaN(this.#durationNs)
  }

  /** ns, rounded to an integer by the caller. */
  setDurationNs(ns: number): void {
    this.#durationNs = ns
  }

  /** The line itself says that this is an error (a failed task, an order rejected). */
  setError(): void {
    this.#facts |= fact.error
  }

  /** The line itself says that this is slow. */
  setSlow(): void {
    this.#facts |= fact.slow
  }

  /** 1 success, 2 failure, 3 unknown (`outcomes`). */
  setOutcome(outcome: number): void {
    this.#facts = (this.#facts & ~fact.outcomeMask) | (outcome << fact.outcomeShift)
  }

  setFailure(failure: ParseFailure): void {
    this.#facts = (this.#facts & ~fact.failureMask) | (parseFailures.indexOf(failure) << fact.failureShift)
  }

  /** The event is one of several of its record: `event.sequence` is written. */
  setSequence(): void {
    this.#facts |= fact.sequence
  }

  /** Bits of `eventFlag` so far. */
  get flags(): number {
    return this.#flags
  }

  /** Whether a failure was set. */
  get hasFailure(): boolean {
    return (this.#facts & fact.failureMask) !== 0
  }

  setLines(lines: number): void {
    this.#lines = lines
  }

  addFlags(flags: number): void {
    this.#flags |= flags
  }

  /** Adds fields whose names do not fit the tables, as a nested object (null prototype); they win over those before. */
  setOdd(fields: JsonObject): void {
    if (this.#odd !== undefined) mergeFields(fields, this.#odd)
    this.#odd = fields
  }

  /** A span of valid UTF-8; an empty one, and a dash alone (but for a message), is absence and writes nothing. */
  text(field: number, start: number, end: number): void {
    if (start >= end || (end - start === 1 && field !== message && this.#isDash(start))) return
    this.#push(field, this.isProved ? kindJsonText : kindText, start, end, 0)
  }

  #isDash(at: number): boolean {
    return (this.inScratch ? this.batch.scratch : this.batch.records.bytes)[at] === 0x2d
  }

  /** A span that is the proved inside of a JSON string. */
  jsonText(field: number, start: number, end: number): void {
    if (start < end) this.#push(field, kindJsonText, start, end, 0)
  }

  /** A span that is a proved JSON value. */
  literal(field: number, start: number, end: number): void {
    this.#push(field, kindLiteral, start, end, 1)
  }

  number(field: number, value: number): void {
    const batch = this.batch
    batch.reserveNumbers(1)
    const at = batch.numberCount++
    batch.numbers[at] = value
    this.#pushUnspanned(field, entryKind.number, at)
  }

  time(field: number, ms: number, ns: number, digits: number): void {
    const batch = this.batch
    batch.reserveNumbers(3)
    const at = batch.numberCount
    batch.numbers[at] = ms
    batch.numbers[at + 1] = ns
    batch.numbers[at + 2] = digits
    batch.numberCount += 3
    this.#pushUnspanned(field, entryKind.time, at)
  }

  /** Text that is not in the record. It makes a string: not for the hot path. */
  string(field: number, text: string): void {
    if (text.length === 0) return
    const start = this.scratchText(text)
    this.#pushScratch(field, entryKind.text, start, this.batch.scratchEnd)
  }

  /** Any JSON value, as text of `JSON.stringify`; for the object path. */
  json(field: number, value: string): void {
    const start = this.scratchText(value)
    this.#pushScratch(field, entryKind.literal, start, this.batch.scratchEnd)
  }

  /** A span of the scratch buffer, wherever `inScratch` points. */
  scratch(field: number, start: number, end: number): void {
    if (start < end) this.#pushScratch(field, entryKind.text, start, end)
  }

  /** As `scratch`; `kind` is that of `entryKind`: text, or the proved inside of a JSON string. */
  scratchSpan(field: number, kind: number, start: number, end: number): void {
    if (start < end) this.#pushScratch(field, kind, start, end)
  }

  /** A span in lower case (ASCII). */
  lower(field: number, bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return
    const batch = this.batch
    batch.reserveScratch(end - start)
    const from = batch.scratchEnd
    let at = from
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      batch.scratch[at++] = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte
    }
    batch.scratchEnd = at
    this.#pushScratch(field, entryKind.text, from, at)
  }

  /** Appends text to the scratch buffer; returns where it begins, `batch.scratchEnd` is where it ends. */
  scratchText(text: string): number {
    const bytes = bytesOf(text)
    return this.scratchBytes(bytes, 0, bytes.length)
  }

  scratchBytes(bytes: Uint8Array, start: number, end: number): number {
    const batch = this.batch
    batch.reserveScratch(end - start)
    const from = batch.scratchEnd
    batch.scratch.set(bytes.subarray(start, end), from)
    batch.scratchEnd = from + end - start
    return from
  }

  /**
   * Ends the event and appends its row. `offset` and `offsetEnd` are deltas to the records' base, `recordTime` is the
   * record time in epoch ms. Fills what follows from the rest: time, level of requests, outcome, error, slow.
   */
  end(offset: number, offsetEnd: number, recordTime: number, sub: number): void {
    const batch = this.batch
    const format = batch.tables.formats[this.#format]!
    this.#settleTime(recordTime)
    this.#derive(format)
    batch.reserveRow()
    const row = batch.count++
    batch.time[row] = this.#timeMs
    batch.timeNs[row] = this.#timeNs
    batch.timeDigits[row] = this.#timeDigits
    batch.level[row] = this.#level
    batch.status[row] = this.#status
    batch.durationNs[row] = this.#durationNs
    batch.flags[row] = this.#flags
    batch.facts[row] = this.#facts
    batch.format[row] = this.#format
    batch.envelope[row] = this.#envelope
    batch.offset[row] = offset
    batch.offsetEnd[row] = offsetEnd
    batch.recordTime[row] = recordTime
    batch.sub[row] = sub
    batch.lines[row] = this.#lines
    batch.shape[row] = this.#hash
    batch.entryFrom[row] = this.#entriesAt
    batch.entryFrom[row + 1] = batch.entryCount
    if (this.#odd !== undefined) batch.odd.set(row, this.#odd)
  }

  #settleTime(recordTime: number): void {
    let source = fromEvent
    if (Number.isNaN(this.#timeMs)) {
      if (!Number.isNaN(this.#envelopeMs)) {
        this.#timeMs = this.#envelopeMs
        this.#timeNs = this.#envelopeNs
        this.#timeDigits = this.#envelopeDigits
        source = fromEnvelope
      } else {
        this.#useRecordTime(recordTime)
        this.#flags |= eventFlag.time_missing
        source = this.arrival ? fromArrival : fromRecord
      }
    } else if (!Number.isNaN(this.#envelopeMs)) {
      this.time(created, this.#envelopeMs, this.#envelopeNs, this.#envelopeDigits)
    }
    const ahead = this.#timeMs - recordTime
    if (ahead > this.limits.maxFutureMs || -ahead > this.limits.maxPastMs) {
      this.time(parsedTime, this.#timeMs, this.#timeNs, this.#timeDigits)
      this.#useRecordTime(recordTime)
      this.#flags |= eventFlag.time_clamped
      source = this.arrival ? fromArrival : fromRecord
    }
    this.#facts |= (source satisfies number) << fact.timeSourceShift
  }

  #useRecordTime(recordTime: number): void {
    this.#timeMs = recordTime
    this.#timeNs = 0
    this.#timeDigits = 3
  }

  #derive(format: FormatFacts): void {
    let facts = this.#facts
    const status = this.#status
    if (format.isAccess && this.#level === 0 && status > 0) this.#level = status >= 500 ? 5 : status >= 400 ? 4 : 3
    if (status > 0) {
      facts |= fact.status
      if ((facts & fact.outcomeMask) === 0) facts |= (status >= 400 ? 2 : 1) << fact.outcomeShift
    }
    if (!Number.isNaN(this.#durationNs)) {
      facts |= fact.duration
      if (this.#durationNs >= this.slowNs) facts |= fact.slow
    }
    if (this.#level >= 5 || status >= 500 || (this.seen & stackBit) !== 0) facts |= fact.error
    if (this.#flags !== 0) facts |= fact.flags
    if (this.#lines > 1) facts |= fact.lines
    this.#facts = facts | this.#level
  }

  #push(field: number, kind: number, start: number, end: number, literal: number): void {
    const batch = this.batch
    if (batch.entryCount === batch.entryField.length) batch.reserveEntry()
    const at = batch.entryCount++
    batch.entryField[at] = field
    batch.entryKind[at] = this.inScratch ? kind | kindScratch : kind
    batch.entryStart[at] = start
    batch.entryEnd[at] = end
    if (field < bitOf.length && bitOf[field] !== 0) this.#see(bitOf[field]!, at)
    this.#hash = (Math.imul(this.#hash, 31) + (field << 1) + literal + 1) | 0
  }

  #see(bit: number, at: number): void {
    this.seen |= bit
    if (bit === pathBit) this.pathEntry = at
  }

  #pushScratch(field: number, kind: number, start: number, end: number): void {
    const was = this.inScratch
    this.inScratch = true
    this.#push(field, kind, start, end, kind === kindLiteral ? 1 : 0)
    this.inScratch = was
  }

  #pushUnspanned(field: number, kind: number, at: number): void {
    const was = this.inScratch
    this.inScratch = false
    this.#push(field, kind, at, at, 1)
    this.inScratch = was
  }
}
