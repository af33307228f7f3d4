import { chmodSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Journal, Partition, ReadResult } from '../core/component.ts'
import { LogpipeError } from '../core/error.ts'
import { hashFields } from '../core/id.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import { numberOf, openWriter } from './database.ts'
import { storeError } from './store-error.ts'

/** Rows are keyed by `input * inputStep + offset`: one tree in the order of arrival per input, no second index. */
const inputStep = 2 ** 42

interface Input {
  readonly id: number
  /** First offset that is still kept, and the one that the next record gets. */
  first: number
  next: number
}

interface Waiting {
  readonly input: string
  readonly values: readonly Uint8Array[]
  readonly atMs: number
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/**
 * Records that cannot be read again from where they came, in a file of their own beside the store: an append is one
 * commit that waits for nothing else. Appends that come in the same turn of the event loop share a commit.
 */
export class StoreJournal implements Journal {
  readonly #db: DatabaseSync
  readonly #file: string
  readonly #maxBytes: number
  readonly #inputs = new Map<string, Input>()
  readonly #insert: StatementSync
  readonly #read: StatementSync
  #bytes: number
  #waiting: Waiting[] = []

  /**
   * Opens `<dir>/journal.db`; the caller owns the folder. `maxBytes`: room for values, in bytes. `reader`: beside the
   * owner or without one, what is there now; nothing can be appended or released.
   */
  constructor(dir: string, maxBytes: number | 'reader') {
    this.#file = path.join(dir, 'journal.db')
    this.#maxBytes = maxBytes === 'reader' ? 0 : maxBytes
    try {
      this.#db =
        maxBytes === 'reader' ? new DatabaseSync(this.#file, { readOnly: true, timeout: 5000 }) : this.#create()
      for (const row of this.#db.prepare('SELECT id, name, first, next FROM inputs').all()) {
        const input = { id: Number(row['id']), first: Number(row['first']), next: Number(row['next']) }
        this.#inputs.set(String(row['name']), input)
      }
      this.#bytes = numberOf(this.#db, 'SELECT sum(length(value)) AS value FROM records')
    } catch (cause) {
      throw storeError(`opening ${this.#file}`, cause, 'LP_STORE_OPEN')
    }
    this.#insert = this.#db.prepare('INSERT INTO records (n, time, value) VALUES (?, ?, ?)')
    this.#read = this.#db.prepare('SELECT n, time, value FROM records WHERE n >= ? AND n < ? ORDER BY n')
  }

  append(input: string, values: readonly Uint8Array[], atMs: number): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush())
      this.#waiting.push({ input, values, atMs, done, fail })
    })
  }

  partition(input: string, pipeline: string): Partition {
    const source: Source = {
      id: `journal:${input}`,
      name: input,
      pipeline,
      constants: [],
      isFile: false,
      idHead: hashFields(['journal', input], 6),
      idTail: undefined,
    }
    const inputs = this.#inputs
    return {
      source,
      get start() {
        return BigInt(inputs.get(input)?.first ?? 0)
      },
      end: () => BigInt(inputs.get(input)?.next ?? 0),
      read: async (from, maxBytes) => this.#readPart(source, from, maxBytes),
      close: async () => {},
    }
  }

  room(): number {
    return Math.max(0, this.#maxBytes - this.#bytes)
  }

  /** Names of inputs that ever stored a record, sorted. */
  inputs(): string[] {
    return [...this.#inputs.keys()].sort()
  }

  /**
   * Deletes records of an input before an offset that arrived before a time, at most `limit` of them. Returns how many
   * there were. Rejects nothing that a reader may still ask for: the caller names the oldest position of a restart.
   */
  release(input: string, before: { offset: bigint; atMs: number }, limit: number): number {
    const known = this.#inputs.get(input)
    if (known === undefined) return 0
    const from = known.id * inputStep
    const to = from + Math.min(known.next, Number(before.offset))
    return this.#atomic(() => {
      const rows = this.#db
        .prepare('SELECT n, time, length(value) AS size FROM records WHERE n >= ? AND n < ? ORDER BY n LIMIT ?')
        .all(from, to, limit)
      const end = rows.findIndex((row) => Number(row['time']) >= before.atMs)
      const gone = end < 0 ? rows : rows.slice(0, end)
      const last = gone.at(-1)
      if (last === undefined) return 0
      const first = Number(last['n']) - from + 1
      this.#db.prepare('DELETE FROM records WHERE n >= ? AND n < ?').run(from, from + first)
      this.#db.prepare('UPDATE inputs SET first = ? WHERE id = ?').run(first, known.id)
      this.#db.exec('PRAGMA incremental_vacuum(64)')
      known.first = first
      for (const row of gone) this.#bytes -= Number(row['size'])
      return gone.length
    })
  }

  /** Stores what waits, then closes; harmless twice. */
  close(): void {
    if (!this.#db.isOpen) return
    this.#flush()
    this.#db.close()
  }

  #create(): DatabaseSync {
    const db = openWriter(this.#file)
    chmodSync(this.#file, 0o600)
    db.exec(`
      CREATE TABLE IF NOT EXISTS inputs (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first INTEGER NOT NULL, next INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS records (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, value BLOB NOT NULL)`)
    return db
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    const nextOf = new Map<string, number>()
    let bytes = 0
    try {
      this.#atomic(() => {
        for (const { input, values, atMs } of waiting) {
          const known = this.#inputOf(input)
          let next = nextOf.get(input) ?? known.next
          for (const value of values) {
            this.#insert.run(known.id * inputStep + next++, atMs, value)
            bytes += value.length
          }
          nextOf.set(input, next)
        }
        for (const [input, next] of nextOf) {
          this.#db.prepare('UPDATE inputs SET next = ? WHERE name = ?').run(next, input)
        }
      })
    } catch (error) {
      for (const { fail } of waiting) fail(error)
      return
    }
    this.#bytes += bytes
    for (const [input, next] of nextOf) this.#inputOf(input).next = next
    for (const { done } of waiting) done()
  }

  #inputOf(name: string): Input {
    const known = this.#inputs.get(name)
    if (known !== undefined) return known
    const row = this.#db
      .prepare(
        'INSERT INTO inputs (name, first, next) VALUES (?, 0, 0) ON CONFLICT DO UPDATE SET name = name RETURNING id',
      )
      .get(name)
    const input = { id: Number(row?.['id']), first: 0, next: 0 }
    this.#inputs.set(name, input)
    return input
  }

  #readPart(source: Source, from: bigint, maxBytes: number): ReadResult {
    const known = this.#inputs.get(source.name) ?? { id: 0, first: 0, next: 0 }
    const start = Number(from)
    if (start < known.first) {
      throw new LogpipeError(
        'LP_REPLAY_RANGE',
        `reading ${source.name} from ${start}: ${known.first} is the first one kept`,
      )
    }
    const key = known.id * inputStep
    const values: Uint8Array[] = []
    const times: number[] = []
    let size = 0
    if (start < known.next) {
      for (const row of this.#read.iterate(key + start, key + known.next)) {
        const value = row['value']
        if (!(value instanceof Uint8Array)) continue
        if (values.length > 0 && size + value.length > maxBytes) break
        values.push(value)
        times.push(Number(row['time']))
        size += value.length
      }
    }
    const records = new RecordBatch(source, new Uint8Array(size), from, values.length)
    let at = 0
    values.forEach((value, i) => {
      records.bytes.set(value, at)
      records.push(i, times[i]!, at, at + value.length)
      at += value.length
    })
    records.next = values.length
    return { records, isAtEnd: start + values.length >= known.next, isFinished: false }
  }

  #atomic<Result>(work: () => Result): Result {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#inputs.forEach((input, name) => {
        // An input that was made in the lost transaction does not exist.
        if (input.next === 0) this.#inputs.delete(name)
      })
      throw storeError(`writing to ${this.#file}`, cause)
    }
  }
}
