import type { ParseStage } from '../core/component.ts'
import { EventBatch, fact, type EventTables, type Json } from '../core/event-batch.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import type { GivenItem } from '../core/test-block.ts'

/** A raw record of a block. */
export interface GivenRecord {
  readonly value: Uint8Array
  readonly key: string | undefined
  /** Record time, epoch ms; NaN: not yet known. */
  timestampMs: number
}

/** An event that did not come through parse. */
export interface GivenEvent {
  readonly atMs: number
  readonly set: Readonly<Record<string, Json>>
}

/** What has to stay together and in order: the records of one event. */
export interface Group {
  readonly partition: number
  /** Where it stands among the others, epoch ms. */
  readonly atMs: number
  readonly items: readonly (GivenRecord | GivenEvent)[]
}

export interface GivenSettings {
  readonly startMs: number
  readonly tables: EventTables
  readonly source: Source
  /** Without limits on times; undefined: there are no raw records. */
  readonly parse: ParseStage | undefined
  /** Content of a `file:` item. */
  readonly readFile: (path: string) => Uint8Array
}

/**
 * The raw records and events of a block as groups, in the order in which they arrive. A record without a time has that
 * of its own event, or else that of the record before it.
 */
export function groupsOf(given: readonly GivenItem[], settings: GivenSettings): Group[] {
  const groups: Group[] = []
  for (const [partition, records] of recordsOf(given, settings)) {
    groups.push(...groupRecords(records, partition, settings))
  }
  for (const item of given) {
    if (item.kind !== 'events') continue
    for (let i = 0; i < item.count; i++) {
      const atMs = item.fromMs + i * item.everyMs
      groups.push({ partition: 0, atMs, items: [{ atMs, set: item.set }] })
    }
  }
  return groups.sort((a, b) => a.atMs - b.atMs) // Stable: records of one partition keep their order.
}

/** Raw records by partition, in the order given. */
function recordsOf(given: readonly GivenItem[], { readFile }: GivenSettings): Map<number, GivenRecord[]> {
  const partitions = new Map<number, GivenRecord[]>()
  for (const item of given) {
    if (item.kind !== 'record') continue
    const { value, file, key, timestampMs = NaN, partition } = item
    const values = value === undefined ? linesOf(readFile(file ?? '')) : [value]
    const records = partitions.get(partition) ?? []
    records.push(...values.map((bytes) => ({ value: bytes, key, timestampMs })))
    partitions.set(partition, records)
  }
  return partitions
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(lineFeed, from)
    const to = feed < 0 ? bytes.length : feed
    lines.push(bytes.subarray(from, feed > from && bytes[feed - 1] === carriageReturn ? feed - 1 : to))
    from = to + 1
  }
  return lines
}

/** Parses the records once, for their times and for what belongs together; sets the times that are missing. */
function groupRecords(records: GivenRecord[], partition: number, settings: GivenSettings): Group[] {
  const { startMs, tables, source, parse } = settings
  if (parse === undefined) return []
  const own = records.map(() => NaN)
  /** First record of the group that a record is in. */
  const head = records.map((_, i) => i)
  const parser = parse.parserFor(source)
  const timestamp = ({ timestampMs }: GivenRecord): number => (Number.isNaN(timestampMs) ? startMs : timestampMs)
  const batch = recordBatchOf(records, source, { base: 0n, timestamp })
  const events = new EventBatch(tables)
  events.reset(batch)
  parser.parse(batch, events)
  note()
  events.reset(new RecordBatch(source, new Uint8Array(0), BigInt(records.length), 0))
  parser.flush(events)
  note()
  return cutGroups()

  function note(): void {
    const base = Number(events.records.base)
    for (let row = 0; row < events.count; row++) {
      const first = base + events.offset[row]!
      const timeSource = (events.facts[row]! & fact.timeSourceMask) >> fact.timeSourceShift
      if (timeSource <= 1 && Number.isNaN(own[first]!)) own[first] = events.time[row]!
      for (let i = first + 1; i <= base + events.offsetEnd[row]!; i++) head[i] = Math.min(head[i]!, first)
    }
  }

  function cutGroups(): Group[] {
    const groups: Group[] = []
    let before = startMs
    let newest = -Infinity
    for (let from = 0; from < records.length;) {
      let to = from + 1
      while (to < records.length && head[to]! < to) to++
      const items = records.slice(from, to)
      for (const [i, item] of items.entries()) {
        if (Number.isNaN(item.timestampMs)) item.timestampMs = Number.isNaN(own[from + i]!) ? before : own[from + i]!
        before = item.timestampMs
      }
      newest = Math.max(newest, items[0]!.timestampMs)
      groups.push({ partition, atMs: newest, items })
      from = to
    }
    return groups
  }
}

/** Records as a batch from the offset `base` on. */
export function recordBatchOf(
  records: readonly GivenRecord[],
  source: Source,
  options: { base: bigint; timestamp?: (record: GivenRecord) => number },
): RecordBatch {
  const encoder = new TextEncoder()
  const keys = records.map(({ key }) => (key === undefined ? undefined : encoder.encode(key)))
  const size = records.reduce((sum, { value }, i) => sum + value.length + (keys[i]?.length ?? 0), 0)
  const batch = new RecordBatch(source, new Uint8Array(size), options.base, records.length)
  let at = 0
  records.forEach((record, i) => {
    batch.bytes.set(record.value, at)
    batch.push(i, options.timestamp?.(record) ?? record.timestampMs, at, at + record.value.length)
    at += record.value.length
    const key = keys[i]
    if (key === undefined) return
    batch.bytes.set(key, at)
    batch.keyStart[i] = at
    at += key.length
    batch.keyEnd[i] = at
  })
  batch.next = records.length
  return batch
}
