import { isAscii as isAsciiNative, isUtf8 as isUtf8Native } from 'node:buffer'

/** Whether a span is valid UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  return isUtf8Native(bytes.subarray(start, end))
}

export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  return isAsciiNative(bytes.subarray(start, end))
}

/** Where a character begins at or before `at`: a cut there splits no code point. Invalid bytes are cut as they are. */
export function cutBefore(bytes: Uint8Array, at: number): number {
  let cut = at
  while (cut > 0 && at - cut < 3 && (bytes[cut]! & 0xc0) === 0x80) cut--
  return (bytes[cut]! & 0xc0) === 0x80 ? at : cut
}

export function base64Of(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('base64')
}

/** The same bytes with the native `indexOf` of Buffer, which is some 20 times as fast as that of Uint8Array. */
export function searchable(bytes: Uint8Array): Pick<Buffer, 'indexOf'> {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
