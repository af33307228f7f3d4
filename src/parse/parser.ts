import type { Parser, ParseStage } from '../core/component.ts'
import { Decoder, Encoder } from '../core/codec.ts'
import type { EventBatch, EventTables } from '../core/event-batch.ts'
import { eventFlag } from '../core/event-flag.ts'
import { EventWriter } from '../core/event-writer.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import { ParseContext } from './context.ts'
import { EventFinish } from './finish-event.ts'
import type { Format } from './format.ts'
import { FormatSet } from './format-set.ts'
import { GroupQueue } from './group.ts'
import { LineRecord, streamOfKey } from './line-record.ts'
import { join, stateAfter, stateOfPlain } from './join-rule.ts'
import { hasEscapedEscape, isOdd, oddness, oddnessOf } from './odd-bytes.ts'
import { ContainerLimit, RowWriter } from './row-writer.ts'
import { found, isBlank, RecordScan } from './scan-record.ts'
import type { ParseSettings } from './settings.ts'
import { abbreviationsOf, zoneOf } from './timestamp/zone.ts'

/** Bytes in groups beyond which the oldest one is ended, whether open or not. */
const maxHeldBytes = 16 << 20
const [lineFeed, carriageReturn, space, openBrace, openBracket] = [0x0a, 0x0d, 0x20, 0x7b, 0x5b]
/** Level from which an event is a warning or worse. */
const warnLevel = 4

/** Builds the stage. `formats` are in the order of detection; `tables` belong to the worker. */
export function createParseStage(settings: ParseSettings, formats: readonly Format[], tables: EventTables): ParseStage {
  const set = new FormatSet(settings, formats, tables)
  return { parserFor: (source) => new LineParser(set, source) }
}

/**
 * Parser of one source. A line that others may follow is written as the last row at once, and taken back if one does
 * follow, or if the batch ends. Where that cannot be, since another stream has an open line, lines wait as groups: rows
 * ascend by the position of their first line, wherever batches are cut.
 */
class LineParser implements Parser {
  readonly #source: Source
  readonly #settings: ParseSettings
  readonly #joins: boolean
  readonly #scan: RecordScan
  readonly #rows: RowWriter
  readonly #groups = new GroupQueue()
  #out: EventWriter
  #records: RecordBatch
  #oddness = 0
  /** Time of the newest record or header, epoch ms. */
  #clockMs = NaN
  /** The last row while lines may follow it: -1 if there is none. */
  #tailRow = -1
  /** The record of that row, and the record at hand, which may become the next one. */
  #tail = new LineRecord()
  #now = new LineRecord()

  constructor(formats: FormatSet, source: Source) {
    const { settings } = formats
    this.#source = source
    this.#settings = settings
    this.#joins = settings.multiline === 'auto'
    this.#records = new RecordBatch(source, new Uint8Array(0), 0n, 0)
    this.#out = formats.idleWriter()
    const zone = zoneOf(settings.timezone)
    if (zone === undefined) throw new RangeError(`${settings.timezone} is no time zone`)
    const context = new ParseContext(zone, abbreviationsOf(settings.zoneAbbreviations), settings)
    const hasService = source.constants.some((constant) => constant.field === 'service.name')
    this.#scan = new RecordScan(formats, context, this.#out)
    this.#rows = new RowWriter(formats, this.#scan, new EventFinish(formats, hasService))
  }

  get hasOpenJoins(): boolean {
    return this.#groups.length > 0
  }

  get openFrom(): bigint | undefined {
    const { head } = this.#groups
    return head === undefined ? undefined : BigInt(head.offset)
  }

  parse(records: RecordBatch, events: EventBatch): void {
    this.#begin(records, events)
    for (let i = 0; i < records.count; i++) {
      // One `try` for the run up to a failure: a batch without one enters it once.
      try {
        for (; i < records.count; i++) this.#take(i)
      } catch (error) {
        this.#out.rollback()
        const reason = error instanceof ContainerLimit ? 'container_limit' : 'handler_error'
        events.dead.push({ record: i, reason, stage: 'parse', error: String(error).slice(0, 512) })
      }
    }
    this.#holdTail()
  }

  flush(events: EventBatch): void {
    this.#begin(events.records, events)
    while (this.#groups.length > 0) this.#writeHead()
  }

  save(): Uint8Array {
    const to = new Encoder()
    to.double(this.#rows.previousMs)
    to.double(this.#rows.firstMs)
    to.double(this.#clockMs)
    this.#groups.encode(to)
    return to.finish()
  }

  restore(state: Uint8Array): void {
    const from = new Decoder(state)
    this.#rows.previousMs = from.double()
    this.#rows.firstMs = from.double()
    this.#clockMs = from.double()
    this.#groups.decode(from)
  }

  #begin(records: RecordBatch, events: EventBatch): void {
    if (this.#out.batch !== events) {
      this.#out = new EventWriter(events)
      this.#out.slowNs = this.#settings.slowNs
      const { maxFutureMs, maxPastMs } = this.#settings.limits
      this.#out.limits = { maxFutureMs, maxPastMs: this.#source.isFile ? Infinity : maxPastMs }
      this.#scan.writeTo(this.#out)
    }
    this.#records = records
    this.#tailRow = -1
    let last = records.count - 1
    while (last >= 0 && records.valueStart[last]! < 0) last--
    const end = last < 0 ? 0 : records.valueEnd[last]!
    this.#oddness = oddnessOf(records.bytes, 0, end)
    const mayHaveSequences = hasEscapedEscape(records.bytes, 0, end)
    this.#rows.begin(records.bytes, Number(records.base), { hasLines: !records.isLines, mayHaveSequences })
  }

  /** One record: a drop, a line of a group, or a row. */
  #take(i: number): void {
    const records = this.#records
    const { bytes } = records
    let start = records.valueStart[i]!
    let end = records.valueEnd[i]!
    if (start < 0) return this.#out.batch.drop('tombstone')
    if (end > start && bytes[end - 1] === lineFeed) {
      end--
      if (end > start && bytes[end - 1] === carriageReturn) end--
    }
    if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf && this.#isAtStart(i)) {
      start = Math.min(start + 3, end)
    }
    const key = records.keyStart[i]! < 0 ? 0 : streamOfKey(bytes, records.keyStart[i]!, records.keyEnd[i]!)
    if (start >= end || (bytes[start]! <= space && isBlank(bytes, start, end))) return this.#takeBlank(key)
    const now = this.#now
    now.start = start
    now.end = end
    now.whole = records.cut.size === 0 ? undefined : records.cut.get(i)
    now.isOdd = this.#oddness !== oddness.none && isOdd(bytes, start, end, this.#oddness)
    now.offset = now.offsetEnd = this.#rows.base + records.offset[i]!
    this.#setTimes(records.timestamp[i]!)
    if (this.#joins) this.#takeLine(key)
    else this.#takeAlone()
  }

  #isAtStart(i: number): boolean {
    return !this.#source.isFile || (this.#records.base === 0n && this.#records.offset[i] === 0)
  }

  #setTimes(given: number): void {
    const rows = this.#rows
    if (Number.isNaN(rows.firstMs)) rows.firstMs = given
    const timestamp = this.#source.isFile ? NaN : given
    this.#now.timestamp = timestamp
    if (!Number.isNaN(this.#settings.referenceMs)) this.#now.reference = this.#settings.referenceMs
    else if (!Number.isNaN(timestamp)) this.#now.reference = timestamp
    else this.#now.reference = this.#clockMs > rows.firstMs ? this.#clockMs : rows.firstMs
  }

  /** Begins an event with the record at hand; also after groups were written in between. */
  #load(): void {
    const now = this.#now
    this.#scan.context.time.referenceMs = now.reference
    now.mark(this.#out.batch, this.#rows.previousMs)
    this.#rows.load(this.#records.bytes, now)
  }

  /** A record where each one is an event. */
  #takeAlone(): void {
    this.#load()
    const kind = this.#rows.unwrap()
    if (kind === found.empty) {
      this.#out.rollback()
      return this.#out.batch.drop('empty')
    }
    if (this.#scan.isPartial) this.#out.addFlags(eventFlag.partial)
    this.#rows.rows(kind, this.#now)
  }

  /** A record where lines are joined; `key` is that of the record, 0 if it has none. */
  #takeLine(key: number): void {
    for (;;) {
      this.#load()
      const scan = this.#scan
      const rows = this.#rows
      const next = this.#stateAfter(key, rows.bytes, rows.start, rows.end)
      if (next >= 0) return this.#add(key, next, this.#records.bytes, this.#now.start, this.#now.end)
      const kind = rows.unwrap()
      const stream = scan.key === 0 ? key : scan.key
      if (kind === found.empty) {
        this.#out.rollback()
        return this.#takeBlank(stream)
      }
      if (kind === found.text && scan.isEnveloped && this.#addPayload(stream)) return
      if (this.#close(stream)) continue
      if (kind === found.text ? this.#takeText(stream) : this.#settle(stream, -1, kind)) return
    }
  }

  /** A text that is no part of an open group; false if groups had to be written first. */
  #takeText(stream: number): boolean {
    const scan = this.#scan
    const headerEnd = this.#rows.firstLineEnd(scan.bytes, scan.start, scan.end)
    scan.header(headerEnd)
    if (!scan.hasInner) return this.#settle(stream, this.#stateOf(headerEnd), headerEnd)
    const inner = scan.key === 0 ? stream : scan.key
    const from = scan.innerStart
    const next = this.#stateAfter(inner, scan.bytes, from, scan.end)
    if (next >= 0) {
      this.#add(inner, next, scan.bytes, from, scan.end)
      return true
    }
    if (this.#close(inner)) return false
    const isWhole = scan.inner(headerEnd)
    return isWhole ? this.#settle(inner, -1, found.event) : this.#settle(inner, this.#stateOf(headerEnd), headerEnd)
  }

  /**
   * Ends the record at hand: a row, or a group if an earlier one waits. `state` is that of a text whose first line ends
   * at `rest`; below 0: the record is whole and `rest` says what it is (`found`). False if groups had to be written
   * first.
   */
  #settle(stream: number, state: number, rest: number): boolean {
    const scan = this.#scan
    const clock = this.#clockOf()
    if (this.#expire(clock)) return false
    if (!Number.isNaN(clock)) this.#clockMs = clock
    if (this.#groups.length > 0 || this.#tailRow >= 0 || scan.isPartial) {
      this.#wait(stream, state, clock)
      return true
    }
    const row = this.#out.batch.count
    if (state < 0) {
      this.#rows.rows(rest, this.#now)
      return true
    }
    this.#rows.complete(true, rest, this.#now)
    const tail = this.#now
    tail.stream = stream
    tail.state = state
    tail.clock = clock
    tail.isEnveloped = scan.isEnveloped
    this.#now = this.#tail
    this.#tail = tail
    this.#tailRow = row
    return true
  }

  /** Time of the record at hand for timeouts: its own, its envelope's, or its event's; NaN if it has none. */
  #clockOf(): number {
    if (!Number.isNaN(this.#now.timestamp)) return this.#now.timestamp
    return Number.isNaN(this.#out.envelopeMs) ? this.#out.timeMs : this.#out.envelopeMs
  }

  /** State of a text by its first line. */
  #stateOf(headerEnd: number): number {
    const scan = this.#scan
    const { bytes, start } = scan
    const first = bytes[start]!
    const level = this.#out.level
    const severe = level === 0 || level >= warnLevel ? join.severe : 0
    if (scan.isPartial) return join.header | join.severe | (first === openBrace ? join.json : 0)
    const isOpening = headerEnd === start + 1 && (first === openBrace || first === openBracket)
    const state = scan.format !== undefined || isOpening ? join.header | severe : stateOfPlain(bytes, start, headerEnd)
    return headerEnd < scan.end ? state | join.started : state
  }

  /** State of the open group of a stream with one more line; -1 if the line is none of its lines. */
  #stateAfter(stream: number, bytes: Uint8Array, start: number, end: number): number {
    let [state, clock] = [-1, NaN]
    if (this.#tailRow >= 0) {
      if (this.#tail.stream !== stream) return -1
      state = this.#tail.state
      clock = this.#tail.clock
    } else {
      const group = this.#groups.openOf(stream)
      if (group === undefined || group.isPartial) return -1
      state = group.state
      clock = group.clock
    }
    const next = stateAfter(state, bytes, start, this.#rows.firstLineEnd(bytes, start, end))
    if (next < 0) return -1
    const now = Number.isNaN(this.#now.timestamp) ? this.#out.envelopeMs : this.#now.timestamp
    return now - clock > this.#settings.limits.joinTimeoutMs ? -1 : next
  }

  /** Adds the text in an envelope to the open group of its stream; false if it is none of its lines. */
  #addPayload(stream: number): boolean {
    const scan = this.#scan
    const group = this.#tailRow >= 0 ? undefined : this.#groups.openOf(stream)
    const isPart = group !== undefined && group.isPartial
    const next = isPart ? group.state : this.#stateAfter(stream, scan.bytes, scan.start, scan.end)
    if (next < 0) return false
    const text = this.#rows.textAsRead
    this.#add(stream, next, text.bytes, text.start, text.end)
    return true
  }

  /** Adds a span to the open group of a stream. */
  #add(stream: number, state: number, bytes: Uint8Array, start: number, end: number): void {
    const { isPartial } = this.#scan
    const { maxJoinLines, maxJoinSize } = this.#settings.limits
    const clock = Number.isNaN(this.#now.timestamp) ? this.#out.envelopeMs : this.#now.timestamp
    if (!Number.isNaN(clock)) this.#clockMs = clock
    this.#out.rollback() // The bytes stay where they are until something is written.
    this.#holdTail()
    const group = this.#groups.openOf(stream)
    if (group === undefined) throw new Error('adding a line to a group that is not open')
    const breaks = group.isPartial ? 0 : group.blanks + 1
    if (group.lines + breaks > maxJoinLines || group.size + breaks + end - start > maxJoinSize) {
      group.flags |= eventFlag.join_limit
      this.#groups.close(group)
      this.#wait(stream, state, clock)
      this.#writeClosed()
      return
    }
    this.#groups.extend(group, breaks, bytes.subarray(start, end))
    group.state = state
    group.offsetEnd = this.#now.offset
    group.isPartial = isPartial
    if (!isPartial && state & join.json) this.#groups.close(group)
    this.#writeClosed()
    this.#limitHeld()
  }

  /** Puts the record at hand at the end of the groups. */
  #wait(stream: number, state: number, clock: number): void {
    const now = this.#now
    now.stream = stream
    now.state = Math.max(0, state)
    now.clock = clock
    now.isEnveloped = this.#scan.isEnveloped
    this.#out.rollback()
    this.#holdTail()
    const group = this.#groups.add()
    now.fill(group, this.#records.bytes)
    group.isOpen = state >= 0
    group.isPartial = this.#scan.isPartial
    this.#groups.added(group)
    this.#limitHeld()
  }

  /** Takes the last row back and makes a group of its record. No event is begun. */
  #holdTail(): void {
    if (this.#tailRow < 0) return
    const { batch } = this.#out
    const tail = this.#tail
    const row = this.#tailRow
    this.#tailRow = -1
    tail.takeBack(batch, row)
    this.#rows.previousMs = tail.previousMs
    const group = this.#groups.add()
    tail.fill(group, this.#records.bytes)
    this.#groups.added(group)
  }

  /** A blank record belongs to the open group of its stream if another line of it follows; else it is dropped. */
  #takeBlank(stream: number): void {
    const isInTrace = (state: number): boolean => (state & (join.trace | join.started)) !== 0
    if (this.#tailRow >= 0 && this.#tail.stream === stream && isInTrace(this.#tail.state)) this.#holdTail()
    const group = this.#groups.openOf(stream)
    if (group === undefined || group.isPartial || !isInTrace(group.state)) this.#out.batch.drop('empty')
    else if (group.lines + group.blanks >= this.#settings.limits.maxJoinLines) this.#out.batch.drop('empty')
    else group.blanks++
  }

  /** No more lines follow in a stream. True if groups were written, so that the record at hand has to be loaded again. */
  #close(stream: number): boolean {
    if (this.#tailRow >= 0 && this.#tail.stream === stream) this.#tailRow = -1
    const group = this.#groups.openOf(stream)
    if (group === undefined) return false
    this.#groups.close(group)
    return this.#writeClosed()
  }

  /** Ends what began more than the timeout before. True if groups were written. */
  #expire(clock: number): boolean {
    const { joinTimeoutMs } = this.#settings.limits
    if (this.#tailRow >= 0 && clock - this.#tail.clock > joinTimeoutMs) this.#tailRow = -1
    for (let head = this.#groups.head; head !== undefined; head = undefined) {
      if (clock - head.clock > joinTimeoutMs) this.#groups.close(head)
    }
    return this.#writeClosed()
  }

  /** Writes the groups at the head that are closed; true if there were any. */
  #writeClosed(): boolean {
    let head = this.#groups.head
    if (head === undefined || head.isOpen) return false
    this.#out.rollback()
    for (; head !== undefined && !head.isOpen; head = this.#groups.head) this.#writeHead()
    return true
  }

  #limitHeld(): void {
    const groups = this.#groups
    while (groups.length > this.#settings.limits.maxJoinGroups || (groups.length > 1 && groups.size > maxHeldBytes)) {
      const { head } = groups
      if (head !== undefined && head.isOpen) head.flags |= eventFlag.join_limit
      this.#writeHead()
    }
    this.#writeClosed()
  }

  #writeHead(): void {
    const group = this.#groups.shift()
    for (let left = group.blanks; left > 0; left--) this.#out.batch.drop('empty')
    try {
      this.#rows.group(group)
    } catch {
      this.#rows.plain(group)
    }
  }
}
