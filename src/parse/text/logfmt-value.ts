import { bytesOf, textOf } from '../../core/byte-writer.ts'
import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { oddKey } from '../../core/key-fields.ts'
import type { TextContext } from '../format.ts'
import { plainKey } from '../json/rewrite-key.ts'
import { scanLevel } from '../level.ts'
import { scanDurationNs, scanUint } from '../quantity.ts'
import { scanAny } from '../timestamp/any.ts'
import { isHex, portColon, writeSource } from './address.ts'
import { writeJsonConstant, writeTime, writeWebAccess } from './constant.ts'
import { writeLevel } from './header-part.ts'
import { meaning, meaningOf, reading, readingOf } from './logfmt-key.ts'
import type { Pair } from './logfmt-pair.ts'
import { writeTarget } from './request.ts'
import { writeDatadogIds, writeSpanId, writeTraceId } from './trace-context.ts'

const [quote, dash, slash, colon, backslash] = [0x22, 0x2d, 0x2f, 0x3a, 0x5c]
const threadId = fieldId('process.thread.id')
const threadName = fieldId('process.thread.name')
const processId = fieldId('process.pid')
const method = fieldId('http.request.method')
const originFile = fieldId('log.origin.file.name')
const originLine = fieldId('log.origin.file.line')
const trueJson = bytesOf('true')
/** Bytes of a key that stay. */
const maxKeyBytes = 256
const unitNs: readonly number[] = [Number.NaN, 1, 1e3, 1e6, 1e9]

/** Fields of the meanings whose values are only copied; 0 for the rest. */
const copied = new Uint16Array(32)
copied[meaning.message] = fieldId('message')
copied[meaning.logger] = fieldId('log.logger')
copied[meaning.service] = fieldId('service.name')
copied[meaning.version] = fieldId('service.version')
copied[meaning.environment] = fieldId('service.environment')
copied[meaning.host] = fieldId('host.name')
copied[meaning.userId] = fieldId('user.id')
copied[meaning.userName] = fieldId('user.name')
copied[meaning.error] = fieldId('error.message')
copied[meaning.stack] = fieldId('error.stack_trace')
copied[meaning.request] = fieldId('http.request.id')

/** Writes a pair under `attributes`: text, and true for a bare key. False if there is no room for another name. */
export function writeAttribute(pair: Pair, bytes: Uint8Array, out: EventWriter): boolean {
  const { attributes, fields } = out.batch.tables
  let field = attributes.find(bytes, pair.keyStart, pair.keyEnd)
  if (field === oddKey) {
    field = fields.id(`attributes.${plainKey(textOf(bytes, pair.keyStart, pair.keyEnd), maxKeyBytes)}`)
    out.addFlags(eventFlag.key_renamed)
  }
  if (field < 0) return false
  if (pair.isBare) writeJsonConstant(field, trueJson, out)
  else writeText(field, pair, bytes, out)
  return true
}

/** A quoted value keeps its escapes if they are those of JSON; with others it is kept as it is written. */
function writeText(field: number, pair: Pair, bytes: Uint8Array, out: EventWriter): void {
  if (pair.hasEscape && isJsonInside(bytes, pair.start, pair.end)) out.jsonText(field, pair.start, pair.end)
  else out.text(field, pair.start, pair.end)
}

/** Writes the value of a known key to its field; false, with nothing written, if it is no such value. */
export function writeKnown(pair: Pair, bytes: Uint8Array, out: EventWriter, context: TextContext): boolean {
  const { start, end } = pair
  const kind = meaningOf(pair.known)
  if (copied[kind]! !== 0) {
    writeText(copied[kind]!, pair, bytes, out)
    return true
  }
  switch (kind) {
    case meaning.time:
      if (scanAny(bytes, start, end, context.time, context.scan) < 0) return false
      writeTime(out, context)
      return true
    case meaning.level:
      if (scanLevel(bytes, start, end) === 0) return false
      writeLevel(bytes, start, end, out)
      return true
    case meaning.thread:
      return writeNumber(threadId, bytes, start, end, out) || writePlain(threadName, start, end, out)
    case meaning.pid:
      return writeNumber(processId, bytes, start, end, out)
    case meaning.address:
      writeSource(bytes, start, end, out)
      return true
    case meaning.duration:
      return writeDuration(readingOf(pair.known), bytes, start, end, out)
    case meaning.trace:
      return writeTrace(readingOf(pair.known), bytes, start, end, out)
    case meaning.span:
      if (readingOf(pair.known) === reading.datadog) return writeDatadogIds(true, bytes, start, end, out)
      return writeSpanId(bytes, start, end, out)
    case meaning.caller:
      return writeCaller(bytes, start, end, out)
    default:
      return false
  }
}

function writePlain(field: number, start: number, end: number, out: EventWriter): boolean {
  out.text(field, start, end)
  return true
}

function writeNumber(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const value = scanUint(bytes, start, end)
  if (value >= 0) out.number(field, value)
  return value >= 0
}

/** A key that tells the unit promises a duration: a value that is none is flagged. */
function writeDuration(how: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const ns = scanDurationNs(bytes, start, end, unitNs[how]!)
  if (Number.isNaN(ns)) {
    if (how !== reading.plain) out.addFlags(eventFlag.value_invalid)
    return false
  }
  out.setDurationNs(ns)
  return true
}

/** `00-<32 hex>-<16 hex>-01` is a `traceparent` (W3C Trace Context section 3.2). */
function writeTrace(how: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (how === reading.datadog) return writeDatadogIds(false, bytes, start, end, out)
  if (how !== reading.traceparent) return writeTraceId(bytes, start, end, out)
  const isParent =
    end - start >= 55 && bytes[start + 2] === dash && bytes[start + 35] === dash && bytes[start + 52] === dash
  return isParent && writeTraceId(bytes, start + 3, start + 35, out) && writeSpanId(bytes, start + 36, start + 52, out)
}

/** `pay/card.go:42`. */
function writeCaller(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const at = portColon(bytes, start, end)
  const line = at < 0 ? -1 : scanUint(bytes, at + 1, end)
  if (line < 0) return false
  for (let i = start; i < at; i++) if (bytes[i] === colon) return false
  out.text(originFile, start, at)
  out.number(originLine, line)
  return true
}

/**
 * Writes method, status and target: a method or a target makes a request, and a status or duration beside it an access
 * event. What is none of them goes to `attributes`; a path needs one of the others, for files have paths, too.
 */
export function writeRequestParts(verb: Pair, status: Pair, target: Pair, bytes: Uint8Array, out: EventWriter): void {
  const hasMethod = verb.keyStart >= 0 && isMethod(bytes, verb.start, verb.end)
  const code = status.keyStart < 0 ? -1 : scanUint(bytes, status.start, status.end)
  const isTarget = target.keyStart >= 0 && bytes[target.start] === slash && !target.hasEscape
  const hasTarget = isTarget && (hasMethod || code >= 0 || target.keyEnd - target.keyStart === 3)
  const isRequest = hasMethod || hasTarget
  const hasStatus = isRequest && code >= 100 && code <= 599
  if (hasMethod) out.text(method, verb.start, verb.end)
  else if (verb.keyStart >= 0) writeAttribute(verb, bytes, out)
  if (hasTarget) writeTarget(bytes, target.start, target.end, out)
  else if (target.keyStart >= 0) writeAttribute(target, bytes, out)
  if (hasStatus) out.setStatus(code)
  else if (status.keyStart >= 0) {
    writeAttribute(status, bytes, out)
    if (isRequest && readingOf(status.known) === reading.plain) out.addFlags(eventFlag.value_invalid)
  }
  if (!isRequest || !(hasStatus || out.hasDuration)) return
  writeWebAccess(out)
  if (hasStatus && out.level === 0) out.setLevel(code >= 500 ? 5 : code >= 400 ? 4 : 3)
}

function isMethod(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || end - start > 32) return false
  for (let i = start; i < end; i++) if (bytes[i]! < 0x41 || bytes[i]! > 0x5a) return false
  return true
}

/** Whether the span can stand between the quotes of a JSON string (RFC 8259 section 7), with no half surrogate pair. */
function isJsonInside(bytes: Uint8Array, start: number, end: number): boolean {
  let isHigh = false
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte === quote) return false
    if (byte !== backslash) {
      if (isHigh) return false
      continue
    }
    const next = i + 1 < end ? bytes[++i]! : 0
    if (next === 0x75) {
      const unit = unitAt(bytes, i + 1, end)
      const isLow = unit >= 0xdc00 && unit <= 0xdfff
      if (unit < 0 || isLow !== isHigh) return false
      isHigh = unit >= 0xd800 && unit <= 0xdbff
      i += 4
      continue
    }
    if (isHigh || !isEscape(next)) return false
  }
  return !isHigh
}

/** The letters that JSON has after a backslash, apart from u: `" \ / b f n r t`. */
function isEscape(byte: number): boolean {
  switch (byte) {
    case quote:
    case backslash:
    case slash:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true
    default:
      return false
  }
}

/** Value of four hex digits, -1 if they are none. */
function unitAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!
    if (!isHex(byte)) return -1
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)
  }
  return value
}
