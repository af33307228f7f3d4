import { textOf } from '../../core/byte-writer.ts'
import { grown } from '../../core/record-batch.ts'

/** The grammar of JSON (RFC 8259) over bytes: each function returns the position after what it reads, or -1. */

export const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const colon = 0x3a
export const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const [minus, plus, point, zero] = [0x2d, 0x2b, 0x2e, 0x30]

/** 1 for bytes that end a run of plain characters in a string: quote, backslash and controls. */
const stops = new Uint8Array(256)
stops.fill(1, 0, 0x20)
stops[quote] = 1
stops[backslash] = 1

const shortEscapes = new Uint8Array(256)
for (const letter of '"\\/bfnrt') shortEscapes[letter.charCodeAt(0)] = 1

/** What a value has that the byte path does not take over as it stands. */
export interface Oddness {
  /** Something has to be changed: a lone surrogate, an escape character, a number that a double cannot hold. */
  isOdd: boolean
}

/** Position of the next byte that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end) {
    const byte = bytes[to]!
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    to++
  }
  return to
}

/** From the first backslash in a string to its closing quote; returns the place of the quote or -1. */
export function escapesEnd(bytes: Uint8Array, from: number, end: number, odd: Oddness): number {
  let at = from
  for (;;) {
    const letter = bytes[at + 1]!
    if (letter === 0x75) {
      const unit = hexAt(bytes, at + 2)
      if (unit < 0) return -1
      at += 6
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const low = bytes[at] === backslash && bytes[at + 1] === 0x75 ? hexAt(bytes, at + 2) : -1
        if (unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) at += 6
        else odd.isOdd = true
      } else if (unit === 0x1b || unit === 0x9b) odd.isOdd = true
    } else {
      if (shortEscapes[letter] !== 1) return -1
      at += 2
    }
    while (at < end && stops[bytes[at]!] === 0) at++
    if (at >= end) return -1
    if (bytes[at] === quote) return at
    if (bytes[at] !== backslash) return -1
  }
}

/** Four hex digits as a number, -1 if they are none. */
export function hexAt(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!
    const letter = byte | 0x20
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57
    else return -1
  }
  return value
}

/** From after the opening quote; returns the place of the closing one or -1. */
export function stringEnd(bytes: Uint8Array, from: number, end: number, odd: Oddness): number {
  let at = from
  while (at < end && stops[bytes[at]!] === 0) at++
  if (at >= end) return -1
  if (bytes[at] === quote) return at
  return bytes[at] === backslash ? escapesEnd(bytes, at, end, odd) : -1
}

/** Digits that a double holds whatever they are. */
const safeDigits = 15

/** `maxChars`: a longer number is odd. */
export function numberEnd(bytes: Uint8Array, start: number, end: number, maxChars: number, odd: Oddness): number {
  let at = bytes[start] === minus ? start + 1 : start
  const whole = at
  if (at < end && bytes[at] === zero) at++
  else {
    at = digitsEnd(bytes, at, end)
    if (at === whole) return -1
  }
  let isPlain = at - whole <= safeDigits && (whole === start || bytes[whole] !== zero)
  if (at < end && bytes[at] === point) {
    const from = at + 1
    at = digitsEnd(bytes, from, end)
    if (at === from) return -1
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    let from = at + 1
    if (from < end && (bytes[from] === plus || bytes[from] === minus)) from++
    at = digitsEnd(bytes, from, end)
    if (at === from) return -1
    isPlain = false
  }
  if (!isPlain || at - start > maxChars) {
    if (at - start > maxChars || isUnsafe(textOf(bytes, start, at))) odd.isOdd = true
  }
  return at
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  return at
}

/** Whether the text of a number is one that JSON readers do not keep: too big, too small, or minus zero. */
function isUnsafe(text: string): boolean {
  return isBigNumber(text) || Object.is(Number(text), -0)
}

/** An integer beyond 2^53, a number that overflows, or one other than 0 that becomes 0. */
export function isBigNumber(text: string): boolean {
  const value = Number(text)
  if (!Number.isFinite(value)) return true
  if (value === 0) return /^[^eE]*[1-9]/.test(text)
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value)
}

/** Position after `true`, `false` or `null` at `at`, or -1. */
export function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  const word = bytes[at] === 0x74 ? 'true' : bytes[at] === 0x66 ? 'false' : 'null'
  if (at + word.length > end) return -1
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1
  return at + word.length
}

/** Reads values of any depth without recursion, and tells what is in them. One per scanner, reused. */
export class ValueSkip implements Oddness {
  isOdd = false
  /** Deepest nesting: 1 for an array of scalars. */
  depth = 0
  /** Commas at all levels. */
  commas = 0
  hasObject = false
  hasNull = false
  readonly #maxChars: number
  /** Closing bracket of each open container. */
  #open = new Uint8Array(64)

  constructor(maxNumberChars: number) {
    this.#maxChars = maxNumberChars
  }

  /** Position after the value at `start`, without white space before it; -1 if it is none. */
  skip(bytes: Uint8Array, start: number, end: number): number {
    this.isOdd = false
    this.depth = 0
    this.commas = 0
    this.hasObject = false
    this.hasNull = false
    let at = start
    let depth = 0
    for (;;) {
      const byte = at < end ? bytes[at]! : 0
      if (byte === openBrace || byte === openBracket) {
        const close = byte + 2
        if (depth === this.#open.length) this.#open = grown(this.#open, new Uint8Array(depth * 2))
        this.#open[depth++] = close
        if (depth > this.depth) this.depth = depth
        at = skipSpace(bytes, at + 1, end)
        if (bytes[at] !== close || at >= end) {
          if (byte === openBrace) {
            this.hasObject = true
            at = this.#key(bytes, at, end)
            if (at < 0) return -1
          }
          continue
        }
        depth-- // It is empty, and `at` is its end.
      } else {
        at = this.#scalar(byte, bytes, at, end) - 1
        if (at < 0) return -1
      }
      // `at` is the last byte of a value here.
      for (at++; depth > 0; at++) {
        at = skipSpace(bytes, at, end)
        if (at >= end) return -1
        if (bytes[at] === comma) break
        if (bytes[at] !== this.#open[depth - 1]) return -1
        depth--
      }
      if (depth === 0) return at
      this.commas++
      at = skipSpace(bytes, at + 1, end)
      if (this.#open[depth - 1] === closeBrace) {
        at = this.#key(bytes, at, end)
        if (at < 0) return -1
      }
    }
  }

  /** From the quote of a key to its value. */
  #key(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || bytes[at] !== quote) return -1
    const to = stringEnd(bytes, at + 1, end, this)
    if (to < 0) return -1
    const mark = skipSpace(bytes, to + 1, end)
    return mark < end && bytes[mark] === colon ? skipSpace(bytes, mark + 1, end) : -1
  }

  #scalar(byte: number, bytes: Uint8Array, at: number, end: number): number {
    if (byte === quote) {
      const to = stringEnd(bytes, at + 1, end, this)
      return to < 0 ? -1 : to + 1
    }
    if (byte === minus || (byte >= 0x30 && byte <= 0x39)) return numberEnd(bytes, at, end, this.#maxChars, this)
    if (byte === 0x6e) this.hasNull = true
    else if (byte !== 0x74 && byte !== 0x66) return -1
    return wordEnd(bytes, at, end)
  }
}
