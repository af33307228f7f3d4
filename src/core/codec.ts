import { bytesOf, ByteWriter, textOf } from './byte-writer.ts'

const scratch = new DataView(new ArrayBuffer(8))

/** Canonical binary form of state and frames: varints, IEEE 754 doubles (little endian), length-prefixed UTF-8. */
export class Encoder {
  readonly #out = new ByteWriter(4096)

  /** A safe integer from 0 on, 7 bits a byte, low ones first. */
  uint(value: number): void {
    this.#out.reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#out.bytes[this.#out.at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#out.bytes[this.#out.at++] = rest
  }

  double(value: number): void {
    scratch.setFloat64(0, value, true)
    this.#out.reserve(8)
    for (let i = 0; i < 8; i++) this.#out.bytes[this.#out.at++] = scratch.getUint8(i)
  }

  bigint(value: bigint): void {
    this.text(value.toString())
  }

  text(value: string): void {
    if (value.length >= 0x80 || !this.#shortText(value)) this.bytes(bytesOf(value))
  }

  /** Short ASCII, which keys and labels mostly are; false: it is none, and nothing was written. */
  #shortText(value: string): boolean {
    const out = this.#out
    out.reserve(value.length + 1)
    const { bytes } = out
    let at = out.at
    bytes[at++] = value.length
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return false
      bytes[at++] = unit
    }
    out.at = at
    return true
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length)
    this.#out.copy(value, 0, value.length)
  }

  bool(value: boolean): void {
    this.uint(value ? 1 : 0)
  }

  get size(): number {
    return this.#out.at
  }

  finish(): Uint8Array {
    return this.#out.written().slice()
  }
}

/** Reads what `Encoder` wrote; throws RangeError on bytes that end early. */
export class Decoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  uint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#view.getUint8(this.#at++)
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  double(): number {
    const value = this.#view.getFloat64(this.#at, true)
    this.#at += 8
    return value
  }

  bigint(): bigint {
    return BigInt(this.text())
  }

  text(): string {
    const length = this.uint()
    const from = this.#at
    return textOf(this.#bytes, from, this.#skip(length))
  }

  /** A copy. */
  bytes(): Uint8Array {
    const length = this.uint()
    const from = this.#at
    return this.#bytes.slice(from, this.#skip(length))
  }

  bool(): boolean {
    return this.uint() === 1
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  #skip(length: number): number {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the encoded state ends early')
    this.#at += length
    return this.#at
  }
}
