import { textOf, viewOf } from './byte-writer.ts'
import type { Dictionary } from './dictionary.ts'
import { fieldId, FieldTable } from './field.ts'
import { KeyFields } from './key-fields.ts'
import { levelNames } from './level.ts'
import { grown, type RecordBatch } from './record-batch.ts'
import type { DeadLetterReason, DropReason } from './result.ts'

export type Json = string | number | boolean | null | Json[] | JsonObject
/** A JSON object; made with a null prototype wherever keys come from input. */
export interface JsonObject {
  [key: string]: Json
}

/** What an entry of an event is. The bit `scratch` says that its span lies in `scratch` instead of `records.bytes`. */
export const entryKind = {
  /** Valid UTF-8, escaped when written as JSON. */
  text: 0,
  /** The proved inside of a JSON string: copied when written as JSON. */
  jsonText: 1,
  /** A proved JSON value (number, boolean, array, object): copied. */
  literal: 2,
  /** `entryStart` is an index into `numbers`. */
  number: 3,
  /** `entryStart` is an index into `numbers`: ms, ns rest, fraction digits. */
  time: 4,
  scratch: 8,
} as const

/** Bits of the `facts` column: all that the layout of an event depends on beside its entries. */
export const fact = {
  levelMask: 0b111,
  notice: 1 << 3,
  status: 1 << 4,
  duration: 1 << 5,
  flags: 1 << 6,
  error: 1 << 7,
  slow: 1 << 8,
  outcomeShift: 9,
  outcomeMask: 0b11 << 9,
  failureShift: 11,
  failureMask: 0b1111 << 11,
  sequence: 1 << 15,
  lines: 1 << 16,
  timeSourceShift: 17,
  timeSourceMask: 0b11 << 17,
} as const

export const outcomes = ['', 'success', 'failure', 'unknown'] as const
export const timeSources = ['event', 'envelope', 'record', 'arrival'] as const

/** What a batch needs to know of a format: its name and the fields that each of its events has. */
export interface FormatFacts {
  readonly name: string
  /** Dotted field to JSON value: `event.dataset`, `event.module`, `event.category` ... */
  readonly constants: Readonly<Record<string, Json>>
  /** Events are requests: the level follows from the status. */
  readonly isAccess: boolean
}

/** Tables that batches of one worker share. They grow, are bounded, and never reach state or outputs. */
export class EventTables {
  readonly fields = new FieldTable()
  /** Keys without a place of their own. */
  readonly attributes = new KeyFields(this.fields, 'attributes')
  readonly formats: FormatFacts[] = []
  /** Lists of envelope names, outer to inner; entry 0 is the empty list. */
  readonly envelopes: (readonly string[])[] = [[]]
  /** Of each list: the lists that go on from it, by the name that they append. */
  readonly #inner: Map<string, number>[] = [new Map()]

  formatId(format: FormatFacts): number {
    const at = this.formats.indexOf(format)
    return at >= 0 ? at : this.formats.push(format) - 1
  }

  /** The list `envelopes[outer]` with `name` appended. */
  envelopeId(outer: number, name: string): number {
    const known = this.#inner[outer]!.get(name)
    if (known !== undefined) return known
    const id = this.envelopes.push([...this.envelopes[outer]!, name]) - 1
    this.#inner.push(new Map())
    this.#inner[outer]!.set(name, id)
    return id
  }
}

/** A record that became no event. Its bytes are a span of `records.bytes`. */
export interface DeadRecord {
  readonly record: number
  readonly reason: DeadLetterReason
  readonly stage: string
  readonly error: string
}

/** Keeps some rows of a batch: the form in which conditions run (`core/row-filter.ts`), one loop for each. */
export interface RowFilter {
  /** Moves the row numbers that stay to the front of `rows`, in their order, and returns how many they are. */
  select(batch: EventBatch, rows: Int32Array, count: number): number
}

const statusField = fieldId('http.response.status_code')
const durationField = fieldId('event.duration')
const levelField = fieldId('logpipe.level')
const errorField = fieldId('logpipe.error')
const slowField = fieldId('logpipe.slow')
const outcomeField = fieldId('event.outcome')
const formatField = fieldId('logpipe.format')
const columnFields = [statusField, durationField, levelField, errorField, slowField, outcomeField, formatField]

/**
 * The events of one source between two positions: number columns for what is computed with, and entries (field, span)
 * for what is only copied. Rows ascend by position. Filled by `EventWriter`, then read-only.
 */
export class EventBatch {
  readonly tables: EventTables
  records!: RecordBatch
  count = 0
  /** Event time: epoch ms (integer), the rest in ns, and how many fraction digits to print (3..9). */
  time = new Float64Array(0)
  timeNs = new Int32Array(0)
  timeDigits = new Uint8Array(0)
  /** 0 absent, 1 trace .. 6 fatal. */
  level = new Uint8Array(0)
  /** 100..599; 0 absent. */
  status = new Uint16Array(0)
  /** ns, integers; NaN absent. */
  durationNs = new Float64Array(0)
  /** Bits of `core/event-flag.ts`. */
  flags = new Uint32Array(0)
  /** Bits of `fact`. */
  facts = new Uint32Array(0)
  /** Index into `tables.formats`, `tables.envelopes`. */
  format = new Uint16Array(0)
  envelope = new Uint16Array(0)
  /** Position of the first record as delta to `records.base`; below 0 if a joined event began in an earlier batch. */
  offset = new Float64Array(0)
  /** Position of the last record of the event. */
  offsetEnd = new Float64Array(0)
  /** Record time of the first record, epoch ms. */
  recordTime = new Float64Array(0)
  sub = new Int32Array(0)
  /** Lines joined into this event. */
  lines = new Int32Array(0)
  /** Entries of row i are `entryFrom[i] .. entryFrom[i + 1]`. */
  entryFrom = new Int32Array(1)
  /** Hash of the sequence of entries, for `layoutOf`. */
  shape = new Int32Array(0)
  entryField = new Uint16Array(0)
  entryKind = new Uint8Array(0)
  entryStart = new Int32Array(0)
  entryEnd = new Int32Array(0)
  entryCount = 0
  numbers = new Float64Array(64)
  numberCount = 0
  scratch = new Uint8Array(1 << 14)
  scratchEnd = 0
  /** The bytes of `records` and `scratch`, four at a time. */
  recordView = viewOf(new Uint8Array(0))
  scratchView = viewOf(this.scratch)
  /** Rows that went the object path because their keys do not fit the tables: fields as a nested object. */
  readonly odd = new Map<number, JsonObject>()
  /** Records that took the object path, by the format that could not prove them. */
  oddRecords = 0
  readonly dead: DeadRecord[] = []
  readonly drops = new Map<DropReason, number>()
  readonly #ids = new Map<number, { dictionary: Dictionary; column: Int32Array }>()
  readonly #numeric = new Map<number, Float64Array>()

  constructor(tables: EventTables) {
    this.tables = tables
  }

  /** Makes the batch empty and ties it to other records. */
  reset(records: RecordBatch): void {
    this.records = records
    this.recordView = viewOf(records.bytes)
    this.count = 0
    this.entryCount = 0
    this.numberCount = 0
    this.scratchEnd = 0
    this.oddRecords = 0
    this.odd.clear()
    this.dead.length = 0
    this.drops.clear()
    this.#ids.clear()
    this.#numeric.clear()
  }

  /** Room for one more row. */
  reserveRow(): void {
    if (this.count < this.time.length) return
    const capacity = Math.max(1024, this.time.length * 2)
    this.time = grown(this.time, new Float64Array(capacity))
    this.timeNs = grown(this.timeNs, new Int32Array(capacity))
    this.timeDigits = grown(this.timeDigits, new Uint8Array(capacity))
    this.level = grown(this.level, new Uint8Array(capacity))
    this.status = grown(this.status, new Uint16Array(capacity))
    this.durationNs = grown(this.durationNs, new Float64Array(capacity))
    this.flags = grown(this.flags, new Uint32Array(capacity))
    this.facts = grown(this.facts, new Uint32Array(capacity))
    this.format = grown(this.format, new Uint16Array(capacity))
    this.envelope = grown(this.envelope, new Uint16Array(capacity))
    this.offset = grown(this.offset, new Float64Array(capacity))
    this.offsetEnd = grown(this.offsetEnd, new Float64Array(capacity))
    this.recordTime = grown(this.recordTime, new Float64Array(capacity))
    this.sub = grown(this.sub, new Int32Array(capacity))
    this.lines = grown(this.lines, new Int32Array(capacity))
    this.shape = grown(this.shape, new Int32Array(capacity))
    this.entryFrom = grown(this.entryFrom, new Int32Array(capacity + 1))
  }

  reserveEntry(): void {
    if (this.entryCount < this.entryField.length) return
    const capacity = Math.max(1 << 14, this.entryField.length * 2)
    this.entryField = grown(this.entryField, new Uint16Array(capacity))
    this.entryKind = grown(this.entryKind, new Uint8Array(capacity))
    this.entryStart = grown(this.entryStart, new Int32Array(capacity))
    this.entryEnd = grown(this.entryEnd, new Int32Array(capacity))
  }

  reserveScratch(size: number): void {
    if (this.scratchEnd + size <= this.scratch.length) return
    this.scratch = grown(this.scratch, new Uint8Array(Math.max(this.scratchEnd + size, this.scratch.length * 2)))
    this.scratchView = viewOf(this.scratch)
  }

  reserveNumbers(size: number): void {
    if (this.numberCount + size <= this.numbers.length) return
    this.numbers = grown(this.numbers, new Float64Array(this.numbers.length * 2))
  }

  drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
  }

  /** Absolute position of a row. */
  position(row: number): { offset: bigint; sub: number } {
    return { offset: this.records.base + BigInt(this.offset[row]!), sub: this.sub[row]! }
  }

  /** Entry of a field in a row, the last one if there are several; -1 if there is none. O(entries of the row). */
  find(row: number, field: number): number {
    const from = this.entryFrom[row]!
    for (let i = this.entryFrom[row + 1]! - 1; i >= from; i--) if (this.entryField[i] === field) return i
    return -1
  }

  /** The bytes that the span of an entry lies in. */
  bytesOfEntry(entry: number): Uint8Array {
    return this.entryKind[entry]! & entryKind.scratch ? this.scratch : this.records.bytes
  }

  /** Whether the span of an entry holds a backslash: the inside of a JSON string that is not yet the text. */
  isEscaped(entry: number): boolean {
    const bytes = this.bytesOfEntry(entry)
    const end = this.entryEnd[entry]!
    for (let i = this.entryStart[entry]!; i < end; i++) if (bytes[i] === 0x5c) return true
    return false
  }

  /** Value of an entry: text as a string, numbers and literals as JSON values, times as epoch ms. */
  entryValue(entry: number): Json {
    const kind = this.entryKind[entry]! & 7
    const start = this.entryStart[entry]!
    if (kind === entryKind.number || kind === entryKind.time) return this.numbers[start]!
    const text = textOf(this.bytesOfEntry(entry), start, this.entryEnd[entry]!)
    if (kind === entryKind.text) return text
    // JSON.parse yields nothing but JSON.
    return JSON.parse(kind === entryKind.jsonText ? `"${text}"` : text) as Json
  }

  /**
   * Value of a field in a row, by its number; undefined if absent. For rules, tests and people, not for the hot path:
   * a string is made for each call.
   */
  value(row: number, field: number): Json | undefined {
    switch (field) {
      case statusField:
        return this.status[row]! || undefined
      case durationField:
        return Number.isNaN(this.durationNs[row]!) ? undefined : this.durationNs[row]!
      case levelField:
        return levelNames[this.level[row]!] || undefined
      case errorField:
        return (this.facts[row]! & fact.error) !== 0 || undefined
      case slowField:
        return (this.facts[row]! & fact.slow) !== 0 || undefined
      case outcomeField:
        return outcomes[(this.facts[row]! & fact.outcomeMask) >> fact.outcomeShift] || undefined
      case formatField:
        return this.tables.formats[this.format[row]!]!.name
    }
    const entry = this.find(row, field)
    if (entry >= 0) return this.entryValue(entry)
    const name = this.tables.fields.name(field)
    const odd = this.odd.get(row)
    if (odd !== undefined) {
      const value = valueAt(odd, name)
      if (value !== undefined) return value
    }
    return (
      this.tables.formats[this.format[row]!]!.constants[name] ??
      this.records.source.constants.find((constant) => constant.field === name)?.value
    )
  }

  /**
   * A column of dictionary ids of a field, -1 where it is absent. Made once per batch, field and dictionary; no string
   * is made for values that the dictionary knows.
   */
  ids(field: number, dictionary: Dictionary): Int32Array {
    const known = this.#ids.get(field)
    if (known !== undefined && known.dictionary === dictionary) return known.column
    const column = new Int32Array(this.count)
    const ids: number[] = []
    const isColumn = columnFields.includes(field)
    let shape = NaN
    let place = -1
    for (let row = 0; row < this.count; row++) {
      // Rows of one shape have the same fields at the same places.
      if (!isColumn && this.shape[row] !== shape) {
        shape = this.shape[row]!
        place = this.find(row, field) - this.entryFrom[row]!
      }
      const entry = place < 0 ? -1 : this.entryFrom[row]! + place
      if (entry >= 0) {
        column[row] = this.#idOfEntry(entry, dictionary)
        continue
      }
      const code = this.#codeAt(row, field)
      const id = code < 0 ? undefined : ids[code]
      if (id === undefined) {
        const value = this.value(row, field)
        column[row] = value === undefined || value === null ? -1 : dictionary.internText(wordOf(value))
        if (code >= 0) ids[code] = column[row]!
      } else column[row] = id
    }
    this.#ids.set(field, { dictionary, column })
    return column
  }

  #idOfEntry(entry: number, dictionary: Dictionary): number {
    const coded = this.entryKind[entry]!
    const kind = coded & 7
    if (kind <= entryKind.literal) {
      const bytes = coded & entryKind.scratch ? this.scratch : this.records.bytes
      const id = dictionary.intern(bytes, this.entryStart[entry]!, this.entryEnd[entry]!)
      if (kind !== entryKind.jsonText || !dictionary.hasBackslash(id)) return id
    }
    const value = this.entryValue(entry)
    return value === null ? -1 : dictionary.internText(wordOf(value))
  }

  /** A small number that all rows with the same value of a field share, where there is no entry; -1: none is known. */
  #codeAt(row: number, field: number): number {
    switch (field) {
      case statusField:
        return this.status[row]!
      case levelField:
        return this.level[row]!
      case errorField:
        return this.facts[row]! & fact.error
      case slowField:
        return this.facts[row]! & fact.slow
      case outcomeField:
        return (this.facts[row]! & fact.outcomeMask) >> fact.outcomeShift
      case durationField:
        return -1
      default:
        return this.odd.size > 0 && this.odd.has(row) ? -1 : this.format[row]! // Constants of format and source.
    }
  }

  /**
   * A column of the numbers of a field, NaN where it is absent or no number: text that is a decimal number counts as
   * one, `true` does not; -0 is 0, so that equal numbers have equal bytes. Made once per batch and field. Durations in ns.
   */
  numeric(field: number): Float64Array {
    if (field === durationField) return this.durationNs
    const known = this.#numeric.get(field)
    if (known !== undefined) return known
    const column = new Float64Array(this.count)
    for (let row = 0; row < this.count; row++) column[row] = this.#numberAt(row, field) + 0
    this.#numeric.set(field, column)
    return column
  }

  #numberAt(row: number, field: number): number {
    if (field === statusField) return this.status[row]! || NaN
    const entry = this.find(row, field)
    if (entry < 0) return numberOf(this.value(row, field))
    const kind = this.entryKind[entry]! & 7
    const start = this.entryStart[entry]!
    if (kind === entryKind.number || kind === entryKind.time) return this.numbers[start]!
    const plain = plainDecimal(this.bytesOfEntry(entry), start, this.entryEnd[entry]!)
    return Number.isNaN(plain) ? numberOf(this.entryValue(entry)) : plain
  }
}

/**
 * The number that at most 15 digits with a point and a minus sign say; NaN for all else. Exact: such digits fit in a
 * double, and dividing two exact doubles rounds once (Clinger, "How to Read Floating Point Numbers Accurately").
 */
function plainDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const isNegative = bytes[at] === 0x2d
  if (isNegative) at++
  if (at >= end || end - at > 16) return NaN
  let value = 0
  let scale = 0
  let digits = 0
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + byte - 0x30
      scale *= 10
      digits++
    } else if (byte === 0x2e && scale === 0) scale = 1
    else return NaN
  }
  if (digits === 0 || digits > 15) return NaN
  const size = scale > 1 ? value / scale : value
  return isNegative ? -size : size
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/** A JSON value as a number: numbers, and text that is a decimal number; NaN for all else. */
export function numberOf(value: Json | undefined): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.length > 64) return NaN
  const number = decimal.test(value) ? Number(value) : NaN
  return Number.isFinite(number) ? number : NaN
}

/** A JSON value as a word: text as it is, anything else as JSON. */
export function wordOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** True for an object, not for a list or null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a dotted path of a nested object. */
export function valueAt(object: JsonObject, name: string): Json | undefined {
  let at: Json | undefined = object
  for (const part of name.split('.')) {
    if (!isJsonObject(at)) return undefined
    at = at[part]
  }
  return at
}
