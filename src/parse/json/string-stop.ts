const nullWord = Uint8Array.from('(null)', (char) => char.charCodeAt(0))

/**
 * The first byte that a string cannot hold as it is, a quote, a backslash or a control; `end` if there is none. Four bytes
 * at a time (zero bytes of x, x ^ quotes: H. S. Warren, Hacker's Delight, section 6-1; the lowest of them is told exactly).
 */
export function stringStop(view: DataView, start: number, end: number): number {
  let at = start
  for (const last = end - 4; at <= last; at += 4) {
    const four = view.getInt32(at, true)
    const quotes = four ^ 0x22222222
    const slashes = four ^ 0x5c5c5c5c
    const found =
      (((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | ((four - 0x20202020) & ~four)) &
      0x80808080
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
