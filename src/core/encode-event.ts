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
    const { pieces, pieceEnd, stepKind, stepArg } = this.#layouts.of(batch, row)
    const steps = stepKind.length
    const first = batch.entryFrom[row]!
    out.reserve(pieces.length + steps * 32)
    let piece = 0
    for (let step = 0; step < steps; step++) {
      const end = pieceEnd[step]!
      out.reserve(end - piece + 40)
      out.at = copyBytes(pieces, piece, end, out.bytes, out.at)
      piece = end
      const kind = stepKind[step]!
      if (kind <= leafKind.value) writeEntry(batch, first + stepArg[step]!, out)
      else if (kind === leafKind.source) writeLiteral(this.#literals[stepArg[step]!]!, out)
      else writeColumn(batch, row, kind, out)
    }
    out.copy(pieces, piece, pieces.length)
  }
}

function writeEntry(batch: EventBatch, entry: number, out: ByteWriter): void {
  const coded = batch.entryKind[entry]!
  const kind = coded & 7
  const start = batch.entryStart[entry]!
  if (kind === entryKind.number) return writeNumber(batch.numbers[start]!, out)
  if (kind === entryKind.time) {
    const [ms, ns, digits] = [batch.numbers[start]!, batch.numbers[start + 1]!, batch.numbers[start + 2]!]
    out.bytes[out.at++] = 0x22
    out.at = formatTimestamp(out.bytes, out.at, ms, ns, digits)
    out.bytes[out.at++] = 0x22
    return
  }
  const end = batch.entryEnd[entry]!
  const bytes = coded & entryKind.scratch ? batch.scratch : batch.records.bytes
  if (kind !== entryKind.text) return out.copy(bytes, start, end)
  out.reserve((end - start) * 6)
  out.at = copyEscaped(bytes, start, end, out.bytes, out.at)
}

function writeLiteral(literal: Uint8Array, out: ByteWriter): void {
  out.copy(literal, 0, literal.length)
}

/** The caller has reserved 40 bytes. */
function writeColumn(batch: EventBatch, row: number, kind: number, out: ByteWriter): void {
  switch (kind) {
    case leafKind.time:
      out.at = formatTimestamp(out.bytes, out.at, batch.time[row]!, batch.timeNs[row]!, batch.timeDigits[row]!)
      return
    case leafKind.status:
      out.at = writeInteger(batch.status[row]!, out.bytes, out.at)
      return
    case leafKind.duration:
      out.at = writeInteger(batch.durationNs[row]!, out.bytes, out.at)
      return
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

function writeNumber(value: number, out: ByteWriter): void {
  if (Number.isSafeInteger(value)) out.at = writeInteger(value, out.bytes, out.at)
  else out.text(JSON.stringify(value))
}
