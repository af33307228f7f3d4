import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat, type TextContext } from '../format.ts'
import { digitsEnd } from '../quantity.ts'
import { scanIso } from '../timestamp/iso.ts'
import { WordTable } from '../word-table.ts'
import { writeMessage, writeTime } from './constant.ts'
import { blanksEnd, capitalLevelEnd, nameEnd, scanPlace, writeLevel, writePid } from './header-part.ts'
import { writePresent } from './request.ts'
import { writeSpanId, writeTraceId } from './trace-context.ts'

const [space, comma, dash, dot, slash, colon, open, close, bar] = [0x20, 0x2c, 0x2d, 0x2e, 0x2f, 0x3a, 0x5b, 0x5d, 0x7c]
const equals = 0x3d
const logger = fieldId('log.logger')
const serviceName = fieldId('service.name')

/** Words before a colon that begin a message rather than name a logger. */
const notNames = new WordTable([[1, 'cpu mem memory disk error warning exception traceback warn info http https']])

const contextKey = { trace: 1, span: 2, service: 3 } as const
const contextKeys = new WordTable([
  [contextKey.trace, 'trace_id oteltraceid'],
  [contextKey.span, 'span_id otelspanid'],
  [contextKey.service, 'resource.service.name otelservicename'],
])

/**
 * The usual layouts of Python's `logging`: `time [LEVEL] name: msg`, `time - name - LEVEL - msg`, `LEVEL:name:msg`
 * (`basicConfig`), `[time] {file.py:12} LEVEL - msg` (Airflow), `[time] LEVEL in module: msg` (Flask), `time LEVEL name:
 * msg`, `LEVEL time module pid thread msg` (Django's verbose one) and the one of OpenTelemetry with trace ids
 * (https://docs.python.org/3/library/logging.html#logrecord-attributes).
 */
export const pythonLogging = defineTextFormat({
  shape: 'text',
  name: 'python_logging',
  summary: "Usual layouts of Python's logging module.",
  tier: 'core',
  dataset: 'python.log',
  module: 'python',
  fields: [
    'log.level',
    'log.logger',
    'log.origin.file.name',
    'log.origin.file.line',
    'process.pid',
    'process.thread.id',
    'service.name',
    'trace.id',
    'span.id',
    'event.timezone',
    'attributes.process.pid',
  ],
  example: '2026-11-21 22:14:15,003 [ERROR] pay: declined',
  starts: ['digit', '[', 'CDEFINSTW'],
  scan(bytes, start, end, out, context) {
    const first = bytes[start]!
    if (first >= 0x41) {
      if (first === open) return scanBracketed(bytes, start, end, out, context)
      return scanLevelLed(bytes, start, end, out, context)
    }
    const at = scanIso(bytes, start, end, context.time, context.scan)
    if (at < 0 || at + 3 >= end || bytes[start + 10] !== space || bytes[at] !== space) return false
    writeTime(out, context)
    const next = bytes[at + 1]!
    if ((next === dash || next === bar) && bytes[at + 2] === space) {
      return scanParts(bytes, at + 3, start, end, out, context)
    }
    if (next === open) return scanLevelInBrackets(bytes, at + 1, start, end, out, context)
    return bytes[start + 19] === comma && scanBareLevel(bytes, at + 1, start, end, out, context)
  },
})

/** `LEVEL:name:msg`, `LEVEL 2026-11-21 22:14:15,003 module 8710 140 msg`. */
function scanLevelLed(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): boolean {
  const level = capitalLevelEnd(bytes, start, end)
  if (level < 0 || level + 2 >= end) return false
  if (bytes[level] === space) return scanVerbose(bytes, level, start, end, out, context)
  if (bytes[level] !== colon) return false
  const to = nameEnd(bytes, level + 1, end)
  if (to < 0 || to >= end || bytes[to] !== colon) return false
  if (to + 2 < end && bytes[to + 1] === slash && bytes[to + 2] === slash) return false
  writeLevel(bytes, start, level, out)
  out.text(logger, level + 1, to)
  writeMessage(blanksEnd(bytes, to + 1, end), start, end, out, context)
  return true
}

const threadId = fieldId('process.thread.id')

function scanVerbose(
  bytes: Uint8Array,
  level: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): boolean {
  const time = scanIso(bytes, level + 1, end, context.time, context.scan)
  if (time < 0 || bytes[level + 20] !== comma || bytes[time] !== space) return false
  const name = nameEnd(bytes, time + 1, end)
  if (name < 0 || name >= end || bytes[name] !== space) return false
  const pid = digitsEnd(bytes, name + 1, end)
  if (pid === name + 1 || pid >= end || bytes[pid] !== space) return false
  const thread = digitsEnd(bytes, pid + 1, end)
  if (thread === pid + 1 || thread >= end || bytes[thread] !== space) return false
  writeTime(out, context)
  writeLevel(bytes, start, level, out)
  out.text(logger, time + 1, name)
  writePid(bytes, name + 1, pid, out)
  writeThread(bytes, pid + 1, thread, out)
  writeMessage(thread + 1, start, end, out, context)
  return true
}

/** Idents of threads are addresses: a number beyond 2^53 is none that could be kept. */
function writeThread(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  let value = 0
  for (let i = start; i < end; i++) value = value * 10 + bytes[i]! - 0x30
  if (value <= Number.MAX_SAFE_INTEGER) out.number(threadId, value)
}

/** `[time] {file.py:12} LEVEL - msg`, `[time] LEVEL in module: msg`, `[time] [LEVEL] name: msg`. */
function scanBracketed(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): boolean {
  const time = scanIso(bytes, start + 1, end, context.time, context.scan)
  if (time < 0 || time + 4 >= end || bytes[time] !== close || bytes[time + 1] !== space) return false
  writeTime(out, context)
  let at = time + 2
  if (bytes[at] === open) {
    return bytes[start + 11] === space && scanLevelInBrackets(bytes, at, start, end, out, context)
  }
  const isPlaced = bytes[at] === 0x7b
  if (isPlaced) {
    at = scanPlace(bytes, at, end, out)
    if (at < 0 || at >= end || bytes[at] !== space) return false
    at++
  }
  const level = capitalLevelEnd(bytes, at, end)
  if (level < 0 || level + 4 >= end || bytes[level] !== space) return false
  if (isPlaced) {
    if (bytes[level + 1] !== dash || bytes[level + 2] !== space) return false
    writeLevel(bytes, at, level, out)
    writeMessage(blanksEnd(bytes, level + 3, end), start, end, out, context)
    return true
  }
  if (bytes[level + 1] !== 0x69 || bytes[level + 2] !== 0x6e || bytes[level + 3] !== space) return false
  const name = nameEnd(bytes, level + 4, end)
  if (name < 0 || name >= end || bytes[name] !== colon) return false
  writeLevel(bytes, at, level, out)
  out.text(logger, level + 4, name)
  writeMessage(blanksEnd(bytes, name + 1, end), start, end, out, context)
  return true
}

/** `[LEVEL] name: msg`, with blanks within the brackets to fill them up; the name may be absent. */
function scanLevelInBrackets(
  bytes: Uint8Array,
  from: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): boolean {
  const word = blanksEnd(bytes, from + 1, end)
  const level = capitalLevelEnd(bytes, word, end)
  if (level < 0) return false
  let at = blanksEnd(bytes, level, end)
  if (at >= end || bytes[at] !== close) return false
  at++
  if (at < end && bytes[at] === colon) at++
  if (at < end && bytes[at] !== space) return false
  writeLevel(bytes, word, level, out)
  writeRest(bytes, blanksEnd(bytes, at, end), start, end, out, context)
  return true
}

/** What may stand between level and message: `- `, a place, a name with a colon. */
function writeRest(
  bytes: Uint8Array,
  from: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): void {
  let at = afterSeparator(bytes, from, end)
  const place = scanPlace(bytes, at, end, out)
  if (place > 0) at = afterSeparator(bytes, blanksEnd(bytes, place, end), end)
  const name = nameEnd(bytes, at, end)
  if (name > 0 && name + 1 < end && bytes[name] === colon && bytes[name + 1] === space) {
    if (notNames.find(bytes, at, name) === 0) {
      out.text(logger, at, name)
      at = blanksEnd(bytes, name + 1, end)
    }
  }
  writeMessage(at, start, end, out, context)
}

/** Position after `- `, `: ` or `| ` at `at`, else `at`. */
function afterSeparator(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || bytes[at + 1] !== space) return at
  return bytes[at] === dash || bytes[at] === colon || bytes[at] === bar ? blanksEnd(bytes, at + 1, end) : at
}

/** `name - LEVEL - msg`, `LEVEL - msg`, `LEVEL - name - msg`; with `|` the name is needed (loguru has none). */
function scanParts(
  bytes: Uint8Array,
  from: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): boolean {
  const mark = bytes[from - 2]!
  let word = from
  let level = capitalLevelEnd(bytes, word, end)
  let rest = level < 0 ? -1 : afterMark(bytes, level, end, mark)
  let hasName = false
  if (rest < 0) {
    const name = partEnd(bytes, from, end)
    word = afterMark(bytes, name, end, mark)
    if (name === from || word < 0) return false
    level = capitalLevelEnd(bytes, word, end)
    rest = level < 0 ? -1 : afterMark(bytes, level, end, mark)
    if (rest < 0) return false
    out.text(logger, from, name)
    hasName = true
  }
  const place = scanPlace(bytes, rest, end, out)
  if (place > 0) rest = Math.max(place, afterMark(bytes, place, end, mark))
  if (!hasName && place < 0) {
    const name = nameEnd(bytes, rest, end)
    const after = name > 0 && isModule(bytes, rest, name) ? afterMark(bytes, name, end, mark) : -1
    if (after > 0) {
      out.text(logger, rest, name)
      rest = after
    } else if (mark === bar) return false
  }
  writeLevel(bytes, word, level, out)
  writeMessage(blanksEnd(bytes, rest, end), start, end, out, context)
  return true
}

/** End of a part without blanks. */
function partEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + 200)
  let to = at
  while (to < limit && bytes[to]! > space) to++
  return to
}

/** Position after blanks, the mark and a blank; -1 if they are not there. The message may be empty. */
function afterMark(bytes: Uint8Array, at: number, end: number, mark: number): number {
  const to = blanksEnd(bytes, at, end)
  if (to === at || to >= end || bytes[to] !== mark) return -1
  return to + 1 === end ? end : bytes[to + 1] === space ? to + 2 : -1
}

/** Modules are written in lower case, or have a dot; a capital begins a message. */
function isModule(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start]! >= 0x5f) return true
  for (let i = start; i < end; i++) if (bytes[i] === dot) return true
  return false
}

/** `LEVEL name: msg`, `LEVEL name - msg`, `LEVEL [name] [file.py:12] [trace_id=… span_id=…] - msg`. */
function scanBareLevel(
  bytes: Uint8Array,
  word: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): boolean {
  const level = capitalLevelEnd(bytes, word, end)
  if (level < 0 || level + 2 >= end || bytes[level] !== space) return false
  let at = blanksEnd(bytes, level, end)
  const place = scanPlace(bytes, at, end, out)
  if (place > 0) at = afterSeparator(bytes, blanksEnd(bytes, place, end), end)
  else at = bytes[at] === open ? scanBracketParts(bytes, at, end, out) : scanPlainName(bytes, at, end, out)
  if (at < 0) return false
  writeLevel(bytes, word, level, out)
  writeMessage(at, start, end, out, context)
  return true
}

/** `name: ` or `name - `; a Java class is none, though it is written alike. */
function scanPlainName(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  const name = nameEnd(bytes, at, end)
  if (name < 0 || name + 1 >= end || isJavaClass(bytes, at, name)) return -1
  const mark = bytes[name] === space ? name + 1 : name
  if (bytes[mark] !== (mark === name ? colon : dash) || mark + 1 >= end || bytes[mark + 1] !== space) return -1
  if (notNames.find(bytes, at, name) !== 0) return -1
  out.text(logger, at, name)
  return blanksEnd(bytes, mark + 1, end)
}

/** At least two dots, and a capital after the last one. */
function isJavaClass(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0
  let last = start
  for (let i = start; i < end; i++) {
    if (bytes[i] !== dot) continue
    dots++
    last = i + 1
  }
  return dots > 1 && last < end && bytes[last]! >= 0x41 && bytes[last]! <= 0x5a
}

/** `[name] msg`, `[name] [file.py:12] [trace_id=… …] - msg`; not `[thread] a.b.C - msg`. */
function scanBracketParts(bytes: Uint8Array, from: number, end: number, out: EventWriter): number {
  const name = nameEnd(bytes, from + 1, end)
  if (name < 0 || name + 1 >= end || bytes[name] !== close || bytes[name + 1] !== space) return -1
  let at = blanksEnd(bytes, name + 1, end)
  const next = nameEnd(bytes, at, end)
  if (next > 0 && (isJavaClass(bytes, at, next) || isLoggerAhead(bytes, next, end))) return -1
  out.text(logger, from + 1, name)
  const place = scanPlace(bytes, at, end, out)
  if (place > 0) at = blanksEnd(bytes, place, end)
  if (at < end && bytes[at] === open) {
    const to = scanContext(bytes, at + 1, end, out)
    if (to > 0) at = blanksEnd(bytes, to, end)
  }
  return afterSeparator(bytes, at, end)
}

function isLoggerAhead(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && bytes[at] === space && bytes[at + 1] === dash && bytes[at + 2] === space
}

/** `trace_id=… span_id=… resource.service.name=pay trace_sampled=True]`; 0 is no id. Position after it, -1 if it is none. */
function scanContext(bytes: Uint8Array, from: number, end: number, out: EventWriter): number {
  for (let at = from; at < end;) {
    let key = at
    while (key < end && bytes[key]! > space && bytes[key] !== equals && bytes[key] !== close) key++
    if (key >= end || bytes[key] !== equals) return -1
    let to = key + 1
    while (to < end && bytes[to]! > space && bytes[to] !== close) to++
    if (to >= end) return -1
    const meaning = contextKeys.find(bytes, at, key)
    if (meaning === 0 && at === from) return -1
    if (meaning === contextKey.trace) writeTraceId(bytes, key + 1, to, out)
    else if (meaning === contextKey.span) writeSpanId(bytes, key + 1, to, out)
    else if (meaning === contextKey.service) writePresent(serviceName, bytes, key + 1, to, out)
    if (bytes[to] === close) return to + 1
    at = to + 1
  }
  return -1
}
