import { bytesOf, copyBytes, copyEscaped, writeInteger, type ByteWriter } from './byte-writer.ts'
import { entryKind, type EventBatch } from './event-batch.ts'
import { eventFlagNames } from './event-flag.ts'
import { LayoutTable, leafKind } from './layout.ts'
import { documentOf } from './log-event.ts'
import type { Source } from './record-batch.ts'
import { formatTimestamp } from './time-text.ts'

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
    const { pieces, pieceViews, piecesSize, stepKind, stepArg } = this.#layouts.of(batch, row)
    const first = batch.entryFrom[row]!
    const room = piecesSize + stepKind.length * 48 + textRoom(batch, first, batch.entryFrom[row + 1]!)
    out.reserve(room)
    let { bytes } = out
    let at = out.at
    for (let step = 0; step < stepKind.length; step++) {
      at = writePiece(pieces[step]!, pieceViews[step]!, out, at)
      const kind = stepKind[step]!
      if (kind <= leafKind.value) at = writeEntry(batch, first + stepArg[step]!, out, at)
      else if (kind === leafKind.time) {
        at = formatTimestamp(bytes, at, batch.time[row]!, batch.timeNs[row]!, batch.timeDigits[row]!)
      } else if (kind <= leafKind.duration) {
        at = writeInteger(kind === leafKind.status ? batch.status[row]! : batch.durationNs[row]!, bytes, at)
      } else {
        out.at = at
        if (kind === leafKind.source) writeLiteral(this.#literals[stepArg[step]!]!, out)
        else writeColumn(batch, row, kind, out)
        out.reserve(room) // These may have used up some of it.
        bytes = out.bytes
        at = out.at
      }
    }
    out.at = writePiece(pieces[stepKind.length]!, pieceViews[stepKind.length]!, out, at)
  }
}

/** Most bytes that the texts of a row may take when escaped. */
function textRoom(batch: EventBatch, from: number, to: number): number {
  let room = 0
  for (let entry = from; entry < to; entry++) {
    const size = batch.entryEnd[entry]! - batch.entryStart[entry]!
    room += (batch.entryKind[entry]! & 7) === entryKind.text ? size * 6 : size
  }
  return room
}

/** A native copy of a whole array beats a loop from some 24 bytes on (bench/emit.ts). */
function writePiece(piece: Uint8Array, view: DataView, out: ByteWriter, at: number): number {
  const length = piece.length
  if (length <= 24) return copyBytes(view, 0, length, out.view, at)
  out.bytes.set(piece, at)
  return at + length
}

/** Spans from this size on are copied natively. */
const longSpan = 80

/** The caller has reserved room. */
function writeEntry(batch: EventBatch, entry: number, out: ByteWriter, at: number): number {
  const coded = batch.entryKind[entry]!
  const kind = coded & 7
  const start = batch.entryStart[entry]!
  const end = batch.entryEnd[entry]!
  if (kind <= entryKind.literal) {
    const isScratch = (coded & entryKind.scratch) !== 0
    const from = isScratch ? batch.scratchView : batch.recordView
    if (kind === entryKind.text) return copyEscaped(from, start, end, out.view, at)
    if (end - start < longSpan) return copyBytes(from, start, end, out.view, at)
    out.bytes.set((isScratch ? batch.scratch : batch.records.bytes).subarray(start, end), at)
    return at + end - start
  }
  if (kind === entryKind.number) return writeNumber(batch.numbers[start]!, out.bytes, at)
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
    case leafKind.sequence:
      out.at = writeInteger(batch.sub[row]!, out.bytes, out.at)
      return
    case leafKind.lines:
      out.at = writeInteger(batch.lines[row]!, out.bytes, out.at)
      return
    case leafKind.offset:
      out.at = writeInteger(Number(batch.records.base) + batch.offset[row]!, out.bytes, out.at)
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
