import { stringStops } from '../../core/byte-writer.ts'

const nullWord = Uint8Array.from('(null)', (char) => char.charCodeAt(0))

// A name of this module: V8 reads an imported binding from memory each time.
const stops = stringStops

/** The first byte that a string cannot hold as it is, a quote, a backslash or a control; `end` if there is none. */
export function stringStop(view: DataView, start: number, end: number): number {
  let at = start
  for (const last = end - 4; at <= last; at += 4) {
    const found = stops(view.getInt32(at, true))
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at)
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return at
  }
  return at
}

/** Whether a text is absence: nothing, `-`, `(null)`. */
export function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start
  if (size === 0) return true
  if (size === 1) return bytes[start] === 0x2d
  if (size !== 6 || bytes[start] !== 0x28) return false
  for (let i = 0; i < 6; i++) if (bytes[start + i] !== nullWord[i]) return false
  return true
}
