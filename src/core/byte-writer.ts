/** A growing buffer that is written once and reused. Positions stay valid when it grows; `bytes` itself may change. */
export class ByteWriter {
  bytes: Uint8Array
  /** The same bytes. */
  view: DataView
  at = 0

  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity)
    this.view = viewOf(this.bytes)
  }

  /** Makes room for `size` more bytes. Call it before every write; the writes themselves do not check. */
  reserve(size: number): void {
    const needed = this.at + size
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
    this.view = viewOf(larger)
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.set(from.subarray(start, end), this.at)
    this.at += end - start
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

/** Access to the same bytes, four at a time. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

// Exported names are read from memory each time, so that this module uses its own one.
const slack = 32
/** Bytes behind a span that `copyBytes` and `copyEscaped` may read and write, so that they need no loops for rests. */
export const copySlack = slack

/**
 * Copies a span of valid UTF-8 and returns the position after it; `copySlack` bytes after it are overwritten, too.
 * `limit` is the length of `from`. Eight bytes at a time, as doubles: what JavaScript may change of a double on its way is
 * the payload of a NaN, and no eight bytes of UTF-8 are one (0xff and 0x7f do not follow 0xf0 to 0xff).
 */
export function copyBytes(from: DataView, limit: number, start: number, end: number, to: DataView, at: number): number {
  if (end + slack > limit) return copyLast(from, start, end, to, at)
  // Most spans are short and of any size: a loop would end where the processor does not expect it.
  to.setFloat64(at, from.getFloat64(start, true), true)
  to.setFloat64(at + 8, from.getFloat64(start + 8, true), true)
  to.setFloat64(at + 16, from.getFloat64(start + 16, true), true)
  to.setFloat64(at + 24, from.getFloat64(start + 24, true), true)
  for (let i = start + 32, into = at + 32; i < end; i += 8, into += 8) {
    to.setFloat64(into, from.getFloat64(i, true), true)
  }
  return at + end - start
}

/** Reads nothing behind the span. */
function copyLast(from: DataView, start: number, end: number, to: DataView, at: number): number {
  for (let i = start; i < end; i++) to.setUint8(at++, from.getUint8(i))
  return at
}

/** 0: copied as it is; 1: written as \u00XX; else the letter after the backslash (RFC 8259 section 7). */
const escapes = new Uint8Array(256)
escapes.fill(1, 0, 0x20)
for (const [char, letter] of ['\nn', '\rr', '\tt', '\bb', '\ff', '""', '\\\\'].map(bytesOf)) {
  if (char !== undefined && letter !== undefined) escapes[char] = letter
}

/**
 * The high bits of those of four bytes that cannot stand in a JSON string as they are: below 0x20, a quote, a backslash.
 * Per byte `(x - n) & ~x & 0x80` is set for x < n and x < 0x80 (Bit Twiddling Hacks, "Determine if a word has a byte less
 * than n"); a borrow may set one above the first that is found, never below it.
 */
export function stringStops(word: number): number {
  const below = (word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)
  return below & ~word & 0x80808080
}

/**
 * Copies valid UTF-8 as the inside of a JSON string. The caller has reserved 6 bytes for each byte of the span and
 * `copySlack`.
 */
export function copyEscaped(from: DataView, start: number, end: number, to: DataView, at: number): number {
  let i = start
  while (i < end) {
    for (; i + 8 <= end; i += 8, at += 8) {
      const low = from.getInt32(i, true)
      const high = from.getInt32(i + 4, true)
      if ((stringStops(low) | stringStops(high)) !== 0) break
      to.setInt32(at, low, true)
      to.setInt32(at + 4, high, true)
    }
    for (const stop = Math.min(end, i + 8); i < stop; i++) at = writeEscaped(from.getUint8(i), to, at)
  }
  return at
}

function writeEscaped(byte: number, to: DataView, at: number): number {
  const escape = escapes[byte]!
  if (escape === 0) {
    to.setUint8(at, byte)
    return at + 1
  }
  to.setUint8(at, 0x5c)
  if (escape !== 1) {
    to.setUint8(at + 1, escape)
    return at + 2
  }
  to.setUint32(at + 1, 0x75303030)
  to.setUint8(at + 4, 0x30 + (byte >> 4))
  to.setUint8(at + 5, hexDigit(byte & 15))
  return at + 6
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value
}

/** Writes a safe integer in decimal. The caller has reserved 20 bytes. */
export function writeInteger(value: number, to: Uint8Array, at: number): number {
  if (value < 0) {
    to[at] = 0x2d
    return writeInteger(-value, to, at + 1)
  }
  if (value < smallLimit) return writeSmall(value | 0, to, at)
  const high = Math.floor(value / smallLimit)
  const after = high < smallLimit ? writeSmall(high | 0, to, at) : writeInteger(high, to, at)
  writeDigits((value - high * smallLimit) | 0, to, after, after + smallDigits)
  return after + smallDigits
}

/** Integers below it are divided as 32-bit integers, which takes a third of the time. */
const smallLimit = 1e9
const smallDigits = 9

function writeSmall(value: number, to: Uint8Array, at: number): number {
  let digits = 1
  if (value >= 100_000) digits = value < 1e7 ? (value < 1e6 ? 6 : 7) : value < 1e8 ? 8 : 9
  else if (value >= 10) digits = value < 1000 ? (value < 100 ? 2 : 3) : value < 10_000 ? 4 : 5
  writeDigits(value, to, at, at + digits)
  return at + digits
}

/** The digits of `value` in `to[from, end)`, with zeros before them. */
function writeDigits(value: number, to: Uint8Array, from: number, end: number): void {
  let rest = value
  for (let i = end - 1; i >= from; i--) {
    const next = (rest / 10) | 0
    to[i] = 0x30 + rest - next * 10
    rest = next
  }
}
