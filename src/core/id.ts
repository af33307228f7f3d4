import { createHash } from 'node:crypto'
import { bytesOf } from './byte-writer.ts'
import type { Source } from './record-batch.ts'

const alphabet = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

/** Length of an event id in characters, without the `.n` of later events of one record. */
export const eventIdLength = 22

const packed = new Uint8Array(18)

/**
 * Writes the id of an event: 16 packed bytes (head 6, offset 6, tail 4) as base64url (RFC 4648 section 5), then `.n`
 * for sub n > 0. It follows from the record alone, so a better parser keeps it. 40 bytes must be free.
 */
export function writeEventId(
  source: Source,
  offset: number,
  recordTime: number,
  sub: number,
  to: Uint8Array,
  at: number,
): number {
  for (let i = 0; i < 6; i++) packed[i] = source.idHead[i]!
  writeUint(packed, 6, 6, offset)
  if (source.idTail === undefined) writeUint(packed, 12, 4, recordTime % 0x1_0000_0000)
  else for (let i = 0; i < 4; i++) packed[12 + i] = source.idTail[i]!
  packed[16] = 0
  packed[17] = 0
  for (let i = 0, left = eventIdLength; left > 0; i += 3) {
    const word = (packed[i]! << 16) | (packed[i + 1]! << 8) | packed[i + 2]!
    for (let shift = 18; shift >= 0 && left > 0; shift -= 6, left--) to[at++] = alphabet[(word >> shift) & 63]!
  }
  if (sub > 0) for (const char of `.${sub}`) to[at++] = char.charCodeAt(0)
  return at
}

export function eventId(source: Source, offset: bigint, recordTime: number, sub: number): string {
  const bytes = new Uint8Array(40)
  return String.fromCharCode(...bytes.subarray(0, writeEventId(source, Number(offset), recordTime, sub, bytes, 0)))
}

function writeUint(to: Uint8Array, at: number, size: number, value: number): void {
  let rest = value
  for (let i = at + size - 1; i >= at; i--) {
    to[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** First `size` bytes of the SHA-256 over length-prefixed (4 bytes, big endian) UTF-8 fields. */
export function hashFields(fields: readonly string[], size = 16): Uint8Array {
  const hash = createHash('sha256')
  for (const field of fields) {
    const bytes = bytesOf(field)
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, bytes.length)
    hash.update(length).update(bytes)
  }
  return new Uint8Array(hash.digest().subarray(0, size))
}

/** `hashFields` as base64url, 22 characters: ids of metric documents and alerts. */
export function hashId(fields: readonly string[]): string {
  return Buffer.from(hashFields(fields)).toString('base64url')
}

/** SHA-256 of a span in hex. */
export function sha256Hex(bytes: Uint8Array, start: number, end: number): string {
  return createHash('sha256').update(bytes.subarray(start, end)).digest('hex')
}
