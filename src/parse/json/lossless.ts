import { textOf } from '../../core/byte-writer.ts'
import { cutBefore } from '../../core/utf8.ts'
import { withoutSequences } from '../odd-bytes.ts'
import {
  closeBrace,
  closeBracket,
  comma,
  isBigNumber,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  stringEnd,
  ValueSkip,
} from './syntax.ts'
import { eventFlag } from '../../core/event-flag.ts'

/** A number, `true` or `false` as it is written. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A JSON value without loss; objects by their keys in input order, null is undefined. */
export type LosslessValue = string | RawJson | undefined | LosslessValue[] | LosslessObject
export type LosslessObject = Map<string, LosslessValue>

export interface LosslessLimits {
  readonly maxDepth: number
  readonly maxNumberChars: number
}

/** Bytes that are kept of a value that is nested too deep. */
const maxRawBytes = 4096

/**
 * Reads proved JSON into objects (`docs/formats.md` section 4, rule 6): numbers that a double cannot hold as
 * text, the last of doubled keys, text without lone surrogates and control sequences, and what is nested too deep as
 * raw text, so that its recursion is bounded.
 */
export class LosslessReader {
  /** Bits of `eventFlag`. */
  flags = 0
  readonly #limits: LosslessLimits
  readonly #skip: ValueSkip
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0
  #at = 0

  constructor(limits: LosslessLimits) {
    this.#limits = limits
    this.#skip = new ValueSkip(limits.maxNumberChars)
  }

  /** The object that begins at `start`. */
  object(bytes: Uint8Array, start: number, end: number): LosslessObject {
    this.flags = 0
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    return this.#object(1)
  }

  #object(depth: number): LosslessObject {
    const object: LosslessObject = new Map()
    while (this.#next(closeBrace)) {
      const key = this.#string(false)
      this.#space()
      this.#at++ // The colon.
      if (object.has(key)) this.flags |= eventFlag.dup_key
      object.set(key, this.#value(depth))
    }
    return object
  }

  #array(depth: number): LosslessValue[] {
    const array: LosslessValue[] = []
    while (this.#next(closeBracket)) array.push(this.#value(depth))
    return array
  }

  /** Goes from an opening bracket or a comma to the next item; false at the end. */
  #next(close: number): boolean {
    this.#space()
    const byte = this.#bytes[this.#at++]
    if (byte === close) return false
    this.#space()
    if (byte === comma || this.#bytes[this.#at] !== close) return true
    this.#at++
    return false
  }

  #value(depth: number): LosslessValue {
    this.#space()
    const bytes = this.#bytes
    const start = this.#at
    const byte = bytes[start]
    if (byte === quote) return this.#string(true)
    if (byte === openBrace || byte === openBracket) {
      if (depth === this.#limits.maxDepth) return this.#raw()
      return byte === openBrace ? this.#object(depth + 1) : this.#array(depth + 1)
    }
    this.#at = this.#skip.skip(bytes, start, this.#end)
    const text = textOf(bytes, start, this.#at)
    if (byte === 0x6e) return undefined
    if (byte === 0x74 || byte === 0x66) return new RawJson(text)
    if (text.length > this.#limits.maxNumberChars || isBigNumber(text)) {
      this.flags |= eventFlag.big_number
      return text
    }
    return new RawJson(Object.is(Number(text), -0) ? '0' : text)
  }

  #raw(): string {
    const start = this.#at
    this.#at = this.#skip.skip(this.#bytes, start, this.#end)
    this.flags |= eventFlag.too_deep
    const end = this.#at - start > maxRawBytes ? cutBefore(this.#bytes, start + maxRawBytes) : this.#at
    return textOf(this.#bytes, start, end)
  }

  #string(isValue: boolean): string {
    const start = this.#at + 1
    const to = stringEnd(this.#bytes, start, this.#end, this.#skip)
    this.#at = to + 1
    let text = textOf(this.#bytes, start, to)
    if (text.includes('\\')) text = String(JSON.parse(`"${text}"`)).toWellFormed()
    return isValue && (text.includes('\x1b') || text.includes('\x9b')) ? withoutSequences(text) : text
  }

  #space(): void {
    this.#at = skipSpace(this.#bytes, this.#at, this.#end)
  }
}
