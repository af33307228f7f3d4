import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { isDigit } from '../quantity.ts'

const traceId = fieldId('trace.id')
const spanId = fieldId('span.id')
const [traceDigits, spanDigits] = [32, 16]
const dash = 0x2d
/** A 128-bit number, most significant byte first: where decimal ids are turned into hex. */
const number = new Uint8Array(16)

/**
 * Writes `trace.id` as 32 lower-case hex digits: 16 are padded on the left, dashes are removed. All zeros and anything
 * else is absence (W3C Trace Context section 3.2.2.3). Returns whether it was an id.
 */
export function writeTraceId(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  return writeHex(traceId, traceDigits, bytes, start, end, out)
}

/** Writes `span.id` as 16 lower-case hex digits, else as `writeTraceId`. */
export function writeSpanId(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  return writeHex(spanId, spanDigits, bytes, start, end, out)
}

function writeHex(
  field: number,
  size: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
): boolean {
  let digits = 0
  let isZero = true
  let isPlain = true
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const lower = byte | 0x20
    if (byte === dash) {
      isPlain = false
      continue
    }
    if (!isDigit(byte) && (lower < 0x61 || lower > 0x66)) return false
    if (byte !== 0x30) isZero = false
    if (byte >= 0x41 && byte <= 0x46) isPlain = false
    digits++
  }
  if (isZero || (digits !== size && digits !== spanDigits)) return false
  if (isPlain && digits === size) {
    out.text(field, start, end)
    return true
  }
  const at = reserve(size, out)
  const scratch = out.batch.scratch
  let to = at
  for (let i = digits; i < size; i++) scratch[to++] = 0x30
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte !== dash) scratch[to++] = byte >= 0x41 && byte <= 0x46 ? byte + 32 : byte
  }
  out.scratch(field, at, to)
  return true
}

/** Datadog writes its ids as decimal numbers of 64 bits (or as 32 hex digits, which are taken as such). */
export function writeDatadogIds(
  isSpan: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
): boolean {
  if (end - start > 20) return !isSpan && writeTraceId(bytes, start, end, out)
  number.fill(0)
  let isZero = true
  for (let i = start; i < end; i++) {
    if (!isDigit(bytes[i])) return false
    let carry = bytes[i]! - 0x30
    if (carry > 0) isZero = false
    for (let j = number.length - 1; j >= 0; j--) {
      carry += number[j]! * 10
      number[j] = carry & 255
      carry >>= 8
    }
  }
  if (isZero || number[7]! > 0) return false
  const size = isSpan ? spanDigits : traceDigits
  const at = reserve(size, out)
  for (let i = 0; i < size; i++) {
    const byte = number[16 - size / 2 + (i >> 1)]!
    const digit = (i & 1) === 0 ? byte >> 4 : byte & 15
    out.batch.scratch[at + i] = digit < 10 ? 0x30 + digit : 0x57 + digit
  }
  out.scratch(isSpan ? spanId : traceId, at, at + size)
  return true
}

function reserve(size: number, out: EventWriter): number {
  const batch = out.batch
  batch.reserveScratch(size)
  const at = batch.scratchEnd
  batch.scratchEnd += size
  return at
}
