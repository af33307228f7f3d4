import { createHash } from 'node:crypto'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { textOf } from '../core/byte-writer.ts'
import type { EventBatch } from '../core/event-batch.ts'
import { eventId } from '../core/id.ts'
import { letterColumns } from './dead-letter-list.ts'
import type { PendingWrites } from './pending-writes.ts'

/** Who decided; the same for all letters of a run. */
export interface DeadLetterOrigin {
  readonly configHash: string
  readonly version: string
  readonly instance: string
  readonly nowMs: number
}

/** Writing of dead letters: they join the pending transaction, so they are durable before the position behind them. */
export class DeadLetterStore {
  readonly #writes: PendingWrites
  readonly #insert: StatementSync
  readonly #mark: StatementSync
  readonly #delete: StatementSync
  readonly #mask: (text: string) => string

  constructor(db: DatabaseSync, writes: PendingWrites, mask: (text: string) => string) {
    this.#writes = writes
    this.#mask = mask
    const names = `${letterColumns}, key, value, headers`.split(',').map((name) => name.trim())
    this.#insert = db.prepare(
      `INSERT OR IGNORE INTO dead_letters (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
    this.#mark = db.prepare('UPDATE dead_letters SET replays = replays + 1, done = max(done, ?) WHERE id = ?')
    this.#delete = db.prepare('DELETE FROM dead_letters WHERE id = ?')
  }

  /** Adds the dead records of a batch; repeats are ignored. Returns how many were new. */
  add(batch: EventBatch, origin: DeadLetterOrigin): number {
    if (batch.dead.length === 0) return 0
    return this.#writes.run(() => {
      const children = new Map<number, number>()
      let added = 0
      for (const dead of batch.dead) {
        const child = children.get(dead.record) ?? 0
        children.set(dead.record, child + 1)
        added += Number(this.#insert.run(...this.#valuesOf(batch, dead, { child, origin })).changes)
      }
      return added
    })
  }

  /** Counts a try; `isDone`: its record is an event now. */
  markRedriven(id: string, isDone: boolean): void {
    this.#writes.run(() => this.#mark.run(Number(isDone), id))
  }

  /** Deletes one; false if there is none of that id. */
  discard(id: string): boolean {
    return this.#writes.run(() => this.#delete.run(id).changes === 1)
  }

  #valuesOf(
    batch: EventBatch,
    dead: EventBatch['dead'][number],
    facts: { child: number; origin: DeadLetterOrigin },
  ): SQLInputValue[] {
    const { records } = batch
    const { child, origin } = facts
    const at = dead.record
    const offset = records.base + BigInt(records.offset[at]!)
    const time = records.timestamp[at]!
    const value = spanOf(records.bytes, records.valueStart[at]!, records.valueEnd[at]!)
    const original = value ?? new Uint8Array(0)
    return [
      `${eventId(records.source, offset, Number.isNaN(time) ? 0 : time, child)}.${dead.stage}`,
      records.source.id,
      records.source.name,
      offset,
      time, // NaN is stored as NULL.
      child,
      original.length,
      createHash('sha256').update(original).digest(),
      dead.stage,
      dead.reason,
      escapeControls(this.#mask(dead.error)).slice(0, 512),
      1,
      origin.nowMs,
      0,
      0,
      records.source.pipeline,
      origin.configHash,
      origin.version,
      origin.instance,
      this.#previewOf(original),
      spanOf(records.bytes, records.keyStart[at]!, records.keyEnd[at]!),
      value,
      '[]', // Only Kafka records have headers.
    ]
  }

  /** Masked before it is cut: a cut could split a secret so that no mask knows it. */
  #previewOf(value: Uint8Array): string {
    return firstOf(escapeControls(this.#mask(textOf(value, 0, Math.min(value.length, 4096)))))
  }
}

/** The first 256 characters, none of them cut in two. */
function firstOf(text: string): string {
  return text
    .slice(0, 256)
    .toWellFormed()
    .replace(/\ufffd$/, '')
}

function spanOf(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  return start < 0 ? null : bytes.subarray(start, end)
}

/** Controls, line and paragraph separators and bidi controls as `\u001b`: inert in a terminal and on a page. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
