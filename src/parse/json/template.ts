import { viewOf } from '../../core/byte-writer.ts'
import { grown } from '../../core/record-batch.ts'
import { isAbsent, stringStop } from './string-stop.ts'
import { numberEnd, wordEnd, type Oddness } from './syntax.ts'
import { tokenKind, tokenRow } from './tokens.ts'

const [quote, zero] = [0x22, 0x30]
const { absent: absentKind, string: stringKind, number: numberKind, array: arrayKind, object: objectKind } = tokenKind
/** Digits of a number that is proved by its digits alone, and of one whose value fits a row (`wholeBase`). */
const [safeDigits, wholeDigits] = [15, 9]

/** The fourth number in the row of a whole number of at most nine digits, less its value. */
export const wholeBase = 2

/** Numbers of a step. */
const stepSize = 4

/** Rows of tokens, as in `JsonTokens`. */
interface TokenRows {
  readonly list: Int32Array
  readonly listEnd: number
}

/**
 * What the objects of one shape have in common: the bytes between their values, keys and all. An object that has the same
 * bytes in these places and values of the same kinds between them is proved by comparing, which takes half the time of
 * the general scan.
 */
export class JsonTemplate implements Oddness {
  isOdd = false
  readonly #maxNumberChars: number
  #count = 0
  /** Four numbers for each value: its row and kind, and the span of the bytes before it in the arena. */
  #steps = new Int32Array(64 * stepSize)
  #arena = new Uint8Array(1024)
  #arenaEnd = 0
  #view = viewOf(this.#arena)

  constructor(maxNumberChars: number) {
    this.#maxNumberChars = maxNumberChars
  }

  /** Takes over the shape of an object `bytes[start, end)` by its tokens; false if such objects have arrays. */
  learn(bytes: Uint8Array, start: number, end: number, tokens: TokenRows): boolean {
    const { list, listEnd } = tokens
    this.#count = 0
    this.#arenaEnd = 0
    let at = start
    for (let row = 0; row < listEnd; row += tokenRow) {
      const kind = list[row]! & 7
      if (kind === arrayKind) return false
      if (kind === absentKind || kind === objectKind) continue
      this.#append(row, kind, bytes.subarray(at, list[row + 1]!))
      at = list[row + 2]!
    }
    this.#append(0, objectKind, bytes.subarray(at, end))
    return true
  }

  /** `before`: the bytes between the value and the one before it. */
  #append(row: number, kind: number, before: Uint8Array): void {
    const from = this.#arenaEnd
    const to = from + before.length
    if (to > this.#arena.length) {
      this.#arena = grown(this.#arena, new Uint8Array(to * 2))
      this.#view = viewOf(this.#arena)
    }
    this.#arena.set(before, from)
    this.#arenaEnd = to
    const at = this.#count++ * stepSize
    if (at === this.#steps.length) this.#steps = grown(this.#steps, new Int32Array(at * 2))
    this.#steps[at] = row
    this.#steps[at + 1] = kind
    this.#steps[at + 2] = from
    this.#steps[at + 3] = to
  }

  /**
   * Reads an object of the shape that begins at `start` into the rows that the general scan has left for another one of
   * it; returns the position after it, -1 if it is another one or has to be looked at with care.
   */
  match(bytes: Uint8Array, view: DataView, start: number, end: number, list: Int32Array): number {
    const pieces = this.#view
    const steps = this.#steps
    let at = start
    for (let step = 0; ; step += stepSize) {
      at = pieceEnd(view, at, end, pieces, steps[step + 2]!, steps[step + 3]!)
      const kind = steps[step + 1]!
      if (at < 0 || kind === objectKind) return at
      const row = steps[step]!
      list[row + 1] = at
      if (kind === stringKind) {
        const to = stringStop(view, at, end)
        if (to >= end || bytes[to] !== quote || (to - at < 7 && isAbsent(bytes, at, to))) return -1
        list[row + 3] = 0
        at = to
      } else {
        at = kind === numberKind ? this.#number(bytes, at, end, list, row) : booleanEnd(bytes, at, end)
        if (at < 0) return -1
      }
      list[row + 2] = at
    }
  }

  #number(bytes: Uint8Array, start: number, end: number, list: Int32Array, row: number): number {
    let value = 0
    let at = start
    for (; at < end; at++) {
      const digit = bytes[at]! - zero
      if (digit >>> 0 > 9) break
      value = (value * 10 + digit) | 0
    }
    const size = at - start
    // No more than a comma, a bracket or a blank can be the first byte of what is compared next.
    if (
      size === 0 ||
      size > safeDigits ||
      bytes[at] === 0x2e ||
      (bytes[at]! | 0x20) === 0x65 ||
      bytes[start] === zero
    ) {
      list[row + 3] = 0
      this.isOdd = false
      const to = numberEnd(bytes, start, end, this.#maxNumberChars, this)
      return this.isOdd ? -1 : to
    }
    list[row + 3] = size <= wholeDigits ? value + wholeBase : 0
    return at
  }
}

/**
 * Position after the bytes `pieces[from, to)` if they stand at `at`, else -1. Eight at a time, the last eight again, as
 * doubles: these are equal only if their bytes are, since the pieces are UTF-8 without zero bytes (neither NaN nor 0).
 */
function pieceEnd(view: DataView, at: number, end: number, pieces: DataView, from: number, to: number): number {
  const size = to - from
  if (at + size > end) return -1
  if (size < 8) {
    if (size < 4) {
      for (let i = 0; i < size; i++) if (view.getUint8(at + i) !== pieces.getUint8(from + i)) return -1
      return at + size
    }
    const last = size - 4
    if (view.getInt32(at, true) !== pieces.getInt32(from, true)) return -1
    return view.getInt32(at + last, true) === pieces.getInt32(from + last, true) ? at + size : -1
  }
  const last = size - 8
  for (let i = 0; i < last; i += 8) if (view.getFloat64(at + i, true) !== pieces.getFloat64(from + i, true)) return -1
  return view.getFloat64(at + last, true) === pieces.getFloat64(from + last, true) ? at + size : -1
}

function booleanEnd(bytes: Uint8Array, at: number, end: number): number {
  return at < end && (bytes[at] === 0x74 || bytes[at] === 0x66) ? wordEnd(bytes, at, end) : -1
}
