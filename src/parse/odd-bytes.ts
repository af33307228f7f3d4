import { bytesOf, textOf } from '../core/byte-writer.ts'
import { eventFlag } from '../core/event-flag.ts'
import { isAscii, isUtf8, searchable } from '../core/utf8.ts'

/**
 * What `docs/bad-input.md` section 3 takes out: ECMA-48 control sequences and strings (colours, cursor, links,
 * clipboard). Every part is bounded and excludes the byte that ends it, so that a run is linear.
 */
const controlSequences =
  // oxlint-disable-next-line no-control-regex -- these are the characters that it removes
  /(?:\x1b\[|\x9b)[0-?]{0,256}[ -/]{0,16}[@-~]|\x1b\][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)|\x1b[PX^_][^\x1b\x9c]{0,4096}(?:\x1b\\|\x9c)|\x1b[ -/]{0,16}[0-~]/g

const [escape, backslash] = [0x1b, 0x5c]
/** U+009B, the C1 form of `ESC [`. */
const c1 = Uint8Array.of(0xc2, 0x9b)

const [escapedLower, escapedUpper] = [bytesOf('u001b'), bytesOf('u001B')]

/** What a look at a batch has found. */
export const oddness = { none: 0, sequences: 1, invalid: 2 } as const

/** How the records of a batch have to be looked at, decided by a few native passes over all its bytes. */
export function oddnessOf(bytes: Uint8Array, start: number, end: number): number {
  const hasEscape = isWithin(bytes, escape, start, end)
  if (isAscii(bytes, start, end)) return hasEscape ? oddness.sequences : oddness.none
  if (!isUtf8(bytes, start, end)) return oddness.invalid
  return hasEscape || isWithin(bytes, c1, start, end) ? oddness.sequences : oddness.none
}

/** Whether a JSON string may hold an escaped ESC. */
export function hasEscapedEscape(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isWithin(bytes, backslash, start, end)) return false
  return isWithin(bytes, escapedLower, start, end) || isWithin(bytes, escapedUpper, start, end)
}

/** Whether a record of a batch of that oddness has to be cleaned. */
export function isOdd(bytes: Uint8Array, start: number, end: number, found: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === escape || (byte === c1[1] && bytes[i - 1] === c1[0])) return true
  }
  return found === oddness.invalid && !isUtf8(bytes, start, end)
}

function isWithin(bytes: Uint8Array, what: number | Uint8Array, start: number, end: number): boolean {
  const at = searchable(bytes).indexOf(what, start)
  return at >= 0 && at < end
}

export interface CleanText {
  readonly text: string
  /** Bits of `eventFlag`. */
  readonly flags: number
}

/** The text of an odd record: decoded with U+FFFD for what is invalid, without control sequences. */
export function cleanText(bytes: Uint8Array, start: number, end: number): CleanText {
  const [first, second] = [bytes[start], bytes[start + 1]]
  let text: string
  let flags = 0
  if (end - start >= 2 && first === 0xff && second === 0xfe) {
    text = new TextDecoder('utf-16le').decode(bytes.subarray(start, end))
    flags = eventFlag.utf16
  } else if (end - start >= 2 && first === 0xfe && second === 0xff) {
    text = new TextDecoder('utf-16be').decode(bytes.subarray(start, end))
    flags = eventFlag.utf16
  } else {
    text = textOf(bytes, start, end)
    if (!isUtf8(bytes, start, end)) flags = eventFlag.invalid_utf8
  }
  return { text: text.replace(controlSequences, ''), flags }
}

/** `text` without control sequences. */
export function withoutSequences(text: string): string {
  return text.replace(controlSequences, '')
}
