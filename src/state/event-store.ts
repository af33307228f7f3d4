import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { ByteWriter } from '../core/byte-writer.ts'
import type { EventSink } from '../core/component.ts'
import { Dictionary } from '../core/dictionary.ts'
import { EventEncoder } from '../core/encode-event.ts'
import { entryKind, type EventBatch } from '../core/event-batch.ts'
import { fieldId } from '../core/field.ts'
import { writeEventId } from '../core/id.ts'
import type { Source } from '../core/record-batch.ts'
import { numberOf, type Database } from './database.ts'
import { eventText, wordOf } from './event-text.ts'
import type { PendingWrites } from './pending-writes.ts'
import { isConflict } from './store-error.ts'

/** Rows per statement. Calls cost more than values: 16 rows a call write a fifth more than one (bench/store.ts). */
const rowsPerCall = 16
const columns = 13
const tuple = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT))'

const serviceName = fieldId('service.name')

/** Services whose numbers are remembered; beyond it all are forgotten and looked up anew. */
const maxServices = 50_000

/** What became of written rows, since the start. */
export interface WriteCounts {
  written: number
  /** The id existed with the same content: a repeat after a restart. */
  repeated: number
  /** The id existed with another content. This must not happen: it breaks invariant I2. */
  mismatched: number
}

/**
 * The `store` sink. Rows join the pending transaction of the store: a resolved `write` means that they become durable
 * with the next commit of the unit log, and are gone if that fails, together with the progress that names them.
 */
export class EventStore implements EventSink {
  readonly counts: WriteCounts = { written: 0, repeated: 0, mismatched: 0 }
  readonly #db: DatabaseSync
  readonly #writes: PendingWrites
  readonly #hasText: boolean
  readonly #insertMany: StatementSync
  readonly #insertOne: StatementSync
  readonly #textMany: StatementSync | undefined
  readonly #textOne: StatementSync | undefined
  readonly #encoder = new EventEncoder()
  readonly #out = new ByteWriter()
  readonly #id = Buffer.alloc(64)
  readonly #many: SQLInputValue[] = nulls(rowsPerCall * columns)
  readonly #one: SQLInputValue[] = nulls(columns)
  readonly #texts: SQLInputValue[] = nulls(rowsPerCall * 2)
  /** Number in `words` of each word of `#services`. */
  #serviceIds: number[] = []
  #services = new Dictionary(maxServices)
  readonly #wordIds = new Map<string, number>()
  readonly #sourceIds = new Map<string, number>()
  #next = 1

  constructor(database: Database, writes: PendingWrites) {
    const { db } = database
    this.#db = db
    this.#writes = writes
    this.#hasText = database.text === 'fts'
    const insert = `INSERT INTO events
      (n, id, time, level, service, status, duration, format, source, position, sub, record_time, doc) VALUES `
    this.#insertMany = db.prepare(insert + Array<string>(rowsPerCall).fill(tuple).join(','))
    this.#insertOne = db.prepare(insert + tuple)
    if (this.#hasText) {
      const text = 'INSERT INTO event_text (rowid, text) VALUES '
      this.#textMany = db.prepare(text + Array<string>(rowsPerCall).fill('(?, CAST(? AS TEXT))').join(','))
      this.#textOne = db.prepare(`${text}(?, CAST(? AS TEXT))`)
    }
    writes.onLost(() => this.#forget())
    this.#forget()
  }

  async write(batch: EventBatch, from: number): Promise<void> {
    this.#writes.run(() => {
      const source = this.#sourceId(batch.records.source)
      for (let row = from; row < batch.count; row += rowsPerCall) {
        this.#insert(batch, row, { count: Math.min(rowsPerCall, batch.count - row), source })
      }
    })
  }

  /** Rows that were written stay pending for the next commit; there is nothing else to flush. */
  async stop(): Promise<void> {}

  #insert(batch: EventBatch, from: number, part: { count: number; source: number }): void {
    const { count, source } = part
    this.#out.reset()
    this.#encoder.encode(batch, from, from + count, this.#out)
    const { ends } = this.#encoder
    const many = this.#many
    for (let i = 0; i < count; i++) {
      const doc = this.#out.bytes.subarray(i === 0 ? 0 : ends[i - 1]! + 1, ends[i]!)
      this.#fill(batch, from + i, { args: many, at: i * columns, source, doc })
    }
    if (count === rowsPerCall && this.#insertAll(batch, from)) return
    for (let i = 0; i < count; i++) {
      for (let column = 0; column < columns; column++) this.#one[column] = many[i * columns + column]!
      this.#insertSingle(batch, from + i)
    }
  }

  /** False if one of them exists; then none was written. */
  #insertAll(batch: EventBatch, from: number): boolean {
    const many = this.#many
    for (let i = 0; i < rowsPerCall; i++) many[i * columns] = this.#next + i
    try {
      this.#insertMany.run(...many)
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
    if (this.#textMany !== undefined) {
      const texts = this.#texts
      for (let i = 0; i < rowsPerCall; i++) {
        texts[i * 2] = this.#next + i
        texts[i * 2 + 1] = eventText(batch, from + i)
      }
      this.#textMany.run(...texts)
    }
    this.#next += rowsPerCall
    this.counts.written += rowsPerCall
    return true
  }

  #insertSingle(batch: EventBatch, row: number): void {
    const one = this.#one
    one[0] = this.#next
    try {
      this.#insertOne.run(...one)
    } catch (error) {
      if (!isConflict(error)) throw error
      this.#compare(one[1]!, one[columns - 1]!)
      return
    }
    this.#textOne?.run(this.#next, eventText(batch, row))
    this.#next++
    this.counts.written++
  }

  #compare(id: SQLInputValue, doc: SQLInputValue): void {
    const same = this.#db.prepare('SELECT doc = CAST(? AS TEXT) AS value FROM events WHERE id = ?').get(doc, id)
    if (same?.['value'] === 1) this.counts.repeated++
    else this.counts.mismatched++
  }

  #fill(
    batch: EventBatch,
    row: number,
    into: { args: SQLInputValue[]; at: number; source: number; doc: Uint8Array },
  ): void {
    const { args, at } = into
    const { records } = batch
    const position = Number(records.base) + batch.offset[row]!
    const recordTime = batch.recordTime[row]!
    const duration = batch.durationNs[row]!
    const end = writeEventId(records.source, position, recordTime, batch.sub[row]!, this.#id, 0)
    args[at + 1] = this.#id.toString('latin1', 0, end)
    args[at + 2] = batch.time[row]!
    args[at + 3] = batch.level[row]!
    args[at + 4] = this.#serviceId(batch, row)
    args[at + 5] = batch.status[row]! || null
    args[at + 6] = Number.isNaN(duration) ? null : duration
    args[at + 7] = this.#wordId(batch.tables.formats[batch.format[row]!]!.name)
    args[at + 8] = into.source
    args[at + 9] = position
    args[at + 10] = batch.sub[row]!
    args[at + 11] = recordTime
    args[at + 12] = into.doc
  }

  #serviceId(batch: EventBatch, row: number): number | null {
    const entry = batch.find(row, serviceName)
    let word: number
    if (entry >= 0 && (batch.entryKind[entry]! & 7) === entryKind.text) {
      word = this.#services.intern(batch.bytesOfEntry(entry), batch.entryStart[entry]!, batch.entryEnd[entry]!)
    } else {
      const value = batch.value(row, serviceName)
      if (value === undefined) return null
      word = this.#services.internText(wordOf(value))
    }
    const known = this.#serviceIds[word]
    if (known !== undefined) return known
    if (this.#services.size >= maxServices) {
      this.#services = new Dictionary(maxServices)
      this.#serviceIds = []
      this.#wordIds.clear()
      return this.#serviceId(batch, row)
    }
    return (this.#serviceIds[word] = this.#wordId(this.#services.word(word)))
  }

  #wordId(word: string): number {
    const known = this.#wordIds.get(word)
    if (known !== undefined) return known
    this.#db.prepare('INSERT OR IGNORE INTO words (word) VALUES (?)').run(word)
    const id = Number(this.#db.prepare('SELECT id FROM words WHERE word = ?').get(word)?.['id'])
    this.#wordIds.set(word, id)
    return id
  }

  #sourceId(source: Source): number {
    const known = this.#sourceIds.get(source.id)
    if (known !== undefined) return known
    const row = this.#db
      .prepare(
        `INSERT INTO sources (source, name, pipeline, constants, is_file, id_head, id_tail) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (source) DO UPDATE SET name = excluded.name, constants = excluded.constants RETURNING id`,
      )
      .get(
        source.id,
        source.name,
        source.pipeline,
        JSON.stringify(source.constants),
        source.isFile ? 1 : 0,
        source.idHead,
        source.idTail ?? null,
      )
    const id = Number(row?.['id'])
    this.#sourceIds.set(source.id, id)
    return id
  }

  /** Numbers that a lost transaction gave out mean nothing any more. */
  #forget(): void {
    this.#wordIds.clear()
    this.#sourceIds.clear()
    this.#services = new Dictionary(maxServices)
    this.#serviceIds = []
    this.#next = numberOf(this.#db, 'SELECT max(n) AS value FROM events') + 1
  }
}

function nulls(length: number): SQLInputValue[] {
  return Array.from({ length }, () => null)
}
