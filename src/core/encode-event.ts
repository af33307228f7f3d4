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
  sequence: leafSequence,
  lines: leafLines,
  offset: leafOffset,
  source: leafSource,
} = leafKind
const { text: kindText, literal: kindLiteral, number: kindNumber, scratch: kindScratch } = entryKind

/** Room for a value that is no text. */
const stepRoom = 48
const newline = 0x0a

/**
 * Writes rows as JSON documents (ECS, nested objects), copying constant pieces and spans. One encoder per user: it
 * remembers the layout of the row before.
 */
export class EventEncoder {
  /** Where the documents of the last call end in `out`, without their newlines. */
  ends = new Int32Array(0)
  readonly #layouts = new LayoutTable()
  #source: Source | undefined
  /** JSON of the constants of the source. */
  #literals: readonly Uint8Array[] = []

  /**
   * Appends the documents of rows `from` up to `to`, each with a newline, to `out`. They are equal to
   * `JSON.stringify(documentOf(batch, row))`.
   */
  encode(batch: EventBatch, from: number, to: number, out: ByteWriter): void {
    this.#begin(batch.records.source, to - from)
    // What stands before the loops is read from memory once for all rows.
    const { ends } = this
    const { entryFrom, entryKind, entryStart, entryEnd, recordView, scratchView } = batch
    const { time, timeNs, timeDigits, status, durationNs, offset } = batch
    const base = Number(batch.records.base)
    const recordLimit = batch.records.bytes.length
    const scratchLimit = batch.scratch.length
    let { bytes, view, at } = out
    for (let row = from; row < to; row++) {
      if (batch.odd.size > 0 && batch.odd.has(row)) {
        ;({ bytes, view, at } = writeOdd(batch, row, out, at))
        ends[row - from] = at - 1
        continue
      }
      const { pieces, pieceEnd, stepKind, stepArg } = this.#layouts.of(batch, row)
      const steps = stepKind.length
      const first = entryFrom[row]!
      const limit = pieceEnd[steps]! + slack
      const room = limit + steps * stepRoom // For all but texts.
      if (at + room > bytes.length) ({ bytes, view } = grow(out, at, room))
      for (let step = 0, piece = 0; ; step++) {
        const end = pieceEnd[step]!
        at = copyBytes(pieces, limit, piece, end, view, at)
        if (step === steps) break
        piece = end
        const kind = stepKind[step]!
        if (kind <= leafValue) {
          const entry = first + stepArg[step]!
          const coded = entryKind[entry]!
          const start = entryStart[entry]!
          const stop = entryEnd[entry]!
          if ((coded & 7) > kindLiteral) {
            at = writeNumbers(batch, entry, bytes, at)
            continue
          }
          const isText = (coded & 7) === kindText
          const most = (isText ? (stop - start) * 6 : stop - start) + room
          if (at + most > bytes.length) ({ bytes, view } = grow(out, at, most))
          const isScratch = (coded & kindScratch) !== 0
          if (isText) at = copyEscaped(isScratch ? scratchView : recordView, start, stop, view, at)
          else if (isScratch) at = copyBytes(scratchView, scratchLimit, start, stop, view, at)
          else at = copyBytes(recordView, recordLimit, start, stop, view, at)
        } else if (kind === leafTime) at = formatTimestamp(bytes, at, time[row]!, timeNs[row]!, timeDigits[row]!)
        else if (kind <= leafOffset) {
          const whole =
            kind === leafStatus ? status[row]! : kind === leafOffset ? base + offset[row]! : durationNs[row]!
          at = writeInteger(whole, bytes, at)
        } else {
          out.at = at
          if (kind === leafSource) writeLiteral(this.#literals[stepArg[step]!]!, out)
          else writeColumn(batch, row, kind, out)
          ;({ bytes, view, at } = grow(out, out.at, room)) // These may have used up some of it.
        }
      }
      ends[row - from] = at
      bytes[at++] = newline
    }
    out.at = at
  }

  #begin(source: Source, count: number): void {
    if (this.ends.length < count) this.ends = new Int32Array(count)
    if (source === this.#source) return
    this.#source = source
    this.#literals = source.constants.map(({ value }) => bytesOf(JSON.stringify(value)))
  }
}

function writeOdd(batch: EventBatch, row: number, out: ByteWriter, at: number): ByteWriter {
  out.at = at
  out.text(JSON.stringify(documentOf(batch, row)))
  out.reserve(1)
  out.bytes[out.at++] = newline
  return out
}

/** Makes room for `size` more bytes at `at`. */
function grow(out: ByteWriter, at: number, size: number): ByteWriter {
  out.at = at
  out.reserve(size)
  return out
}

/** An entry whose value lies in `numbers`. */
function writeNumbers(batch: EventBatch, entry: number, bytes: Uint8Array, at: number): number {
  const { numbers } = batch
  const place = batch.entryStart[entry]!
  if ((batch.entryKind[entry]! & 7) === kindNumber) return writeNumber(numbers[place]!, bytes, at)
  bytes[at] = 0x22
  const to = formatTimestamp(bytes, at + 1, numbers[place]!, numbers[place + 1]!, numbers[place + 2]!)
  bytes[to] = 0x22
  return to + 1
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
