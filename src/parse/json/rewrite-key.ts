import { bytesOf, textOf } from '../../core/byte-writer.ts'
import { sha256Hex } from '../../core/id.ts'
import { cutBefore } from '../../core/utf8.ts'

/** Bytes of a long key that are kept. */
const keptBytes = 240

/** Whether a key, as it is written, can be a part of a field name as it stands (its size apart). */
export function isPlainKey(key: string): boolean {
  return !/\\|\0|^\s*$|^\s*\.|\.\s*$|\.\s*\./.test(key)
}

/**
 * A key that Elasticsearch takes: parts between dots that are empty or blank become `_`, a key of dots alone as many
 * `_`, NUL becomes `_`, and a key longer than `maxSize` bytes keeps its head and a hash of all of it
 * (`docs/bad-input.md` section 2).
 */
export function plainKey(key: string, maxSize: number): string {
  let name = key.replaceAll('\0', '_')
  if (/^\.+$/.test(name)) name = name.replaceAll('.', '_')
  else
    name = name
      .split('.')
      .map((part) => (/^\s*$/.test(part) ? '_' : part))
      .join('.')
  const bytes = bytesOf(name)
  if (bytes.length <= maxSize) return name
  const kept = Math.min(keptBytes, maxSize - 9)
  const head = textOf(bytes, 0, cutBefore(bytes, kept)).replace(/[.\s]+$/, '')
  const whole = bytesOf(key)
  return `${head}_${sha256Hex(whole, 0, whole.length).slice(0, 8)}`
}
