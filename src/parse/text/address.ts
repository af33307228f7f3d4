import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { isDigit, scanUint } from '../quantity.ts'
import { writeScratchJson } from './constant.ts'

const [quote, comma, dash, dot, colon, percent, open, close] = [0x22, 0x2c, 0x2d, 0x2e, 0x3a, 0x25, 0x5b, 0x5d]
const space = 0x20
const sourceAddress = fieldId('source.address')
const sourceIp = fieldId('source.ip')
const sourcePort = fieldId('source.port')
const invalidPort = fieldId('attributes.source.port')
const maxPort = 65_535

/** Whether the span is four decimal bytes, none with a leading zero (Elasticsearch refuses those). */
function isIpv4(bytes: Uint8Array, start: number, end: number): boolean {
  return ipv4End(bytes, start, end) === end
}

/** Position after four decimal bytes at `start`, none with a leading zero; -1 if there are none. Digits may follow a zero. */
export function ipv4End(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (let part = 0; ; part++) {
    let value = at < end ? bytes[at++]! - 0x30 : -1
    if (value >>> 0 > 9) return -1
    if (value > 0) {
      for (; at < end; at++) {
        const digit = bytes[at]! - 0x30
        if (digit >>> 0 > 9) break
        value = value * 10 + digit
        if (value > 255) return -1
      }
    }
    if (part === 3) return at
    if (at >= end || bytes[at++] !== dot) return -1
  }
}

/** Writes an IPv4 address (`ipv4End`) as `writeSource` would. */
export function writeIpv4Source(start: number, end: number, out: EventWriter): void {
  out.text(sourceAddress, start, end)
  out.text(sourceIp, start, end)
}

/** Whether the span is an IPv6 address in a text form of RFC 4291 section 2.2, without a zone. */
function isIpv6(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || end - start > 45) return false
  let groups = 0
  let isShort = false
  let at = start
  if (bytes[at] === colon) {
    if (bytes[at + 1] !== colon) return false
    isShort = true
    at += 2
  }
  while (at < end) {
    let to = at
    while (to < end && isHex(bytes[to]!)) to++
    if (to < end && bytes[to] === dot) {
      if (!isIpv4(bytes, at, end)) return false
      groups += 2
      at = end
      break
    }
    if (to === at || to > at + 4) return false
    groups++
    at = to
    if (at === end) break
    if (bytes[at] !== colon) return false
    at++
    if (at === end) return false
    if (bytes[at] === colon) {
      if (isShort) return false
      isShort = true
      at++
    }
  }
  return isShort ? groups < 8 : groups === 8
}

export function isHex(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/**
 * Where the address proper begins if the span is an IP address: after `::ffff:` of one that maps IPv4, which is
 * reduced to it; -1 if the span is no address. `end` is what `zoneStart` has returned.
 */
function ipStart(bytes: Uint8Array, start: number, end: number): number {
  if (isIpv4(bytes, start, end)) return start
  if (!isIpv6(bytes, start, end)) return -1
  let colons = 0
  let at = start
  while (at < end && (bytes[at] === colon || bytes[at] === 0x30)) if (bytes[at++] === colon) colons++
  const isMapped = colons >= 2 && at + 5 < end && bytes[at + 4] === colon && isAllF(bytes, at)
  return isMapped && isIpv4(bytes, at + 5, end) ? at + 5 : start
}

function isAllF(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 4; i++) if ((bytes[i]! | 0x20) !== 0x66) return false
  return true
}

/** Where the zone of `fe80::1%eth0` begins; `end` if there is none. */
function zoneStart(bytes: Uint8Array, start: number, end: number): number {
  let isIpv6Like = false
  for (let i = start; i < end; i++) {
    if (bytes[i] === colon) isIpv6Like = true
    else if (bytes[i] === percent) return isIpv6Like ? i : end
  }
  return end
}

/** Writes the span to `field` if it is an IP address: a mapped IPv6 one reduced, a zone dropped. */
export function writeIp(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (isIpv4(bytes, start, end)) {
    out.text(field, start, end)
    return true
  }
  const to = zoneStart(bytes, start, end)
  const from = ipStart(bytes, start, to)
  if (from < 0) return false
  out.text(field, from, to)
  return true
}

/** `source.address` as logged, and `source.ip` if it is one, which is the result; `-` is absence. */
export function writeSource(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (end - start === 1 && bytes[start] === dash) return false
  out.text(sourceAddress, start, end)
  return writeIp(sourceIp, bytes, start, end, out)
}

/**
 * Place of the colon before the port in `10.0.0.9:51514`, `[::1]:51514`, `::1:51514`; -1 if the span does not end in
 * a colon and digits.
 */
export function portColon(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && isDigit(bytes[at - 1])) at--
  return at < end && at - 1 > start && bytes[at - 1] === colon ? at - 1 : -1
}

/** As `writeSource` for an address with a port; a port out of range goes to `attributes`. */
export function writeSourceAndPort(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const at = portColon(bytes, start, end)
  if (at < 0) {
    writeSource(bytes, start, end, out)
    return
  }
  const isBracketed = bytes[start] === open && bytes[at - 1] === close
  writeSource(bytes, isBracketed ? start + 1 : start, isBracketed ? at - 1 : at, out)
  writePort(sourcePort, invalidPort, bytes, at + 1, end, out)
}

/** Writes a port of digits to `field`, or as text to `invalid` if there is no such port. */
export function writePort(
  field: number,
  invalid: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
): void {
  const port = scanUint(bytes, start, end)
  if (port >= 0 && port <= maxPort) out.number(field, port)
  else {
    out.text(invalid, start, end)
    out.addFlags(eventFlag.value_invalid)
  }
}

/** Items of a forwarded list that are looked at. */
const maxItems = 64

/**
 * Writes the valid addresses of a comma-separated list (`X-Forwarded-For`) to `field` as an array. Returns whether
 * every item was one.
 */
export function writeIpList(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const batch = out.batch
  batch.reserveScratch((end - start) * 4 + 2)
  const from = batch.scratchEnd
  const scratch = batch.scratch
  let at = from
  let items = 0
  let isWhole = true
  for (let i = start; i < end && items < maxItems;) {
    let to = i
    while (to < end && bytes[to] !== comma) to++
    let a = i
    let b = to
    while (a < b && bytes[a] === space) a++
    while (b > a && bytes[b - 1] === space) b--
    const zone = zoneStart(bytes, a, b)
    const ip = ipStart(bytes, a, zone)
    if (ip >= 0) {
      scratch[at++] = items === 0 ? open : comma
      scratch[at++] = quote
      for (let j = ip; j < zone; j++) scratch[at++] = bytes[j]!
      scratch[at++] = quote
      items++
    } else isWhole = false
    i = to + 1
  }
  if (items > 0) {
    scratch[at++] = close
    batch.scratchEnd = at
    writeScratchJson(field, from, at, out)
  }
  return isWhole && items < maxItems
}
