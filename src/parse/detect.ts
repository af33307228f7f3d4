import type { EventWriter } from '../core/event-writer.ts'
import { WriterMark } from '../core/writer-mark.ts'
import type { ParseContext } from './context.ts'
import type { TextFormat } from './format.ts'

/** Formats that are tried for a line (`docs/formats.md` section 10). */
export const maxAttempts = 24
/** Formats that a source remembers. */
const maxKnown = 3

/** A format as it is asked: one shape for all, so that V8 finds the scanner without a look-up. */
class Candidate {
  readonly format: TextFormat
  readonly scan: TextFormat['scan']
  /** Its lines have `byte` at this place; -1: none is told. */
  readonly at: number
  readonly byte: number

  constructor(format: TextFormat) {
    this.format = format
    this.scan = format.scan
    this.at = format.mark?.at ?? -1
    this.byte = format.mark?.byte.charCodeAt(0) ?? 0
  }
}

/** Text formats by the first byte of their lines, in the order of detection. */
export class DetectionTable {
  readonly formats: readonly TextFormat[]
  /** Formats that may begin with a byte; `order[byte][i]` is asked before `i + 1`. */
  readonly order: readonly (readonly Candidate[])[]
  /** Bits of the places in `order[byte]` that have to be asked before the format there and with it. */
  readonly #before: readonly Int32Array[]
  /** Place of format `i` in `order[byte]`, -1 if it is not there. */
  readonly #places: readonly Int8Array[]

  constructor(formats: readonly TextFormat[]) {
    this.formats = formats
    const starts = formats.map((format) => firstBytes(format.starts))
    const candidates = formats.map((format) => new Candidate(format))
    const order = Array.from({ length: 256 }, (_, byte) =>
      formats.filter((_format, i) => starts[i]![byte] === 1).slice(0, maxAttempts),
    )
    this.order = order.map((list) => list.map((format) => candidates[formats.indexOf(format)]!))
    this.#before = order.map((list) => Int32Array.from(list, (format, place) => placesBefore(list, format, place)))
    this.#places = order.map((list) => Int8Array.from(formats, (format) => list.indexOf(format)))
  }

  place(byte: number, format: number): number {
    return this.#places[byte]![format]!
  }

  before(byte: number, place: number): number {
    return this.#before[byte]![place]!
  }
}

function placesBefore(list: readonly TextFormat[], format: TextFormat, place: number): number {
  let bits = 1 << place
  for (let i = 0; i < place; i++) {
    if (format.yieldsTo === undefined || format.yieldsTo.includes(list[i]!.name)) bits |= 1 << i
  }
  return bits
}

function firstBytes(starts: TextFormat['starts']): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const start of starts) {
    if (start === 'digit') bytes.fill(1, 0x30, 0x3a)
    else if (start === 'letter') bytes.fill(1, 0x41, 0x5b).fill(1, 0x61, 0x7b).fill(1, 0xc2, 0xf5)
    else for (const char of start) bytes[char.charCodeAt(0)] = 1
  }
  return bytes
}

/**
 * Finds the format of lines of one source. The formats found last are asked first, newest first, each after those that
 * come before it and may take its lines, too: what is found never depends on what was found before.
 */
export class Detection {
  /** Where scanners write. */
  out: EventWriter
  readonly #table: DetectionTable
  readonly #context: ParseContext
  readonly #mark = new WriterMark()
  /** Some scanner has been asked for the line at hand: what it wrote is taken back before the next one. */
  #isMarked = false
  /** Places in `table.formats`, newest first; -1: free. */
  readonly #known = new Int32Array(maxKnown).fill(-1)
  /** The newest one of them, if lines that begin with `#firstByte` may be given to it before all others. */
  #first: Candidate | undefined
  #firstByte = -1
  #firstBit = 0
  /** First byte of the line for which a format was found last. */
  #foundByte = -1

  constructor(table: DetectionTable, out: EventWriter, context: ParseContext) {
    this.#table = table
    this.out = out
    this.#context = context
  }

  /** Makes the detection remember these formats, newest first. */
  remember(names: readonly string[]): void {
    this.#known.fill(-1)
    this.#first = undefined
    names.forEach((name, i) => (this.#known[i] = this.#table.formats.findIndex((format) => format.name === name)))
  }

  /** The first format that takes `bytes[start, end)`, whose fields are written then; undefined if there is none. */
  find(bytes: Uint8Array, start: number, end: number): TextFormat | undefined {
    if (start >= end) return undefined
    const byte = bytes[start]!
    const first = this.#first
    if (byte !== this.#firstByte || first === undefined) {
      this.#isMarked = false
      return this.#search(byte, 0, bytes, start, end)
    }
    this.out.mark(this.#mark)
    this.#isMarked = true
    this.#context.clear()
    if (first.scan(bytes, start, end, this.out, this.#context)) return first.format
    return this.#search(byte, this.#firstBit, bytes, start, end)
  }

  /** `before`: bits of the places that have been asked. */
  #search(byte: number, before: number, bytes: Uint8Array, start: number, end: number): TextFormat | undefined {
    const order = this.#table.order[byte]!
    if (order.length === 0) return undefined
    let asked = before
    for (let i = 0; i < maxKnown; i++) {
      const format = this.#known[i]!
      const place = format < 0 ? -1 : this.#table.place(byte, format)
      if (place < 0) continue
      const bits = this.#table.before(byte, place)
      const found = this.#ask(order, bits & ~asked, bytes, start, end)
      if (found !== undefined) return this.#found(found, byte)
      asked |= bits
    }
    const found = this.#ask(order, ~asked & ((1 << order.length) - 1), bytes, start, end)
    if (found !== undefined) return this.#found(found, byte)
    if (this.#isMarked) this.out.rewind(this.#mark)
    return undefined
  }

  #ask(
    order: readonly Candidate[],
    places: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Candidate | undefined {
    const { out } = this
    const context = this.#context
    for (let left = places; left !== 0; left &= left - 1) {
      const candidate = order[31 - Math.clz32(left & -left)]!
      if (candidate.at >= 0 && bytes[start + candidate.at] !== candidate.byte) continue
      if (this.#isMarked) out.rewind(this.#mark)
      else out.mark(this.#mark)
      this.#isMarked = true
      context.clear()
      if (candidate.scan(bytes, start, end, out, context)) return candidate
    }
    context.clear()
    return undefined
  }

  /** Moves the format to the head of those known; `byte` is the first one of its line. */
  #found(candidate: Candidate, byte: number): TextFormat {
    if (candidate === this.#first && byte === this.#foundByte) return candidate.format
    const known = this.#known
    const table = this.#table
    const at = table.formats.indexOf(candidate.format)
    const was = known.indexOf(at)
    for (let i = was < 0 ? maxKnown - 1 : was; i > 0; i--) known[i] = known[i - 1]!
    known[0] = at
    const place = table.place(byte, at)
    this.#first = candidate
    this.#foundByte = byte
    this.#firstBit = 1 << place
    this.#firstByte = table.before(byte, place) === this.#firstBit ? byte : -1
    return candidate.format
  }
}
