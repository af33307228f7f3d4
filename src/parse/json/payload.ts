import type { EventWriter } from '../../core/event-writer.ts'
import type { TextContext } from '../format.ts'
import { backslash } from './syntax.ts'
import { unescapeInto } from './value.ts'

/**
 * Makes the inside of a string the payload of an envelope, less the escaped line feed at its end: as it lies, or unescaped
 * into the scratch buffer. `isPlain`: it has no escapes.
 */
export function writePayload(
  bytes: Uint8Array,
  start: number,
  end: number,
  isPlain: boolean,
  out: EventWriter,
  context: TextContext,
): void {
  const to = endsInLineFeed(bytes, start, end) ? end - 2 : end
  context.payloadStart = start
  context.payloadEnd = to
  context.payloadInScratch = out.inScratch
  if (isPlain || !hasBackslash(bytes, start, to)) return
  context.payloadStart = unescapeInto(out, bytes, start, to)
  context.payloadEnd = out.batch.scratchEnd
  context.payloadInScratch = true
}

/** Whether the inside of a string ends in an escaped line feed; in Docker's files a line without it goes on in the next record. */
export function endsInLineFeed(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 2 && bytes[end - 1] === 0x6e && isEscape(bytes, start, end - 2)
}

/** Whether the byte at `at` is a backslash that begins an escape: an odd number of them stands there. */
function isEscape(bytes: Uint8Array, start: number, at: number): boolean {
  let from = at
  while (from >= start && bytes[from] === backslash) from--
  return ((at - from) & 1) === 1
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === backslash) return true
  return false
}
