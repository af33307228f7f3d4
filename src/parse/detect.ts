import { WriterMark, type EventWriter } from '../core/event-writer.ts'
import type { ParseContext } from './context.ts'
import type { TextFormat } from './format.ts'

/** Formats that are tried for a line (`docs/specs/formats.md` section 5). */
export const maxAttempts = 24
/** Formats that a source remembers. */
const maxKnown = 3

/** Text formats by the first byte of their lines, in the order of detection. */
export class DetectionTable {
  readonly formats: readonly TextFormat[]
  /** Formats that may begin with a byte; `order[byte][i]` is asked before `i + 1`. */
  readonly order: readonly (readonly TextFormat[])[]
  /** Bits of the places in `order[byte]` that have to be asked before the format there and with it. */
  readonly #before: readonly Int32Array[]
  /** Place of format `i` in `order[byte]`, -1 if it is not there. */
  readonly #places: readonly Int8Array[]

  constructor(formats: readonly TextFormat[]) {
    this.formats = formats
    const starts = formats.map((format) => firstBytes(format.starts))
    this.order = Array.from({ length: 256 }, (_, byte) =>
      formats.filter((_format, i) => starts[i]![byte] === 1).slice(0, maxAttempts),
    )
    this.#before = this.order.map((list) => Int32Array.from(list, (format, place) => placesBefore(list, format, place)))
    this.#places = this.order.map((list) => Int8Array.from(formats, (format) => list.indexOf(format)))
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
  /** Places in `table.formats`, newest first; -1: free. */
  readonly #known = new Int32Array(maxKnown).fill(-1)

  constructor(table: DetectionTable, out: EventWriter, context: ParseContext) {
    this.#table = table
    this.out = out
    this.#context = context
  }

  /** Makes the detection remember these formats, newest first. */
  remember(names: readonly string[]): void {
    this.#known.fill(-1)
    names.forEach((name, i) => (this.#known[i] = this.#table.formats.findIndex((format) => format.name === name)))
  }

  /** The first format that takes `bytes[start, end)`, whose fields are written then; undefined if there is none. */
  find(bytes: Uint8Array, start: number, end: number): TextFormat | undefined {
    if (start >= end) return undefined
    const byte = bytes[start]!
    const order = this.#table.order[byte]!
    if (order.length === 0) return undefined
    this.out.mark(this.#mark)
    let asked = 0
    for (let i = 0; i < maxKnown; i++) {
      const format = this.#known[i]!
      const place = format < 0 ? -1 : this.#table.place(byte, format)
      if (place < 0) continue
      const bits = this.#table.before(byte, place)
      const found = this.#ask(order, bits & ~asked, bytes, start, end)
      if (found !== undefined) return this.#found(found, i)
      asked |= bits
    }
    const found = this.#ask(order, ~asked & ((1 << order.length) - 1), bytes, start, end)
    return found === undefined ? undefined : this.#found(found, maxKnown)
  }

  #ask(
    order: readonly TextFormat[],
    places: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): TextFormat | undefined {
    for (let left = places; left !== 0; left &= left - 1) {
      const format = order[31 - Math.clz32(left & -left)]!
      this.#context.clear()
      if (format.scan(bytes, start, end, this.out, this.#context)) return format
      this.out.rewind(this.#mark)
    }
    this.#context.clear()
    return undefined
  }

  /** Moves the format to the head of those known; `from` is where it was looked for. */
  #found(format: TextFormat, from: number): TextFormat {
    const known = this.#known
    if (from === 0 && this.#table.formats[known[0]!] === format) return format
    const at = this.#table.formats.indexOf(format)
    const was = known.indexOf(at)
    for (let i = was < 0 ? maxKnown - 1 : was; i > 0; i--) known[i] = known[i - 1]!
    known[0] = at
    return format
  }
}
