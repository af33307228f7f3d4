import { Decoder, Encoder } from '../core/codec.ts'
import { decodeList, encodeList } from '../core/frame-codec.ts'
import type { Source } from '../core/record-batch.ts'

/** What a commit adds to the newest snapshot of a partition. */
export interface RunChange {
  /** Should the partition be gone at the next start. */
  readonly source: Source
  /** Next position to read. */
  readonly position: bigint
  /** Ordinal of the last applied decision. */
  readonly decision: number
  /** State of the parser, whole. */
  readonly parser: Uint8Array
  /** What changed in the unit. */
  readonly unit: Uint8Array
}

export function encodeChange({ source, position, decision, parser, unit }: RunChange): Uint8Array {
  const to = new Encoder()
  for (const text of [source.id, source.name, source.pipeline]) to.text(text)
  encodeList(to, source.constants, (_, { field, value }) => {
    to.text(field)
    to.bool(typeof value === 'number')
    if (typeof value === 'number') to.double(value)
    else to.text(value)
  })
  to.bool(source.isFile)
  to.bytes(source.idHead)
  to.bool(source.idTail !== undefined)
  if (source.idTail !== undefined) to.bytes(source.idTail)
  to.bigint(position)
  to.uint(decision)
  to.bytes(parser)
  to.bytes(unit)
  return to.finish()
}

/** Throws RangeError on bytes that end early. */
export function decodeChange(bytes: Uint8Array): RunChange {
  const from = new Decoder(bytes)
  const source = {
    id: from.text(),
    name: from.text(),
    pipeline: from.text(),
    constants: decodeList(from, () => ({ field: from.text(), value: from.bool() ? from.double() : from.text() })),
    isFile: from.bool(),
    idHead: from.bytes(),
    idTail: from.bool() ? from.bytes() : undefined,
  }
  return { source, position: from.bigint(), decision: from.uint(), parser: from.bytes(), unit: from.bytes() }
}
