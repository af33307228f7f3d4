/** A growing buffer that is written once and reused. Positions stay valid when it grows; `bytes` itself may change. */
export class ByteWriter {
  bytes: Uint8Array
  at = 0

  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `size` more bytes. Call it before every write; the writes themselves do not check. */
  reserve(size: number): void {
    const needed = this.at + size
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.at = copyBytes(from, start, end, this.bytes, this.at)
  }

  /** Appends text as UTF-8; lone surrogates become U+FFFD. */
  text(text: string): void {
    this.reserve(text.length * 3)
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written
  }

  reset(): void {
    this.at = 0
  }

  /** A view of what was written; valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** UTF-8 to a string; bad sequences become U+FFFD. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end))
}

/** UTF-8 of a string. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Copies a span and returns the position after it. A loop beats a native call below some 60 bytes (bench/emit.ts). */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const length = end - start
  if (length > 64) {
    to.set(from.subarray(start, end), at)
    return at + length
  }
  for (let i = start; i < end; i++) to[at++] = from[i]!
  return at
}

/** 0: copied as it is; 1: written as \u00XX; else the letter after the backslash (RFC 8259 section 7). */
const escapes = new Uint8Array(256)
escapes.fill(1, 0, 0x20)
for (const [char, letter] of ['\nn', '\rr', '\tt', '\bb', '\ff', '""', '\\\\'].map(bytesOf)) {
  if (char !== undefined && letter !== undefined) escapes[char] = letter
}

/** Copies valid UTF-8 as the inside of a JSON string. The caller has reserved 6 bytes for each byte of the span. */
export function copyEscaped(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) {
    const byte = from[i]!
    const escape = escapes[byte]!
    if (escape === 0) {
      to[at++] = byte
      continue
    }
    to[at++] = 0x5c
    if (escape !== 1) {
      to[at++] = escape
      continue
    }
    to[at++] = 0x75
    to[at++] = 0x30
    to[at++] = 0x30
    to[at++] = 0x30 + (byte >> 4)
    to[at++] = hexDigit(byte & 15)
  }
  return at
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value
}

/** Writes a safe integer in decimal. The caller has reserved 20 bytes. */
export function writeInteger(value: number, to: Uint8Array, at: number): number {
  let rest = value
  if (rest < 0) {
    to[at++] = 0x2d
    rest = -rest
  }
  let digits = 1
  for (let limit = 10; rest >= limit; limit *= 10) digits++
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10)
    to[i] = 0x30 + (rest - next * 10)
    rest = next
  }
  return at + digits
}
