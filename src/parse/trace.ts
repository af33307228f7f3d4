import { bytesOf } from '../core/byte-writer.ts'
import type { EventWriter } from '../core/event-writer.ts'
import { fieldId } from '../core/field.ts'
import {
  errorNameEnd,
  hasAt,
  inThread,
  isFrame,
  isPythonEnd,
  rustThread,
  stateOfTrace,
  traceback,
} from './join-rule.ts'
import { digitsEnd } from './quantity.ts'

const errorType = fieldId('error.type')
const errorMessage = fieldId('error.message')
const errorStack = fieldId('error.stack_trace')
const originFile = fieldId('log.origin.file.name')
const originLine = fieldId('log.origin.file.line')
const originFunction = fieldId('log.origin.function')

const [lineFeed, tab, space, quote, open, close, colon, comma] = [0x0a, 0x09, 0x20, 0x22, 0x28, 0x29, 0x3a, 0x2c]

const causedBy = bytesOf('Caused by: ')
const frameWord = bytesOf('at ')
const asyncWord = bytesOf('async ')
const fileWord = bytesOf('File "')
const fileUrl = bytesOf('file:///')
const panicCall = bytesOf('panic(')
/** .NET: `at A.B.C(String s) in /src/Pay.cs:line 12`. */
const netPlace = bytesOf(') in ')
const netLine = bytesOf(':line ')
/** Node ends the last frame with it where properties of the error follow. */
const propertiesOpen = bytesOf(' {')
const prefixes = ['Uncaught ', 'Unhandled exception. ', 'Unhandled exception: '].map(bytesOf)
const panicPrefixes = ['fatal error: ', 'panic: '].map(bytesOf)
const panic = 'panic'

/** Frames of libraries and runtimes: the origin is the first frame that is none of these, else the first one. */
const foreignNames = (
  'java. javax. jakarta. jdk. sun. com.sun. java.base/ kotlin. kotlinx. scala. akka. reactor. org.springframework. ' +
  'org.apache. org.hibernate. org.eclipse. org.jboss. org.postgresql. io.netty. io.undertow. com.zaxxer. com.mysql. ' +
  'com.fasterxml. com.google. okhttp3. System. Microsoft.'
)
  .split(' ')
  .map(bytesOf)
const foreignPaths = ['node:', 'node_modules/', 'site-packages/', '/lib/python', '<frozen ', 'internal/'].map(bytesOf)

/** Where a trace lies in the text of an event; one per parser, reused. */
export class Trace {
  /** -1: there is none. */
  start = -1
  /** Spans of type and text; start -1 if they are not told. */
  typeStart = -1
  typeEnd = -1
  textStart = -1
  textEnd = -1
  rootStart = -1
  rootEnd = -1
  /** Go and Rust: the type is `panic`. */
  isPanic = false
  fileStart = -1
  fileEnd = -1
  line = -1
  functionStart = -1
  functionEnd = -1

  reset(): void {
    this.start = -1
    this.typeStart = -1
    this.textStart = -1
    this.rootStart = -1
    this.isPanic = false
    this.fileStart = -1
    this.line = -1
    this.functionStart = -1
  }
}

/** End of the line that begins at `from`. */
export function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  return indexIn(bytes, lineFeed, from, end)
}

/** Where a byte is, `end` if it is not there. */
function indexIn(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== byte) i++
  return i
}

/** Where a byte is for the last time, `start - 1` if it is not there. */
function lastIndexIn(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let i = end - 1
  while (i >= start && bytes[i] !== byte) i--
  return i
}

/**
 * Finds the trace in the lines `bytes[start, end)`. `message` is where the message of the header in the first line
 * begins, -1 if the first line is plain text. Lines before the trace belong to the message
 * (`docs/formats.md` section 17).
 */
export function findTrace(bytes: Uint8Array, span: { start: number; end: number; message: number }, out: Trace): void {
  out.reset()
  const { end } = span
  const first = span.message < 0 ? span.start : span.message
  let from = first
  let hasFrame = false
  for (let to = lineEnd(bytes, from, end); ; to = lineEnd(bytes, from, end)) {
    if (from > first && isFrame(bytes, from, to)) hasFrame = true
    else if (from < to && (from > first || span.message < 0) && stateOfTrace(bytes, from, to, true) !== 0) {
      out.start = from
      break
    }
    if (hasFrame) {
      out.start = first
      break
    }
    from = to + 1
    if (from >= end) return
  }
  if (hasAt(bytes, out.start, end, traceback)) readPython(bytes, out.start, end, out)
  else readOther(bytes, out.start, end, out)
}

function readPython(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  for (let from = start; from < end;) {
    const to = lineEnd(bytes, from, end)
    let text = from
    while (bytes[text] === space || bytes[text] === tab) text++
    if (text > from) {
      if (hasAt(bytes, text, to, fileWord)) readPythonFrame(bytes, text + fileWord.length, to, out)
    } else if (isPythonEnd(bytes, from, to) && !hasAt(bytes, from, to, traceback)) readName(bytes, from, to, out)
    from = to + 1
  }
}

/** `File "/app/pay.py", line 12, in charge`; the innermost own frame is the last one. */
function readPythonFrame(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  const fileEnd = indexIn(bytes, quote, start, end)
  if (fileEnd === end) return
  if (out.fileStart >= 0 && isForeign(bytes, start, fileEnd, foreignPaths)) return
  out.fileStart = start
  out.fileEnd = fileEnd
  const line = fileEnd + 8
  const lineTo = digitsEnd(bytes, line, end)
  out.line = numberAt(bytes, line, lineTo)
  const isNamed = bytes[lineTo] === comma
  out.functionStart = isNamed ? lineTo + 5 : -1
  out.functionEnd = end
}

/** `Type: text` or `Type`. */
function readName(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  let to = start
  while (to < end && bytes[to] !== space && !(bytes[to] === colon && (to + 1 === end || bytes[to + 1] === space))) to++
  putName(bytes, { start, to, end }, out)
}

/** The type is `[start, to)`; the text, if there is one, follows it and a colon. */
function putName(bytes: Uint8Array, { start, to, end }: { start: number; to: number; end: number }, out: Trace): void {
  out.typeStart = start
  out.typeEnd = to
  const text = bytes[to] === colon ? to + 2 : to + 1
  out.textStart = text < end ? text : -1
  out.textEnd = end
}

function readOther(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  let isOwn = false
  for (let from = start; from < end;) {
    const to = lineEnd(bytes, from, end)
    if (isFrame(bytes, from, to)) {
      if (!isOwn) isOwn = readFrame(bytes, from, to, out)
    } else if (hasAt(bytes, from, to, causedBy)) {
      const name = errorNameEnd(bytes, from + causedBy.length, to)
      out.rootStart = name < 0 ? -1 : from + causedBy.length
      out.rootEnd = name
    } else if (out.typeStart < 0 && !out.isPanic) readHead(bytes, from, to, out)
    from = to + 1
  }
  if (out.isPanic) readGoPlace(bytes, start, end, out)
}

/** The line with type and text: `Exception in thread "main" a.b.C: text`, `Uncaught Error: text`, `panic: text`. */
function readHead(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  let from = start
  if (hasAt(bytes, from, end, rustThread)) {
    out.isPanic = true
    return
  }
  if (hasAt(bytes, from, end, inThread)) {
    from += inThread.length
    if (bytes[from] === quote) from = indexIn(bytes, quote, from + 1, end) + 2
  }
  for (const prefix of panicPrefixes) {
    if (!hasAt(bytes, from, end, prefix)) continue
    out.isPanic = true
    out.textStart = from + prefix.length
    out.textEnd = end
    return
  }
  for (const prefix of prefixes) if (hasAt(bytes, from, end, prefix)) from += prefix.length
  const name = errorNameEnd(bytes, from, end)
  if (name < 0) return
  putName(bytes, { start: from, to: name, end }, out)
}

/** Takes a frame as the origin unless there is one; true if it is the program's own. */
function readFrame(bytes: Uint8Array, start: number, lineEnd: number, out: Trace): boolean {
  const end = hasAt(bytes, lineEnd - propertiesOpen.length, lineEnd, propertiesOpen) ? lineEnd - 2 : lineEnd
  let from = start
  while (bytes[from] === space || bytes[from] === tab) from++
  if (!hasAt(bytes, from, end, frameWord)) return false
  from += frameWord.length
  if (hasAt(bytes, from, end, asyncWord)) from += asyncWord.length
  let placeEnd = end
  let placeStart = from
  const isCalled = bytes[end - 1] === close
  if (isCalled) {
    placeEnd = end - 1
    placeStart = lastIndexIn(bytes, open, from, end) + 1
  }
  const inWord = placeOfNet(bytes, from, end)
  if (inWord > 0) {
    placeStart = inWord
    placeEnd = end
  }
  const functionEnd = isCalled || inWord > 0 ? functionEndOf(bytes, from, end) : -1
  const isOwn =
    !isForeign(bytes, placeStart, placeEnd, foreignPaths) &&
    !(functionEnd > 0 && foreignNames.some((name) => hasAt(bytes, from, functionEnd, name)))
  if (!isOwn && out.functionStart >= 0) return false
  if (!isOwn && out.fileStart >= 0) return false
  setPlace(bytes, placeStart, placeEnd, out)
  out.functionStart = functionEnd > from ? from : -1
  out.functionEnd = functionEnd
  return isOwn
}

/** Where the path of a .NET frame begins, -1 if this is none. */
function placeOfNet(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === close && hasAt(bytes, i, end, netPlace)) return i + netPlace.length
  return -1
}

function functionEndOf(bytes: Uint8Array, start: number, end: number): number {
  const found = indexIn(bytes, open, start, end)
  if (found === end) return -1
  return bytes[found - 1] === space ? found - 1 : found
}

/** `File.java:42`, `/app/pay.js:12:5`, `file:///app/pay.js:12:5`, `/src/Pay.cs:line 12`. */
function setPlace(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  let first = -1
  for (let i = end - 1; i > start; i--) {
    if (bytes[i] === colon && hasAt(bytes, i, end, netLine)) {
      first = i
      break
    }
    if (bytes[i] === colon && bytes[i + 1]! >= 0x30 && bytes[i + 1]! <= 0x39) first = i
    else if (bytes[i] === colon || bytes[i] === 0x2f) break
  }
  let from = start
  if (hasAt(bytes, from, end, fileUrl)) from += fileUrl.length - 1
  out.fileStart = from
  out.fileEnd = first < 0 ? end : first
  const line = first < 0 ? -1 : hasAt(bytes, first, end, netLine) ? first + netLine.length : first + 1
  out.line = first < 0 ? -1 : numberAt(bytes, line, digitsEnd(bytes, line, end))
}

/** Go: `main.charge(0x1)`, then `\t/app/main.go:12 +0x1d`. */
function readGoPlace(bytes: Uint8Array, start: number, end: number, out: Trace): void {
  let before = -1
  for (let from = start; from < end;) {
    const to = lineEnd(bytes, from, end)
    if (bytes[from] === tab && bytes[from + 1] === 0x2f && before >= 0) {
      let place = from + 1
      while (place < to && bytes[place] !== space) place++
      if (!hasAt(bytes, before, from, panicCall)) {
        setPlace(bytes, from + 1, place, out)
        out.functionStart = before
        out.functionEnd = lastIndexIn(bytes, open, before, from)
        return
      }
    }
    before = from
    from = to + 1
  }
}

function isForeign(bytes: Uint8Array, start: number, end: number, words: readonly Uint8Array[]): boolean {
  for (let i = start; i < end; i++) for (const path of words) if (hasAt(bytes, i, end, path)) return true
  return false
}

function numberAt(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 9) return -1
  let value = 0
  for (let i = start; i < end; i++) value = value * 10 + bytes[i]! - 0x30
  return value
}

/** Writes `error.*` and `log.origin.*`; `end` is the end of the text. Spans lie where `out.inScratch` says. */
export function writeTrace(trace: Trace, end: number, root: number, out: EventWriter): void {
  if (trace.isPanic) out.string(errorType, panic)
  else if (trace.typeStart >= 0) out.text(errorType, trace.typeStart, trace.typeEnd)
  if (trace.textStart >= 0) out.text(errorMessage, trace.textStart, trace.textEnd)
  out.text(errorStack, trace.start, end)
  if (trace.rootStart >= 0) out.text(root, trace.rootStart, trace.rootEnd)
  if (trace.fileStart >= 0) out.text(originFile, trace.fileStart, trace.fileEnd)
  if (trace.line >= 0) out.number(originLine, trace.line)
  if (trace.functionStart >= 0) out.text(originFunction, trace.functionStart, trace.functionEnd)
}
