import { Decoder, Encoder } from '../core/codec.ts'
import { decodeList, encodeList } from '../core/frame-codec.ts'
import type { Source } from '../core/record-batch.ts'
import type { Place } from './frame-place.ts'

/** Where a partition is, beside the state of its unit. */
export interface RunStanding {
  /** Of the configuration that it is read with. */
  readonly generation: number
  /** Place behind the last frame; undefined: none was cut. */
  readonly cutTo: Place | undefined
  /** State of the parser, whole. */
  readonly parser: Uint8Array
}

/** What a commit adds to the newest snapshot of a partition. */
export interface RunChange extends RunStanding {
  /** Should the partition be gone at the next start. */
  readonly source: Source
  /** Next position to read. */
  readonly position: bigint
  /** Ordinal of the last applied decision. */
  readonly decision: number
  /** What changed in the unit. */
  readonly unit: Uint8Array
}

export function encodeChange({ source, position, decision, unit, ...standing }: RunChange): Uint8Array {
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
  writeStanding(to, standing)
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
  return { source, position: from.bigint(), decision: from.uint(), ...readStanding(from), unit: from.bytes() }
}

export function encodeStanding(standing: RunStanding): Uint8Array {
  const to = new Encoder()
  writeStanding(to, standing)
  return to.finish()
}

export function decodeStanding(bytes: Uint8Array): RunStanding {
  return readStanding(new Decoder(bytes))
}

function writeStanding(to: Encoder, { generation, cutTo, parser }: RunStanding): void {
  to.uint(generation)
  to.bool(cutTo !== undefined)
  if (cutTo !== undefined) {
    const [offset, sub, watermark, isEnded] = cutTo
    to.text(offset)
    to.uint(sub)
    to.double(watermark)
    to.bool(isEnded)
  }
  to.bytes(parser)
}

function readStanding(from: Decoder): RunStanding {
  const generation = from.uint()
  const cutTo: Place | undefined = from.bool() ? [from.text(), from.uint(), from.double(), from.bool()] : undefined
  return { generation, cutTo, parser: from.bytes() }
}
