import { createHash } from 'node:crypto'
import type { SQLOutputValue } from 'node:sqlite'
import { bytesOf } from '../core/byte-writer.ts'
import { contentText } from '../core/content.ts'
import type { JsonObject } from '../core/event-batch.ts'
import type { Reader, Row } from './reader.ts'

/** Hex SHA-256 of each kind, and of all of them. */
export interface Digest {
  readonly events: string
  readonly metrics: string
  readonly alerts: string
  readonly deadLetters: string
  readonly all: string
}

/** What counts as the same output, to the last byte. Who wrote a dead letter and when does not follow from the input. */
const exactRows: Readonly<Record<Kind, string>> = {
  events: 'SELECT id, doc FROM events ORDER BY id',
  metrics: 'SELECT id, revision, doc FROM metrics ORDER BY id',
  alerts: 'SELECT id, revision, key, doc, headers FROM alerts ORDER BY id, revision',
  deadLetters: 'SELECT id, stage, reason, error, key, value, headers FROM dead_letters ORDER BY id',
}
type Kind = 'events' | 'metrics' | 'alerts' | 'deadLetters'
const kinds: readonly Kind[] = ['events', 'metrics', 'alerts', 'deadLetters']

/** Digest over ids, revisions and contents, in the order of the ids. One read of the whole store. */
export function exactDigest(reader: Reader): Digest {
  return digestOf((kind) => {
    const hash = createHash('sha256')
    for (const row of reader.iterate(exactRows[kind])) {
      for (const value of Object.values(row)) addField(hash, value)
    }
    return hash.digest()
  })
}

/** Every column with its length before it, NULL as the length 2^32 - 1. */
function addField(hash: ReturnType<typeof createHash>, value: SQLOutputValue): void {
  const bytes = value === null ? undefined : value instanceof Uint8Array ? value : bytesOf(String(value))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes?.length ?? 0xffff_ffff)
  hash.update(length)
  if (bytes !== undefined) hash.update(bytes)
}

const contentRows: Readonly<Record<Kind, string>> = {
  events: 'SELECT doc FROM events',
  metrics: 'SELECT doc FROM metrics',
  alerts: 'SELECT doc FROM alert_states',
  deadLetters: 'SELECT stage, reason, error, key, value, headers FROM dead_letters',
}

/**
 * Digest over newest revisions without ids, positions, revisions and provenance, in no order: equal for the same records
 * in any number of partitions. Equal documents count as often as they are there.
 */
export function contentDigest(reader: Reader): Digest {
  return digestOf((kind) => {
    let sum = 0n
    for (const row of reader.iterate(contentRows[kind])) sum += hashOfContent(kind, row)
    return bytesOf((sum & mask).toString(16))
  })
}

/** A set with counts is hashed as the sum of the hashes modulo 2^256 (AdHash; Bellare, Micciancio 1997, section 1.2). */
const mask = (1n << 256n) - 1n

function hashOfContent(kind: Kind, row: Row): bigint {
  const hash = createHash('sha256')
  if (kind === 'deadLetters') {
    for (const value of Object.values(row)) addField(hash, value)
  } else {
    const doc = JSON.parse(String(row['doc'])) as JsonObject // Written as an object.
    addField(hash, contentText(kind, doc))
  }
  return BigInt(`0x${hash.digest('hex')}`)
}

function digestOf(of: (kind: Kind) => Uint8Array): Digest {
  const all = createHash('sha256')
  const hex = new Map<Kind, string>()
  for (const kind of kinds) {
    const one = createHash('sha256').update(kind).update(of(kind)).digest()
    hex.set(kind, one.toString('hex'))
    all.update(one)
  }
  const text = (kind: Kind): string => hex.get(kind) ?? ''
  return {
    events: text('events'),
    metrics: text('metrics'),
    alerts: text('alerts'),
    deadLetters: text('deadLetters'),
    all: all.digest('hex'),
  }
}
