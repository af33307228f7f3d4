import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bytesOf } from '../../src/core/byte-writer.ts'
import { EventBatch, EventTables, type FormatFacts, type Json } from '../../src/core/event-batch.ts'
import { EventWriter } from '../../src/core/event-writer.ts'
import { fieldId } from '../../src/core/field.ts'
import { hashFields } from '../../src/core/id.ts'
import { RecordBatch, type Source } from '../../src/core/record-batch.ts'
import type { DeadLetterReason } from '../../src/core/result.ts'

/** An event as a test writes it; its record is the message. */
export interface EventSpec {
  readonly message: string
  /** Epoch ms. */
  readonly timeMs: number
  readonly service?: string
  /** 1 trace .. 6 fatal. */
  readonly level?: number
  readonly status?: number
  readonly durationNs?: number
  readonly format?: string
  /** Further fields, dotted. */
  readonly fields?: Readonly<Record<string, Json>>
  /** The record becomes a dead letter instead. */
  readonly dead?: DeadLetterReason
}

export const noon = 1_795_262_400_000 // 2026-11-21T12:00:00Z

export function fileSource(name: string): Source {
  return {
    id: `file:${name}`,
    name,
    pipeline: 'payments',
    constants: [{ field: 'log.file.path', value: name }],
    isFile: true,
    idHead: hashFields([name], 6),
    idTail: new Uint8Array(4),
  }
}

/** Events one after another, each record 100 bytes behind the one before, from the position `base` on. */
export function batchOf(specs: readonly EventSpec[], at: { source?: Source; base?: number } = {}): EventBatch {
  const values = specs.map((spec) => bytesOf(spec.message))
  const bytes = new Uint8Array(Buffer.concat(values))
  const records = new RecordBatch(
    at.source ?? fileSource('/var/log/pay.log'),
    bytes,
    BigInt(at.base ?? 0),
    specs.length,
  )
  const batch = new EventBatch(new EventTables())
  batch.reset(records)
  let start = 0
  specs.forEach((spec, i) => {
    const end = start + values[i]!.length
    records.push(i * 100, spec.timeMs, start, end)
    records.next = (i + 1) * 100
    if (spec.dead === undefined) addEvent(batch, spec, { i, start, end })
    else batch.dead.push({ record: i, reason: spec.dead, stage: 'decode', error: 'RangeError: out of range' })
    start = end
  })
  return batch
}

function addEvent(batch: EventBatch, spec: EventSpec, at: { i: number; start: number; end: number }): void {
  const out = new EventWriter(batch)
  out.begin()
  out.setFormat(formatId(batch, spec.format ?? 'logfmt'))
  out.setTime({ ms: spec.timeMs, ns: 0, digits: 3, flags: 0 })
  out.text(fieldId('message'), at.start, at.end)
  if (spec.service !== undefined) out.string(fieldId('service.name'), spec.service)
  if (spec.level !== undefined) out.setLevel(spec.level)
  if (spec.status !== undefined) out.setStatus(spec.status)
  if (spec.durationNs !== undefined) out.setDurationNs(spec.durationNs)
  for (const [name, value] of Object.entries(spec.fields ?? {})) {
    out.json(batch.tables.fields.id(name), JSON.stringify(value))
  }
  out.end(at.i * 100, at.i * 100, spec.timeMs, 0)
}

function formatId(batch: EventBatch, name: string): number {
  const known = batch.tables.formats.find((format) => format.name === name)
  const facts: FormatFacts = known ?? { name, constants: { 'event.dataset': 'generic' }, isAccess: false }
  return batch.tables.formatId(facts)
}

/** A folder of its own that `remove` deletes. */
export function temporaryFolder(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(path.join(tmpdir(), 'logpipe-state-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}
