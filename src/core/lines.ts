import type { RecordBatch } from './record-batch.ts'
import { searchable } from './utf8.ts'

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

export interface LineCut {
  /** Record time of each line, epoch ms; NaN if the input has none. */
  readonly timestamp: number
  /** Offset of the byte at position 0 of the buffer, as delta to the batch's base: a line's offset is that of its start. */
  readonly offset: number
  /** The input ends here: what follows the last LF is a line, too. */
  readonly isEnd: boolean
}

/**
 * Appends the lines of `into.bytes[start, end)` as records and returns where the rest begins, which is no whole line
 * yet. A line ends at LF only; one CR before it belongs to the end (`docs/formats.md` section 1). Empty lines
 * become records, too. Sets `into.next`, and `into.isLines` if the batch was empty.
 */
export function splitLines(into: RecordBatch, start: number, end: number, cut: LineCut): number {
  const bytes = into.bytes
  const view = searchable(bytes)
  if (into.count === 0) into.isLines = true
  let from = start
  while (from < end) {
    let to = view.indexOf(lineFeed, from)
    const isWhole = to >= 0 && to < end
    if (!isWhole) {
      if (!cut.isEnd) break
      to = end
    }
    const valueEnd = isWhole && to > from && bytes[to - 1] === carriageReturn ? to - 1 : to
    into.push(cut.offset + from, cut.timestamp, from, valueEnd)
    from = isWhole ? to + 1 : end
  }
  into.next = cut.offset + from
  return from
}
