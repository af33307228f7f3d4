import { bytesOf } from './byte-writer.ts'

export type Labels = Readonly<Record<string, string>>

/** Names in the byte order of their UTF-8, which is code point order: UTF-16 order differs above U+FFFF. */
export function sortedNames(labels: Labels): string[] {
  return Object.keys(labels).sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)))
}

/**
 * Fingerprint of a set of labels as Alertmanager makes it: FNV-1a 64 over name 0xFF value 0xFF, names sorted, as 16
 * hex digits. Source: prometheus/common, `model/signature.go`.
 */
export function fingerprint(labels: Labels): string {
  let hash = 0xcbf29ce484222325n
  function add(byte: number): void {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  }
  for (const name of sortedNames(labels)) {
    for (const byte of bytesOf(name)) add(byte)
    add(0xff)
    for (const byte of bytesOf(labels[name]!)) add(byte)
    add(0xff)
  }
  return hash.toString(16).padStart(16, '0')
}
