import { textOf } from './byte-writer.ts'
import { Dictionary } from './dictionary.ts'
import type { FieldTable } from './field.ts'

/** Keys that are remembered; the table of fields has room for no more. */
const maxKeys = 4096
/** What `KeyFields.find` returns for a key that is no part of a field name as it stands. */
export const oddKey = -2
/** The same for a key that finds no room. */
const noRoom = -1

/** Keys of the input as fields under one prefix, found by their bytes: a string is made once for each new key. */
export class KeyFields {
  readonly #fields: FieldTable
  readonly #prefix: string
  readonly #keys = new Dictionary(maxKeys)
  readonly #ids: number[] = []

  constructor(fields: FieldTable, prefix: string) {
    this.#fields = fields
    this.#prefix = prefix
  }

  /** Number of the field `<prefix>.<key>`; -1 if there is no room, `oddKey` if it cannot be one. The span is UTF-8. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (end <= start || end - start > 256) return oddKey
    const key = this.#keys.intern(bytes, start, end)
    if (key >= maxKeys) return noRoom
    return (this.#ids[key] ??= this.#idOf(textOf(bytes, start, end)))
  }

  #idOf(key: string): number {
    if (/\0|^\s*\.|\.\s*$|\.\s*\./.test(key)) return oddKey
    return this.#fields.id(`${this.#prefix}.${key}`)
  }
}
