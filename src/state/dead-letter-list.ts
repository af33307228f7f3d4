import type { SQLOutputValue } from 'node:sqlite'
import type { DeadLetterReason } from '../core/result.ts'
import type { Reader, Row } from './reader.ts'

/** A record that became no event, without its bytes: what lists, logs and the console may show. Times are epoch ms. */
export interface DeadLetter {
  /** Event id of the record, a dot, and the stage: a repeated write has the same one. */
  readonly id: string
  /** `Source.id` and `Source.name`: a file, an input of the journal, topic and partition. */
  readonly source: string
  readonly name: string
  readonly offset: number
  /** Record time; null if the input has none. */
  readonly timestamp: number | null
  /** Which child of a container; 0 for a record of its own. */
  readonly child: number
  /** Of the original value, which is null for a tombstone. */
  readonly bytes: number
  readonly sha256: string
  readonly stage: string
  readonly reason: DeadLetterReason
  readonly error: string
  readonly attempts: number
  readonly at: number
  /** How often it was sent through again, and whether that made an event. */
  readonly replays: number
  readonly done: boolean
  readonly pipeline: string
  readonly config_hash: string
  readonly version: string
  readonly instance: string
  /** First 256 characters of the value, decoded, masked, controls escaped. */
  readonly preview: string
}

/** With the original bytes, which may hold secrets. Base64. */
export interface DeadLetterOriginal extends DeadLetter {
  readonly key_base64: string | null
  readonly value_base64: string | null
  readonly headers: readonly { readonly name: string; readonly value_base64: string }[]
}

export interface DeadLetterFilter {
  readonly reason?: string
  readonly stage?: string
  /** Epoch ms, half-open, of the time it was written. */
  readonly fromMs?: number
  readonly toMs?: number
  /** `true`: only those that were redriven with success, `false`: only the others. */
  readonly done?: boolean
  readonly limit?: number
}

/** Columns of a `DeadLetter`. */
export const letterColumns = `id, source, name, position, time, child, size, sha256, stage, reason, error, attempts, at, replays, done,
  pipeline, config_hash, version, instance, preview`

/** Reading of dead letters. */
export class DeadLetterList {
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Oldest first, without original bytes. */
  list(filter: DeadLetterFilter = {}): DeadLetter[] {
    return [...this.#rows(filter, letterColumns)].map(letterOf)
  }

  /** One with its bytes; undefined if there is none of that id. */
  show(id: string): DeadLetterOriginal | undefined {
    const row = this.#reader.get('SELECT * FROM dead_letters WHERE id = ?', id)
    return row === undefined ? undefined : originalOf(row)
  }

  /** One JSON document per line, with the bytes; read row by row, so memory stays flat. */
  *export(filter: DeadLetterFilter = {}): Generator<string> {
    for (const row of this.#rows(filter, '*')) yield `${JSON.stringify(originalOf(row))}\n`
  }

  #rows(filter: DeadLetterFilter, what: string): Generator<Row> {
    const { reason, stage, fromMs, toMs, done, limit } = filter
    return this.#reader.iterate(
      `SELECT ${what} FROM dead_letters WHERE reason = coalesce(?1, reason) AND stage = coalesce(?2, stage)
         AND at >= ?3 AND at < ?4 AND done = coalesce(?5, done) ORDER BY at, id LIMIT ?6`,
      reason ?? null,
      stage ?? null,
      fromMs ?? Number.MIN_SAFE_INTEGER,
      toMs ?? Number.MAX_SAFE_INTEGER,
      done === undefined ? null : Number(done),
      limit ?? -1,
    )
  }
}

function letterOf(row: Row): DeadLetter {
  return {
    id: String(row['id']),
    source: String(row['source']),
    name: String(row['name']),
    offset: Number(row['position']),
    timestamp: row['time'] === null ? null : Number(row['time']),
    child: Number(row['child']),
    bytes: Number(row['size']),
    sha256: Buffer.from(blobOf(row['sha256']) ?? []).toString('hex'),
    stage: String(row['stage']),
    reason: String(row['reason']) as DeadLetterReason, // Written from a `DeadRecord`.
    error: String(row['error']),
    attempts: Number(row['attempts']),
    at: Number(row['at']),
    replays: Number(row['replays']),
    done: row['done'] === 1,
    pipeline: String(row['pipeline']),
    config_hash: String(row['config_hash']),
    version: String(row['version']),
    instance: String(row['instance']),
    preview: String(row['preview']),
  }
}

function originalOf(row: Row): DeadLetterOriginal {
  return {
    ...letterOf(row),
    key_base64: base64Of(blobOf(row['key'])),
    value_base64: base64Of(blobOf(row['value'])),
    headers: JSON.parse(String(row['headers'])) as DeadLetterOriginal['headers'], // Written by `#valuesOf`.
  }
}

function blobOf(value: SQLOutputValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

function base64Of(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('base64')
}
