import { textOf } from '../core/byte-writer.ts'
import { entryKind, type EventBatch } from '../core/event-batch.ts'
import { eventFlag } from '../core/event-flag.ts'
import type { EventWriter } from '../core/event-writer.ts'
import { fieldId } from '../core/field.ts'
import { seenField } from '../core/seen-field.ts'
import { WriterMark } from '../core/writer-mark.ts'
import type { FormatSet } from './format-set.ts'
import { isFrame } from './join-rule.ts'
import { hasEscapedEscape } from './odd-bytes.ts'
import { routeOf } from './route.ts'
import type { RecordScan } from './scan-record.ts'
import { scanMonitor } from './text/monitor.ts'
import { mayBeHead } from './text/monitor-word.ts'
import { findTrace, Trace, writeTrace } from './trace.ts'

const message = fieldId('message')
const original = fieldId('event.original')
const serviceName = fieldId('service.name')
const appName = fieldId('log.syslog.appname')
const route = fieldId('logpipe.http.route')
// Names of this module: V8 reads an imported binding, and a property of it, from memory each time.
const { service: serviceBit, app: appBit, path: pathBit, route: routeBit } = seenField

/** Flags that say that the text of the event is not the one that was read. */
const changed =
  eventFlag.invalid_utf8 |
  eventFlag.utf16 |
  eventFlag.truncated |
  eventFlag.field_overflow |
  eventFlag.key_renamed |
  eventFlag.dup_key |
  eventFlag.too_deep

/** Level of a text without one that holds a stack trace. */
const errorLevel = 5

/** A text as it was read; one per parser, reused. */
export interface Original {
  bytes: Uint8Array
  start: number
  end: number
  /** `bytes` is the scratch buffer of the batch. */
  inScratch: boolean
  /** The event has another text. */
  isCleaned: boolean
}

/** What is added to an event after its format has been read. One per parser. */
export class EventFinish {
  readonly #formats: FormatSet
  readonly #hasService: boolean
  /** JSON strings of the batch may hold an escaped ESC, which its scanner takes out of them. */
  mayHaveSequences = false
  readonly #trace = new Trace()
  readonly #mark = new WriterMark()

  /** `hasService`: events of the source have a service name by config. */
  constructor(formats: FormatSet, hasService: boolean) {
    this.#formats = formats
    this.#hasService = hasService
  }

  /** `isText`: the scan gave a text, whose first line ends at `headerEnd`; else it wrote a whole event. */
  event(scan: RecordScan, isText: boolean, headerEnd: number): void {
    const { context, out } = scan
    if (context.messageStart >= 0 && mayBeHead(scan.bytes, context.messageStart, context.messageEnd)) {
      out.mark(this.#mark)
      const isMonitor = scanMonitor(scan.bytes, context.messageStart, context.messageEnd, out, context)
      if (!isMonitor) out.rewind(this.#mark)
    }
    if (isText) {
      if (headerEnd < scan.end) this.#lines(scan, headerEnd)
      if (scan.format === undefined) this.#fail(scan)
    }
    this.#derive(scan)
  }

  /** A text that no format takes is a failure only if one was named, or if it looks like JSON and is none. */
  #fail(scan: RecordScan): void {
    const { format } = this.#formats.settings
    if (scan.broken !== '' && !scan.isEnveloped) {
      scan.out.addFlags(scan.broken === 'too_deep' ? eventFlag.too_deep : eventFlag.json_invalid)
      scan.out.setFailure(scan.broken)
    } else if (format !== 'auto' && format !== 'text') scan.out.setFailure('no_match')
  }

  /** The lines after the first one: a stack trace, or more of the message. */
  #lines(scan: RecordScan, headerEnd: number): void {
    const { out, bytes, start, end } = scan
    const entry = lastEntry(out.batch, out.firstEntry, message)
    const isWhole = entry >= 0 && out.batch.entryEnd[entry] === headerEnd && isIn(out.batch, entry, out.inScratch)
    const isPlain = scan.format === undefined
    const from = isWhole ? out.batch.entryStart[entry]! : headerEnd
    const trace = this.#trace
    findTrace(bytes, { start, end, message: isPlain ? -1 : from }, trace)
    if (isPlain) return this.#plainLines(scan, headerEnd)
    if (trace.start === headerEnd) trace.start++
    const messageEnd = trace.start < 0 ? end : trace.start - 1
    if (messageEnd > headerEnd) {
      if (isWhole) out.batch.entryEnd[entry] = messageEnd
      else out.text(message, start, messageEnd)
    }
    if (trace.start >= 0) this.#write(end, out)
  }

  /** A text without a header: its message is all of it, or what the trace says. */
  #plainLines(scan: RecordScan, headerEnd: number): void {
    const { out, bytes, start, end } = scan
    const trace = this.#trace
    if (trace.start < 0 || isFrame(bytes, start, headerEnd)) return
    if (trace.start > start) out.text(message, start, trace.start - 1)
    else if (trace.isPanic || trace.typeStart < 0) out.text(message, start, headerEnd)
    else out.text(message, trace.typeStart, trace.textStart < 0 ? trace.typeEnd : trace.textEnd)
    this.#write(end, out)
  }

  #write(end: number, out: EventWriter): void {
    writeTrace(this.#trace, end, this.#formats.rootType, out)
    if (out.level === 0) out.setLevel(errorLevel)
  }

  /** Service name of text, route of a path. */
  #derive(scan: RecordScan): void {
    const { out } = scan
    const { seen } = out
    if ((seen & (appBit | serviceBit)) === appBit && !this.#hasService) {
      copyEntry(out, lastEntry(out.batch, out.firstEntry, appName), serviceName)
    }
    if ((seen & (pathBit | routeBit)) !== pathBit) return
    const path = out.pathEntry
    if (path === out.ownRoute) return copyEntry(out, path, route)
    const batch = out.batch
    if ((batch.entryKind[path]! & 7) > entryKind.jsonText) return
    const pathBytes = batch.bytesOfEntry(path)
    const from = routeOf(pathBytes, batch.entryStart[path]!, batch.entryEnd[path]!, out)
    if (from < 0) copyEntry(out, path, route)
    else out.scratchSpan(route, batch.entryKind[path]! & 7, from, batch.scratchEnd)
  }

  #isChanged(text: Original, out: EventWriter): boolean {
    if (text.isCleaned || (out.flags & changed) !== 0) return true
    return this.mayHaveSequences && hasEscapedEscape(text.bytes, text.start, text.end)
  }

  /** Keeps the text as read, if the settings ask for it. */
  original(text: Original, out: EventWriter): void {
    const policy = this.#formats.settings.keepOriginal
    if (policy === 'never' || (policy === 'on_failure' && !out.hasFailure && !this.#isChanged(text, out))) return
    if ((out.flags & (eventFlag.invalid_utf8 | eventFlag.utf16)) !== 0) {
      out.string(original, textOf(text.bytes, text.start, text.end))
      return
    }
    const was = out.inScratch
    out.inScratch = text.inScratch
    out.text(original, text.start, text.end)
    out.inScratch = was
  }
}

function isIn(batch: EventBatch, entry: number, inScratch: boolean): boolean {
  const kind = batch.entryKind[entry]!
  return (kind & 7) === entryKind.text && ((kind & entryKind.scratch) !== 0) === inScratch
}

function lastEntry(batch: EventBatch, from: number, field: number): number {
  for (let i = batch.entryCount - 1; i >= from; i--) if (batch.entryField[i] === field) return i
  return -1
}

/** Writes the span of an entry as another field, too. */
function copyEntry(out: EventWriter, entry: number, field: number): void {
  const batch = out.batch
  const kind = batch.entryKind[entry]!
  const was = out.inScratch
  out.inScratch = (kind & entryKind.scratch) !== 0
  if ((kind & 7) === entryKind.jsonText) out.jsonText(field, batch.entryStart[entry]!, batch.entryEnd[entry]!)
  else out.text(field, batch.entryStart[entry]!, batch.entryEnd[entry]!)
  out.inScratch = was
}
