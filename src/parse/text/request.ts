import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId, type FieldName } from '../../core/field.ts'
import { stringStop } from '../json/string-stop.ts'
import { isDigit, scanUint } from '../quantity.ts'
import { pathEnd } from '../route.ts'
import { portColon, writePort } from './address.ts'

const [space, quote, hash, dash, dot, slash, colon, question, at, backslash] = [
  0x20, 0x22, 0x23, 0x2d, 0x2e, 0x2f, 0x3a, 0x3f, 0x40, 0x5c,
]
const method = fieldId('http.request.method')
const version = fieldId('http.version')
const urlOriginal = fieldId('url.original')
const urlPath = fieldId('url.path')
const urlQuery = fieldId('url.query')
const urlFragment = fieldId('url.fragment')
const urlScheme = fieldId('url.scheme')
const urlDomain = fieldId('url.domain')
const urlPort = fieldId('url.port')
const invalidUrlPort = fieldId('attributes.url.port')
const invalidStatus = fieldId('attributes.http.response.status_code')
/** Fields that `writeRequest` writes for the targets that servers usually see. */
export const requestFields: readonly FieldName[] = [
  'http.request.method',
  'http.version',
  'url.original',
  'url.path',
  'url.query',
]

/** Longer words in capitals are no methods. */
const maxMethodBytes = 32

/**
 * Place of the quote that ends a quoted text whose inside begins at `from`; `\"` is none. -1 if it is open. Sets
 * `out.isProved` for this text; the caller writes it and resets that.
 */
export function closingQuote(bytes: Uint8Array, from: number, end: number, out: EventWriter): number {
  // The careful loop takes several times as long, and few texts need it.
  const first = stringStop(out.viewOf(bytes), from, end)
  if (first < end && bytes[first] === quote) {
    out.isProved = true
    return first
  }
  for (let i = first; i < end; i++) {
    const byte = bytes[i]!
    if (byte === quote) return i
    if (byte === backslash) i++
  }
  return -1
}

/** Writes a text unless it is `-` or empty. */
export function writePresent(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  if (end - start !== 1 || bytes[start] !== dash) out.text(field, start, end)
}

/**
 * Writes a request line, `GET /pay?id=7 HTTP/1.1`: method, version and the parts of the target. One that no HTTP
 * client sends (TLS to a plain port, probes) is kept as `url.original` alone; `-` and nothing are absence.
 */
export function writeRequest(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const methodEnd = endOfMethod(bytes, start, end)
  if (methodEnd < 0) return writePresent(urlOriginal, bytes, start, end, out)
  const versionStart = startOfVersion(bytes, methodEnd + 1, end)
  const target = methodEnd + 1
  const targetEnd = versionStart < 0 ? end : versionStart - 6
  if (targetEnd <= target || (versionStart < 0 && !isTarget(bytes, target, end))) {
    return out.text(urlOriginal, start, end)
  }
  out.text(method, start, methodEnd)
  writeTarget(bytes, target, targetEnd, out)
  if (versionStart > 0) out.text(version, versionStart, end)
}

/** End of a method at `start` that a space follows: capitals, `-` and `_`; -1 if there is none. */
export function endOfMethod(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + maxMethodBytes + 1)
  for (let i = start; i < limit; i++) {
    const byte = bytes[i]!
    if (byte >= 0x41 && byte <= 0x5a) continue
    if (byte === space) return i - start > 1 ? i : -1
    if ((byte !== dash && byte !== 0x5f) || i === start) return -1
  }
  return -1
}

/** Where the number begins if the span ends in ` HTTP/1.1`; -1 if it does not. */
function startOfVersion(bytes: Uint8Array, start: number, end: number): number {
  let i = end - 3
  // `1.1`; the rest is rare.
  if (i - 6 < start || bytes[i - 1] !== slash || bytes[i + 1] !== dot || !isDigit(bytes[i + 2])) i = end
  while (i > start && end - i < 4 && (isDigit(bytes[i - 1]) || bytes[i - 1] === dot)) i--
  if (i === end || !isDigit(bytes[i]) || i - 6 < start || bytes[i - 1] !== slash || bytes[i - 6] !== space) return -1
  return bytes[i - 5] === 0x48 && bytes[i - 4] === 0x54 && bytes[i - 3] === 0x54 && bytes[i - 2] === 0x50 ? i : -1
}

/** HTTP/0.9 has no version; a target without one must at least look like it. */
function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== slash && authorityStart(bytes, start, end) < 0) return false
  for (let i = start; i < end; i++) if (bytes[i] === space) return false
  return true
}

/**
 * Writes a request target as logged: `url.original`, and what it has of path, query and fragment; of an absolute one
 * also scheme, host and port. A password in it is in `url.original` alone.
 */
export function writeTarget(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  out.text(urlOriginal, start, end)
  let from = start
  if (bytes[start] !== slash) {
    const authority = authorityStart(bytes, start, end)
    if (authority < 0) return
    out.text(urlScheme, start, authority - 3)
    from = writeAuthority(bytes, authority, end, out)
  }
  const found = pathEnd(bytes, from, end)
  let to = found < 0 ? ~found : found
  out.text(urlPath, from, to)
  if (found < 0 && to > from) out.ownRoute = out.pathEntry
  if (to === end) return
  if (bytes[to] === question) {
    from = to + 1
    while (to < end && bytes[to] !== hash) to++
    out.text(urlQuery, from, to)
  }
  out.text(urlFragment, to + 1, end)
}

/** Position after `scheme://`; -1 if the span does not begin with it. */
function authorityStart(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && i < start + 12 && (bytes[i]! | 0x20) >= 0x61 && (bytes[i]! | 0x20) <= 0x7a) i++
  return i > start && i + 2 < end && bytes[i] === colon && bytes[i + 1] === slash && bytes[i + 2] === slash ? i + 3 : -1
}

/** Writes host and port of `user:password@host:port`; returns where it ends. */
function writeAuthority(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let to = start
  let host = start
  while (to < end && bytes[to] !== slash && bytes[to] !== question && bytes[to] !== hash) {
    if (bytes[to++] === at) host = to
  }
  writeHost(bytes, host, to, out)
  return to
}

/** Writes `host:port` or a host alone as `url.domain` and `url.port`. */
export function writeHost(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const port = portColon(bytes, start, end)
  if (port > 0 && (bytes[port - 1] === 0x5d || !hasColon(bytes, start, port))) {
    out.text(urlDomain, start, port)
    writePort(urlPort, invalidUrlPort, bytes, port + 1, end, out)
  } else out.text(urlDomain, start, end)
}

function hasColon(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === colon) return true
  return false
}

/**
 * Reads three digits of a status, or `-`, at `at`; returns the position after it or -1. One outside 100..599 goes to
 * `attributes`.
 */
export function scanStatus(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  if (at < end && bytes[at] === dash) return at + 1
  if (at + 3 > end || (at + 3 < end && isDigit(bytes[at + 3]))) return -1
  const status = scanUint(bytes, at, at + 3)
  if (status < 0) return -1
  if (status >= 100 && status <= 599) out.setStatus(status)
  else {
    out.text(invalidStatus, at, at + 3)
    out.addFlags(eventFlag.value_invalid)
  }
  return at + 3
}

/**
 * Reads a count of bytes, or `-`, at `at` into `field`; returns the position after it or -1. One beyond 2^53 goes to
 * `invalid`.
 */
export function scanCount(
  field: number,
  invalid: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  out: EventWriter,
): number {
  if (at < end && bytes[at] === dash) return at + 1
  let to = at
  let count = 0
  for (; to < end; to++) {
    const digit = bytes[to]! - 0x30
    if (digit >>> 0 > 9) break
    count = count * 10 + digit
  }
  if (to === at) return -1
  if (count <= Number.MAX_SAFE_INTEGER) out.number(field, count)
  else {
    out.text(invalid, at, to)
    out.addFlags(eventFlag.value_invalid)
  }
  return to
}
