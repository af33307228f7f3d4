import { bytesOf } from '../core/byte-writer.ts'
import { digitsEnd } from './quantity.ts'

/** Bits of what a group of lines is: they decide which lines may follow. */
export const join = {
  /** The first line has a time or level header of its own: indented lines and traces belong to it. */
  header: 1 << 0,
  /** A line has followed. */
  started: 1 << 1,
  /** A stack trace has begun. */
  trace: 1 << 2,
  /** Python: the line with type and text, which is not indented, is still to come. */
  python: 1 << 3,
  /** Python: a chain sentence came, and another traceback follows. */
  chain: 1 << 4,
  /** Node: the place of an uncaught error came, its type and text follow. */
  place: 1 << 5,
  go: 1 << 6,
  rust: 1 << 7,
  /** The header's level is warn or worse, or it has none: a bare `Error: text` belongs to it. */
  severe: 1 << 8,
  /** The first part of the text begins like a JSON object: it is whole with its last part. */
  json: 1 << 9,
} as const

/** Classes of first bytes. */
const [other, blank, bracket, letter, mark] = [0, 1, 2, 3, 4]
const classes = new Uint8Array(256).fill(letter, 0x41, 0x5b).fill(letter, 0x61, 0x7b)
for (const char of '_$') classes[char.charCodeAt(0)] = letter
for (const char of ' \t') classes[char.charCodeAt(0)] = blank
for (const char of '}])') classes[char.charCodeAt(0)] = bracket
for (const char of '[#/"') classes[char.charCodeAt(0)] = mark

const [tab, space, dot, colon, open, close] = [0x09, 0x20, 0x2e, 0x3a, 0x28, 0x29]

function wordsOf(...texts: string[]): Uint8Array[] {
  return texts.map(bytesOf)
}

export const traceback = bytesOf('Traceback (most recent call last):')
export const inThread = bytesOf('Exception in thread ')
const panic = bytesOf('panic: ')
const fatal = bytesOf('fatal error: ')
const goroutine = bytesOf('goroutine ')
export const rustThread = bytesOf("thread '")
const uncaught = bytesOf('Uncaught ')
const unhandled = bytesOf('Unhandled exception')
const stackTrace = bytesOf('Stack trace:')
const causes = wordsOf('Caused by: ', 'Suppressed: ', '[CIRCULAR REFERENCE', 'Wrapped by: ')
const chains = wordsOf('During handling of the above exception', 'The above exception was the direct cause')
const goLines = wordsOf('goroutine ', 'created by ', '[signal ', 'exit status ', 'panic: ', '...additional frames')
const rustLines = wordsOf('note: ', 'stack backtrace:')
const nodeLines = wordsOf('Node.js v')
const phpLines = wordsOf('#0 ', '#1 ', '#2 ', '#3 ', '#4 ', '#5 ', '#6 ', '#7 ', '#8 ', '#9 ', '[stacktrace]', '"}')
const frames = wordsOf('at ', '... ', 'File "', 'from ', '- locked ', '- waiting ')
const errorWords = wordsOf('Exception', 'Error', 'Throwable', 'Failure', 'Fault', 'Interrupt', 'Exit')

export function hasAt(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (end - at < word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

function hasOne(bytes: Uint8Array, at: number, end: number, words: readonly Uint8Array[]): boolean {
  for (const word of words) if (hasAt(bytes, at, end, word)) return true
  return false
}

/**
 * The state of a group after a line that belongs to it, -1 if the line begins an event of its own
 * (`docs/formats.md` section 11). The line is not blank. A few byte tests for most lines.
 */
export function stateAfter(state: number, bytes: Uint8Array, start: number, end: number): number {
  switch (classes[bytes[start]!]) {
    case other:
      return -1
    case blank:
      if ((state & (join.header | join.trace)) !== 0) return state | join.started
      return isFrame(bytes, start, end) ? state | join.started | join.trace : -1
    case bracket:
      return (state & (join.header | join.started)) !== 0 && isClosing(bytes, start, end) ? state | join.started : -1
    default:
      return stateAfterWord(state, bytes, start, end)
  }
}

function stateAfterWord(state: number, bytes: Uint8Array, start: number, end: number): number {
  const next = state | join.started
  if (hasOne(bytes, start, end, causes)) return next | join.trace
  if ((state & join.trace) === 0) {
    const begun = (state & join.header) === 0 ? 0 : stateOfTrace(bytes, start, end, (state & join.severe) !== 0)
    return begun === 0 ? -1 : next | begun
  }
  if (state & join.python) return isPythonEnd(bytes, start, end) ? next & ~join.python : -1
  if (hasOne(bytes, start, end, chains)) return next | join.chain
  if (state & join.chain && hasAt(bytes, start, end, traceback)) return (next & ~join.chain) | join.python
  if (state & join.place && errorNameEnd(bytes, start, end) > 0) return next & ~join.place
  if (state & join.go && isGoLine(bytes, start, end)) return next
  if (state & join.rust && hasOne(bytes, start, end, rustLines)) return next
  if (hasOne(bytes, start, end, nodeLines) || hasAt(bytes, start, end, stackTrace)) return next
  return hasOne(bytes, start, end, phpLines) ? next : -1
}

/** The state of a group whose first line has no header: that of the trace that it begins, or none. */
export function stateOfPlain(bytes: Uint8Array, start: number, end: number): number {
  if (isFrame(bytes, start, end)) return join.trace
  return stateOfTrace(bytes, start, end, true)
}

/** Bits of the trace that a line begins, 0 if it begins none. `bare`: a single word such as `TypeError` is enough. */
export function stateOfTrace(bytes: Uint8Array, start: number, end: number, bare: boolean): number {
  const first = bytes[start]!
  const kind = classes[first]!
  if (kind === mark) return isPlace(bytes, start, end) ? join.trace | join.place : 0
  if (kind !== letter) return 0
  if (hasAt(bytes, start, end, traceback)) return join.trace | join.python
  if (hasAt(bytes, start, end, inThread) || hasAt(bytes, start, end, unhandled)) return join.trace
  if (hasAt(bytes, start, end, panic) || hasAt(bytes, start, end, fatal)) return join.trace | join.go
  if (hasAt(bytes, start, end, goroutine)) return bytes[end - 1] === colon ? join.trace | join.go : 0
  if (hasAt(bytes, start, end, rustThread)) return join.trace | join.rust
  if (hasAt(bytes, start, end, uncaught) || hasAt(bytes, start, end, stackTrace)) return join.trace
  if (isPlace(bytes, start, end)) return join.trace | join.place
  const name = errorNameEnd(bytes, start, end)
  return name > 0 && (bare || hasDot(bytes, start, name)) ? join.trace : 0
}

/**
 * Where the name of an exception ends that the line begins with: words with dots (or `\`, `::`), the last one with
 * `Error`, `Exception` ... at its end, and then `:`, a blank with `[` or `(`, or nothing. -1 if it is none.
 */
export function errorNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let hasLower = false
  while (at < end && isNamePart(bytes[at]!, bytes[at + 1]!)) {
    if (bytes[at]! >= 0x61 && bytes[at]! <= 0x7a) hasLower = true
    at++
  }
  if (at === start || !hasLower) return -1
  if (at < end && bytes[at] !== colon && !(bytes[at] === space && (bytes[at + 1] === 0x5b || bytes[at + 1] === open))) {
    return -1
  }
  for (const word of errorWords) if (at - word.length >= start && hasAt(bytes, at - word.length, at, word)) return at
  return -1
}

function isNamePart(byte: number, next: number): boolean {
  if ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39)) return true
  if (byte === dot || byte === 0x5f || byte === 0x24 || byte === 0x5c) return true
  return byte === colon && (next === colon || isLetter(next))
}

function isLetter(byte: number): boolean {
  return classes[byte] === letter
}

function hasDot(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === dot || bytes[i] === 0x5c) return true
  return false
}

/** Indented `at `, `... 12 more`, `File "`, `from ` or `12: `. */
export function isFrame(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
  if (at === start) return false
  if (hasOne(bytes, at, end, frames)) return true
  const digits = digitsEnd(bytes, at, end)
  return digits > at && bytes[digits] === colon && bytes[digits + 1] === space
}

/** Closing brackets alone, with commas and semicolons. */
function isClosing(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (classes[byte] !== bracket && byte !== 0x2c && byte !== 0x3b && byte !== space) return false
  }
  return true
}

/** `Type: text` or `Type` alone, as the last line of a Python traceback; a level word in capitals is none. */
export function isPythonEnd(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  let hasLower = false
  while (at < end && (isLetter(bytes[at]!) || bytes[at] === dot || (bytes[at]! >= 0x30 && bytes[at]! <= 0x39))) {
    if (bytes[at]! >= 0x61 && bytes[at]! <= 0x7a) hasLower = true
    at++
  }
  return hasLower && at > start && (at === end || bytes[at] === colon)
}

/** `/app/server.js:12` or `node:internal/modules/cjs/loader:1143`: where an uncaught error was thrown. */
function isPlace(bytes: Uint8Array, start: number, end: number): boolean {
  let digits = end
  while (digits > start && bytes[digits - 1]! >= 0x30 && bytes[digits - 1]! <= 0x39) digits--
  if (digits === end || digits - start < 4 || bytes[digits - 1] !== colon) return false
  if (bytes[start] !== 0x2f && !(bytes[start] === 0x6e && bytes[start + 4] === colon) && bytes[start] !== 0x66)
    return false
  for (let i = start; i < digits; i++) if (bytes[i] === space) return false
  return true
}

function isGoLine(bytes: Uint8Array, start: number, end: number): boolean {
  if (hasOne(bytes, start, end, goLines)) return true
  if (bytes[end - 1] !== close) return false
  for (let i = start; i < end; i++) {
    if (bytes[i] === space) return false
    if (bytes[i] === open) return true
  }
  return false
}
