import { entryKind, isJsonObject, valueAt, type EventBatch, type Json, type JsonObject } from './event-batch.ts'
import { namesOfFlags } from './event-flag.ts'
import { eventId } from './id.ts'
import { Layout, leafKind, type Leaf } from './layout.ts'
import { formatTimestamp } from './time-text.ts'

/** One row of a batch as an object. Getters make what they return; nothing is kept. Valid as long as the batch is. */
export class LogEvent {
  readonly batch: EventBatch
  readonly row: number

  constructor(batch: EventBatch, row: number) {
    this.batch = batch
    this.row = row
  }

  /** 22 characters, the document id; see `core/id.ts`. */
  get id(): string {
    const { records } = this.batch
    const offset = records.base + BigInt(this.batch.offset[this.row]!)
    return eventId(records.source, offset, this.batch.recordTime[this.row]!, this.batch.sub[this.row]!)
  }

  /** Epoch ms. */
  get timeMs(): number {
    return this.batch.time[this.row]!
  }

  /** The value of a dotted field; undefined if absent. */
  get(name: string): Json | undefined {
    return valueAt(this.document(), name)
  }

  /** The whole event as it is indexed. */
  document(): JsonObject {
    return documentOf(this.batch, this.row)
  }
}

/** The document of a row as an object with null prototypes. The slow twin of `EventEncoder.encode`. */
export function documentOf(batch: EventBatch, row: number): JsonObject {
  const document = nullObject()
  for (const leaf of new Layout(batch, row).leaves) putAt(document, leaf.name, valueOfLeaf(batch, row, leaf))
  const odd = batch.odd.get(row)
  if (odd !== undefined) mergeFields(document, odd)
  return document
}

export function nullObject(): JsonObject {
  // An object without prototype and keys is a JSON object.
  return Object.create(null) as JsonObject
}

/** Sets the value at a dotted path, making the objects on the way. */
export function putAt(object: JsonObject, name: string, value: Json): void {
  const parts = name.split('.')
  let at = object
  for (const part of parts.slice(0, -1)) {
    const child = at[part]
    if (isJsonObject(child)) at = child
    else at = at[part] = nullObject()
  }
  at[parts[parts.length - 1]!] = value
}

/** Adds the fields of another object; where one has a value and the other an object, the value moves to `value` in it. */
export function mergeFields(into: JsonObject, from: JsonObject): void {
  for (const [key, value] of Object.entries(from)) {
    const known = into[key]
    if (known === undefined) into[key] = value
    else if (isJsonObject(known)) {
      if (isJsonObject(value)) mergeFields(known, value)
      else known['value'] ??= value
    } else if (isJsonObject(value)) {
      value['value'] ??= known
      into[key] = value
    }
  }
}

function valueOfLeaf(batch: EventBatch, row: number, leaf: Leaf): Json {
  switch (leaf.kind) {
    case leafKind.constant:
      return leaf.constant ?? null
    case leafKind.source:
      return batch.records.source.constants[leaf.arg]!.value
    case leafKind.time:
      return stamp(batch.time[row]!, batch.timeNs[row]!, batch.timeDigits[row]!)
    case leafKind.status:
      return batch.status[row]!
    case leafKind.duration:
      return batch.durationNs[row]!
    case leafKind.flags:
      return namesOfFlags(batch.flags[row]!)
    case leafKind.sequence:
      return batch.sub[row]!
    case leafKind.lines:
      return batch.lines[row]!
    case leafKind.offset:
      return Number(batch.records.base) + batch.offset[row]!
  }
  const entry = batch.entryFrom[row]! + leaf.arg
  if ((batch.entryKind[entry]! & 7) !== entryKind.time) return batch.entryValue(entry)
  const at = batch.entryStart[entry]!
  return stamp(batch.numbers[at]!, batch.numbers[at + 1]!, batch.numbers[at + 2]!)
}

function stamp(ms: number, ns: number, digits: number): string {
  const bytes = new Uint8Array(48)
  return String.fromCharCode(...bytes.subarray(0, formatTimestamp(bytes, 0, ms, ns, digits)))
}
