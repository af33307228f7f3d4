import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { scanIso } from '../timestamp/iso.ts'
import { writeScratchJson, writeTime } from './constant.ts'
import { writePid } from './header-part.ts'
import { writePresent } from './request.ts'
import { isNumber, priorityEnd, streamHash, writePriority } from './syslog-priority.ts'

const [space, quote, dash, equals, open, backslash, close] = [0x20, 0x22, 0x2d, 0x3d, 0x5b, 0x5c, 0x5d]
const message = fieldId('message')
const version = fieldId('log.syslog.version')
const hostname = fieldId('host.hostname')
const syslogHostname = fieldId('log.syslog.hostname')
const appname = fieldId('log.syslog.appname')
const procid = fieldId('log.syslog.procid')
const msgid = fieldId('log.syslog.msgid')
const processName = fieldId('process.name')
const structuredData = fieldId('log.syslog.structured_data')

/** RFC 5424 section 6: the longest host, application, process id, message id, in this order; names of elements. */
const limits: readonly number[] = [255, 48, 128, 32]
const maxName = 32
/** Elements and parameters of one line that are kept; a line with more is none of this format. */
const [maxElements, maxParams] = [16, 64]
/** Where names of elements begin and end: a second element of the same name is refused. */
const elements = new Int32Array(maxElements * 2)
const controlEscape = Uint8Array.from('\\u00', (char) => char.charCodeAt(0))

/**
 * `<PRI>1 time host app procid msgid [sd] msg` of RFC 5424, with nil values, escapes in the structured data and the
 * byte order mark before the message. Of parameters with one name in an element the last one counts.
 */
export const syslog5424 = defineTextFormat({
  shape: 'text',
  name: 'syslog_5424',
  summary: 'Syslog of RFC 5424 with structured data.',
  tier: 'core',
  dataset: 'system.syslog',
  module: 'system',
  fields: [
    'log.level',
    'log.syslog.priority',
    'log.syslog.facility.code',
    'log.syslog.facility.name',
    'log.syslog.severity.code',
    'log.syslog.severity.name',
    'log.syslog.version',
    'log.syslog.hostname',
    'log.syslog.appname',
    'log.syslog.procid',
    'log.syslog.msgid',
    'log.syslog.structured_data',
    'host.hostname',
    'process.name',
    'process.pid',
    'service.name',
    'event.timezone',
  ],
  example: '<165>1 2026-11-21T22:14:15.003Z web-1 pay 8710 ID47 [exampleSDID@32473 iut="3" eventSource="App"] declined',
  starts: ['<'],
  scan(bytes, start, end, out, context) {
    const after = priorityEnd(bytes, start, end)
    if (after < 0 || after + 2 >= end || bytes[after] !== 0x31 || bytes[after + 1] !== space) return false
    let at = after + 2
    const isNil = bytes[at] === dash
    at = isNil ? at + 1 : scanIso(bytes, at, end, context.time, context.scan)
    if (at < 0 || at >= end || bytes[at] !== space || (!isNil && bytes[after + 12] !== 0x54)) return false
    const host = at + 1
    const hostEnd = wordEnd(bytes, host, end, limits[0]!)
    const app = hostEnd + 1
    const appEnd = hostEnd < 0 ? -1 : wordEnd(bytes, app, end, limits[1]!)
    const proc = appEnd + 1
    const procEnd = appEnd < 0 ? -1 : wordEnd(bytes, proc, end, limits[2]!)
    const id = procEnd + 1
    const idEnd = procEnd < 0 ? -1 : wordEnd(bytes, id, end, limits[3]!)
    if (idEnd < 0 || idEnd + 1 >= end) return false
    const dataEnd = scanData(bytes, idEnd + 1, end, out)
    if (dataEnd < 0) return false
    if (!isNil) writeTime(out, context)
    writePriority(bytes, start, after, out)
    out.text(version, after, after + 1)
    writePresent(hostname, bytes, host, hostEnd, out)
    writePresent(syslogHostname, bytes, host, hostEnd, out)
    writePresent(appname, bytes, app, appEnd, out)
    writePresent(processName, bytes, app, appEnd, out)
    writePresent(procid, bytes, proc, procEnd, out)
    if (isNumber(bytes, proc, procEnd)) writePid(bytes, proc, procEnd, out)
    writePresent(msgid, bytes, id, idEnd, out)
    context.streamKey = streamHash(0, bytes, host, procEnd)
    const text = textStart(bytes, dataEnd, end)
    out.text(message, text < end ? text : start, end)
    if (text < end) {
      context.payloadStart = text
      context.payloadEnd = end
    }
    return true
  },
})

/** End of a word of printable ASCII that a blank follows; -1 if it is too long or empty. */
function wordEnd(bytes: Uint8Array, at: number, end: number, limit: number): number {
  let to = at
  while (to < end && bytes[to]! > space && bytes[to]! < 0x7f) to++
  return to > at && to - at <= limit && to < end && bytes[to] === space ? to : -1
}

/** Where the message begins: after a blank and a byte order mark. */
function textStart(bytes: Uint8Array, at: number, end: number): number {
  const from = Math.min(at + 1, end)
  return from + 2 < end && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
    ? from + 3
    : from
}

/** Structured data at `at`, written as `{"id":{"name":"value"}}`. Position after it, or -1. */
function scanData(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  if (bytes[start] === dash) return start + 1 === end || bytes[start + 1] === space ? start + 1 : -1
  const to = dataEnd(bytes, start, end)
  if (to < 0) return -1
  const batch = out.batch
  // A value byte takes six at most; names take three more for quotes and colon.
  batch.reserveScratch((to - start) * 6 + 16)
  const scratch = batch.scratch
  const from = batch.scratchEnd
  let into = from
  let count = 0
  for (let at = start; at < to; count++) {
    scratch[into++] = count === 0 ? 0x7b : 0x2c
    const nameTo = nameEnd(bytes, at + 1, to)
    into = copyQuoted(bytes, at + 1, nameTo, scratch, into)
    scratch[into++] = 0x3a
    scratch[into++] = 0x7b
    let isFirst = true
    at = nameTo
    while (bytes[at] !== close) {
      const param = at + 1
      const paramTo = nameEnd(bytes, param, to)
      const valueTo = valueEnd(bytes, paramTo + 2, to)
      at = valueTo + 1
      if (isRepeated(bytes, param, paramTo, at, to)) {
        out.addFlags(eventFlag.dup_key)
        continue
      }
      if (isAbsent(bytes, paramTo + 2, valueTo)) continue
      if (!isFirst) scratch[into++] = 0x2c
      isFirst = false
      into = copyQuoted(bytes, param, paramTo, scratch, into)
      scratch[into++] = 0x3a
      scratch[into++] = quote
      into = copyValue(bytes, paramTo + 2, valueTo, scratch, into)
      scratch[into++] = quote
    }
    scratch[into++] = 0x7d
    at++
  }
  scratch[into++] = 0x7d
  batch.scratchEnd = into
  writeScratchJson(structuredData, from, into, out)
  return to
}

/** Nothing, or `-`. */
function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  return start === end || (end - start === 1 && bytes[start] === dash)
}

/** Checks all elements and returns where they end, -1 if they do not fit the grammar or the limits. */
function dataEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let count = 0
  let params = 0
  while (at < end && bytes[at] === open) {
    const nameTo = nameEnd(bytes, at + 1, end)
    if (nameTo < 0 || count === maxElements || isKnownElement(bytes, at + 1, nameTo, count)) return -1
    elements[count * 2] = at + 1
    elements[count * 2 + 1] = nameTo
    count++
    at = nameTo
    while (at < end && bytes[at] === space) {
      const paramTo = nameEnd(bytes, at + 1, end)
      if (paramTo < 0 || paramTo + 1 >= end || bytes[paramTo] !== equals || bytes[paramTo + 1] !== quote) return -1
      const valueTo = valueEnd(bytes, paramTo + 2, end)
      if (valueTo < 0 || ++params > maxParams) return -1
      at = valueTo + 1
    }
    if (at >= end || bytes[at] !== close) return -1
    at++
  }
  return count > 0 && (at === end || bytes[at] === space) ? at : -1
}

/** A name: printable ASCII without `=`, blank, `]`, `"`. */
function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && isNameByte(bytes[to]!)) to++
  return to > at && to - at <= maxName && to < end ? to : -1
}

function isNameByte(byte: number): boolean {
  return byte > space && byte < 0x7f && byte !== equals && byte !== close && byte !== quote
}

/** The quote that ends a value; a backslash hides what follows it. */
function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    if (bytes[i] === quote) return i
    if (bytes[i] === backslash) i++
  }
  return -1
}

function isKnownElement(bytes: Uint8Array, start: number, end: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (isEqual(bytes, start, end, elements[i * 2]!, elements[i * 2 + 1]!)) return true
  }
  return false
}

/** Whether a parameter of this name follows in the same element, whose rest begins at `at`. */
function isRepeated(bytes: Uint8Array, start: number, end: number, at: number, limit: number): boolean {
  let from = at
  while (bytes[from] === space) {
    const to = nameEnd(bytes, from + 1, limit)
    if (isEqual(bytes, start, end, from + 1, to)) return true
    from = valueEnd(bytes, to + 2, limit) + 1
  }
  return false
}

function isEqual(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let i = start, j = otherStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false
  return true
}

function copyQuoted(bytes: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  to[at] = quote
  const after = copyEscaped(bytes, start, end, to, at + 1)
  to[after] = quote
  return after + 1
}

/** A value with its escapes (`\"`, `\\`, `\]`) taken out, as the inside of a JSON string. */
function copyValue(bytes: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let into = at
  let from = start
  for (let i = start; i + 1 < end; i++) {
    if (bytes[i] !== backslash) continue
    const next = bytes[i + 1]!
    if (next === quote || next === backslash || next === close) {
      into = copyEscaped(bytes, from, i, to, into)
      from = i + 1
    }
    i++
  }
  return copyEscaped(bytes, from, end, to, into)
}

/** The span as the inside of a JSON string. It is short: the copier of the encoder, which needs views, would cost more. */
function copyEscaped(bytes: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let into = at
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < space) {
      for (let j = 0; j < controlEscape.length; j++) to[into++] = controlEscape[j]!
      to[into++] = hexDigit(byte >> 4)
      to[into++] = hexDigit(byte & 15)
      continue
    }
    if (byte === quote || byte === backslash) to[into++] = backslash
    to[into++] = byte
  }
  return into
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value
}
