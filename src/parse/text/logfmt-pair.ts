import { isDigit } from '../quantity.ts'
import { isWordByte } from './header-part.ts'
import { findKey, meaning, meaningOf } from './logfmt-key.ts'

const [space, quote, equals, backslash, at64] = [0x20, 0x22, 0x3d, 0x5c, 0x40]

/** One pair of a line as spans, or a bare key. Reused. */
export class Pair {
  /** -1: there is none. */
  keyStart = -1
  keyEnd = -1
  /** The value, without quotes. */
  start = 0
  end = 0
  /** As `findKey` gives it. */
  known = 0
  isBare = false
  hasEscape = false
}

/**
 * Reads the pair or bare key at `from` and returns the position after it; -1 if there is neither. A quote that is never
 * closed holds the rest of the line; a message without quotes goes on to the next pair.
 */
export function readPair(bytes: Uint8Array, from: number, end: number, pair: Pair): number {
  const keyEnd = endOfKey(bytes, from, end)
  if (keyEnd < 0) return -1
  pair.keyStart = from
  pair.keyEnd = keyEnd
  pair.hasEscape = false
  pair.known = 0
  pair.start = keyEnd
  pair.end = keyEnd
  pair.isBare = keyEnd === end || bytes[keyEnd] !== equals
  if (pair.isBare) return keyEnd
  pair.known = findKey(bytes, from, keyEnd)
  const start = keyEnd + 1
  if (start < end && bytes[start] === quote) return readQuoted(bytes, start + 1, end, pair)
  let to = wordEnd(bytes, start, end)
  if (meaningOf(pair.known) === meaning.message && to > start) to = sentenceEnd(bytes, to, end)
  pair.start = start
  pair.end = to
  return to
}

/** End of a key at `at`, with `=`, a blank or the end of the line behind it; -1 if it is none. */
function endOfKey(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && isKeyByte(bytes[to]!)) to++
  if (to === at || isDigit(bytes[at]) || bytes[at] === 0x2d || bytes[at] === 0x2e) return -1
  return to === end || bytes[to] === equals || bytes[to] === space ? to : -1
}

function isKeyByte(byte: number): boolean {
  return isWordByte(byte) || byte === 0x2e || byte === 0x2d || byte === 0x2f || byte === at64 || byte >= 0x80
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to]! > space) to++
  return to
}

function readQuoted(bytes: Uint8Array, start: number, end: number, pair: Pair): number {
  pair.start = start
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === backslash) {
      pair.hasEscape = true
      i++
    } else if (byte === quote) {
      pair.end = i
      return i + 1 === end || bytes[i + 1] === space ? i + 1 : -1
    }
  }
  pair.end = end
  return end
}

/** Words up to the next one that is a pair. */
function sentenceEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  for (let from = at; from < end;) {
    while (from < end && bytes[from] === space) from++
    let key = from
    while (key < end && isKeyByte(bytes[key]!)) key++
    if (from === end || (key > from && key < end && bytes[key] === equals)) return to
    to = wordEnd(bytes, Math.max(key, from + 1), end)
    from = to
  }
  return to
}
