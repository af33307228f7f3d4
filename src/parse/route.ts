import type { EventWriter } from '../core/event-writer.ts'

const [slash, dash, underscore, at, dot, colon] = [0x2f, 0x2d, 0x5f, 0x40, 0x2e, 0x3a]
/** Segments of a route; what follows is `*`. */
const maxSegments = 8
/** Letters of an extension as one number, 5 bits each. */
const extensions = new Set(
  'js mjs css map png jpg jpeg gif svg ico webp avif woff ttf eot mp4 woff2 pdf zip gz wasm'
    .split(' ')
    .map(extensionKey),
)
const id = Uint8Array.from('{id}', (char) => char.charCodeAt(0))
const more = Uint8Array.from('/*', (char) => char.charCodeAt(0))

/** What a byte says of a path: without variable ones, and with a few slashes, it is its own route. */
const [plainByte, slashByte, variableByte, endByte] = [0, 1, 2, 3]
const pathBytes = new Uint8Array(256).fill(variableByte, 0x30, 0x3a)
pathBytes[slash] = slashByte
for (const byte of [at, dot]) pathBytes[byte] = variableByte
for (const byte of '?#') pathBytes[byte.charCodeAt(0)] = endByte

/**
 * End of the path that begins at `start`, up to `?` or `#`; below 0, as `~end`, if it is its own route as `routeOf` would
 * find.
 */
export function pathEnd(bytes: Uint8Array, start: number, end: number): number {
  let slashes = 0
  let isVariable = false
  let to = start
  for (; to < end; to++) {
    const kind = pathBytes[bytes[to]!]!
    if (kind === plainByte) continue
    if (kind === endByte) break
    if (kind === slashByte) slashes++
    else isVariable = true
  }
  return isVariable || slashes > maxSegments ? to : ~to
}

function extensionKey(extension: string): number {
  let key = 0
  for (let i = 0; i < extension.length; i++) key = key * 32 + (extension.charCodeAt(i) & 31)
  return key
}

/**
 * Makes the route of a path (`docs/formats.md` section 19): ids, UUIDs, hex, dates, addresses and numbers become
 * `{id}`; a static file is told by its extension alone. Returns -1 if the path is its own route, else where the route
 * begins in the scratch buffer of the batch, at whose end it ends.
 */
export function routeOf(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  if (pathEnd(bytes, start, end) === ~end) return -1
  const extension = extensionStart(bytes, start, end)
  if (extension >= 0) {
    const from = out.scratchText('*')
    out.scratchBytes(bytes, extension, end)
    return from
  }
  let segments = 0
  let written = -1
  for (let from = start; from < end;) {
    let to = from + 1
    while (to < end && bytes[to] !== slash) to++
    const isRest = ++segments > maxSegments
    const isVariable = !isRest && isVariableSegment(bytes, from + 1, to)
    if ((isRest || isVariable) && written < 0) written = out.scratchBytes(bytes, start, from)
    if (isRest) {
      out.scratchBytes(more, 0, more.length)
      return written
    }
    if (written >= 0) {
      out.scratchBytes(bytes, from, isVariable ? from + 1 : to)
      if (isVariable) out.scratchBytes(id, 0, id.length)
    }
    from = to
  }
  return written
}

/** Where the extension of a static file begins, with its dot; -1 if the path names none. */
function extensionStart(bytes: Uint8Array, start: number, end: number): number {
  let key = 0
  let factor = 1
  for (let i = end - 1; i > start && i >= end - 6; i--) {
    const byte = bytes[i]!
    if (byte === dot) return i < end - 1 && extensions.has(key) ? i : -1
    if (byte === slash) return -1
    key += (byte & 31) * factor
    factor *= 32
  }
  return -1
}

/**
 * Whether a segment names one thing out of many: only digits with signs of dates and numbers between, hex of 8 and
 * more with a digit, a word with a number at its end (`O-1042`, `user_7`), an address, or 16 and more mixed characters.
 */
function isVariableSegment(bytes: Uint8Array, start: number, end: number): boolean {
  let digits = 0
  let letters = 0
  let hex = 0
  let signs = 0
  let tail = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte >= 0x30 && byte <= 0x39) {
      digits++
      hex++
      tail++
      continue
    }
    tail = 0
    if (byte === at) return true
    if (byte === dash || byte === underscore || byte === dot || byte === colon) {
      signs++
      continue
    }
    const lower = byte | 0x20
    if (lower < 0x61 || lower > 0x7a) return false
    letters++
    if (lower <= 0x66) hex++
  }
  if (digits === 0) return false
  if (letters === 0 || (hex === digits + letters && hex >= 8)) return true
  if (tail >= 4 || (tail > 0 && signs > 0 && tail + letters + signs === end - start))
    return !isVersion(bytes, start, end)
  return end - start >= 16 && digits >= 3
}

/** `v1`, `v2.1`: part of the name of an API. */
function isVersion(bytes: Uint8Array, start: number, end: number): boolean {
  if ((bytes[start]! | 0x20) !== 0x76) return false
  for (let i = start + 1; i < end; i++) {
    const byte = bytes[i]!
    if ((byte < 0x30 || byte > 0x39) && byte !== dot) return false
  }
  return end - start < 6
}
