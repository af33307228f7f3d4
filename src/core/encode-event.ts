import { bytesOf, copyBytes, copyEscaped, copySlack, writeInteger, type ByteWriter } from './byte-writer.ts'
import { entryKind, type EventBatch } from './event-batch.ts'
import { eventFlagNames } from './event-flag.ts'
import { LayoutTable, leafKind } from './layout.ts'
import { documentOf } from './log-event.ts'
import type { Source } from './record-batch.ts'
import { formatTimestamp } from './time-text.ts'

// Names of this module: V8 reads an imported binding, and a property of it, from memory each time.
const slack = copySlack
const {
  value: leafValue,
  time: leafTime,
  status: leafStatus,
  duration: leafDuration,
  sequence: leafSequence,
  lines: leafLines,
  offset: leafOffset,
  source: leafSource,
} = leafKind
const { text: kindText, literal: kindLiteral, number: kindNumber, scratch: kindScratch } = entryKind

/**
 * Writes rows as JSON documents (ECS, nested objects), copying constant pieces and spans. One encoder per batch loop:
 * it remembers the layout of the row before.
 */
export class EventEncoder {
  readonly #layouts = new LayoutTable()
  #source: Source | undefined
  /** JSON of the constants of the source. */
  #literals: readonly Uint8Array[] = []

  /** Appends the document of a row to `out`, without a newline. Equal to `JSON.stringify(documentOf(batch, row))`. */
  encode(batch: EventBatch, row: number, out: ByteWriter): void {
    if (batch.odd.size > 0 && batch.odd.has(row)) {
      out.text(JSON.stringify(documentOf(batch, row)))
      return
    }
    const source = batch.records.source
    if (source !== this.#source) {
      this.#source = source
      this.#literals = source.constants.map(({ value }) => bytesOf(JSON.stringify(value)))
    }
    const { pieces, pieceEnd, stepKind, stepArg } = this.#layouts.of(batch, row)
    const steps = stepKind.length
    const first = batch.entryFrom[row]!
    /** Room for all but texts. */
    const room = pieceEnd[steps]! + steps * stepRoom
    const limit = pieceEnd[steps]! + slack
    out.reserve(room)
    let at = out.at
    let from = 0
    for (let step = 0; step < steps; step++) {
      at = copyBytes(pieces, limit, from, pieceEnd[step]!, out.view, at)
      from = pieceEnd[step]!
      const kind = stepKind[step]!
      if (kind <= leafValue) at = writeEntry(batch, first + stepArg[step]!, room, out, at)
      else if (kind === leafTime) {
        at = formatTimestamp(out.bytes, at, batch.time[row]!, batch.timeNs[row]!, batch.timeDigits[row]!)
      } else if (kind === leafStatus) at = writeInteger(batch.status[row]!, out.bytes, at)
      else if (kind === leafDuration) at = writeInteger(batch.durationNs[row]!, out.bytes, at)
      else if (kind === leafOffset) {
        at = writeInteger(Number(batch.records.base) + batch.offset[row]!, out.bytes, at)
      } else {
        out.at = at
        if (kind === leafSource) writeLiteral(this.#literals[stepArg[step]!]!, out)
        else writeColumn(batch, row, kind, out)
        out.reserve(room) // These may have used up some of it.
        at = out.at
      }
    }
    out.at = copyBytes(pieces, limit, from, pieceEnd[steps]!, out.view, at)
  }
}

/** Room for a value that is no text. */
const stepRoom = 48

/** Spans from this size on are copied natively (bench/emit.ts). */
const longSpan = 200

/** The caller has reserved `room`, of which this uses no more than `stepRoom`: a text makes its own. */
function writeEntry(batch: EventBatch, entry: number, room: number, out: ByteWriter, at: number): number {
  const coded = batch.entryKind[entry]!
  const kind = coded & 7
  const start = batch.entryStart[entry]!
  const end = batch.entryEnd[entry]!
  if (kind <= kindLiteral) {
    const most = (kind === kindText ? (end - start) * 6 : end - start) + room
    if (at + most > out.bytes.length) {
      out.at = at
      out.reserve(most)
    }
    const isScratch = (coded & kindScratch) !== 0
    const from = isScratch ? batch.scratchView : batch.recordView
    if (kind === kindText) return copyEscaped(from, start, end, out.view, at)
    const bytes = isScratch ? batch.scratch : batch.records.bytes
    if (end - start < longSpan) return copyBytes(from, bytes.length, start, end, out.view, at)
    out.bytes.set(bytes.subarray(start, end), at)
    return at + end - start
  }
  if (kind === kindNumber) return writeNumber(batch.numbers[start]!, out.bytes, at)
  out.bytes[at++] = 0x22
  at = formatTimestamp(out.bytes, at, batch.numbers[start]!, batch.numbers[start + 1]!, batch.numbers[start + 2]!)
  out.bytes[at++] = 0x22
  return at
}

function writeLiteral(literal: Uint8Array, out: ByteWriter): void {
  out.copy(literal, 0, literal.length)
}

/** The caller has reserved 40 bytes. */
function writeColumn(batch: EventBatch, row: number, kind: number, out: ByteWriter): void {
  switch (kind) {
    case leafSequence:
      out.at = writeInteger(batch.sub[row]!, out.bytes, out.at)
      return
    case leafLines:
      out.at = writeInteger(batch.lines[row]!, out.bytes, out.at)
      return
    default:
      writeFlags(batch.flags[row]!, out)
  }
}

function writeFlags(flags: number, out: ByteWriter): void {
  let lead = '['
  for (let bit = 0; bit < eventFlagNames.length; bit++) {
    if ((flags & (1 << bit)) === 0) continue
    out.text(`${lead}"${eventFlagNames[bit]}"`)
    lead = ','
  }
  out.text(']')
}

/** Any number as JSON: at most 25 characters. */
function writeNumber(value: number, to: Uint8Array, at: number): number {
  if (Number.isSafeInteger(value)) return writeInteger(value, to, at)
  const text = JSON.stringify(value)
  for (let i = 0; i < text.length; i++) to[at++] = text.charCodeAt(i)
  return at
}
