import type { Json } from '../core/event-batch.ts'
import type { Position } from '../core/record-batch.ts'
import type { Decision } from '../core/unit.ts'
import { StoreJournal } from './journal.ts'
import { Reader } from './reader.ts'
import { positionOf } from './snapshot-store.ts'
import { decisionColumns, decisionOf } from './unit-log.ts'

/** What a replay needs of the run that it does again: how far it came, and what it decided. */
export interface RunHistory {
  /** Position behind the last committed record, by unit. */
  progress(): Map<string, Position>
  /** What people call the sources that events came from, by id. */
  names(): Map<string, string>
  /** All decisions of a unit, by ordinal. */
  decisions(unit: string): Decision[]
  /** What sources remember. */
  memory(): Map<string, Json>
  /**
   * Positions of the events of a time range [fromMs, toMs), by source: from the first one to the first event behind the
   * last one, or to undefined if there is none behind it. `recordMs`: record time of the first one, epoch ms.
   */
  positions(
    fromMs: number,
    toMs: number,
  ): Map<string, { readonly from: bigint; readonly to: bigint | undefined; readonly recordMs: number }>
  /** The journal as it is now. */
  readonly journal: StoreJournal
  /** Harmless twice. */
  close(): void
}

const positionsSql = `
  WITH ranges AS (
    SELECT source, min(position) AS first, max(position) AS last FROM events WHERE time >= ? AND time < ? GROUP BY source)
  SELECT s.source, CAST(r.first AS TEXT) AS first,
    CAST(min(CASE WHEN e.position > r.last THEN e.position END) AS TEXT) AS next,
    max(CASE WHEN e.position = r.first THEN e.record_time END) AS record_time
  FROM ranges r JOIN events e ON e.source = r.source JOIN sources s ON s.id = r.source GROUP BY r.source`

/** Opens the history in `dir` beside the owner of the store or without one. Throws LP_STORE_OPEN or LP_STORE_DAMAGED. */
export function openHistory(dir: string): RunHistory {
  const reader = new Reader(dir)
  const journal = new StoreJournal(dir, 'reader')
  return {
    journal,
    progress() {
      const rows = reader.all('SELECT unit, CAST(position AS TEXT) AS place, sub FROM progress ORDER BY unit')
      return new Map(rows.map((row) => [String(row['unit']), positionOf(row)]))
    },
    names() {
      const rows = reader.all('SELECT source, name FROM sources')
      return new Map(rows.map((row) => [String(row['source']), String(row['name'])]))
    },
    decisions(unit) {
      return reader
        .all(`SELECT ${decisionColumns} FROM decisions WHERE unit = ? ORDER BY ordinal`, unit)
        .map(decisionOf)
    },
    memory() {
      const rows = reader.all('SELECT key, value FROM memory ORDER BY key')
      // Written with JSON.stringify.
      return new Map(rows.map((row) => [String(row['key']), JSON.parse(String(row['value'])) as Json]))
    },
    positions(fromMs, toMs) {
      const rows = reader.all(positionsSql, fromMs, toMs)
      return new Map(
        rows.map((row) => {
          const to = row['next'] === null ? undefined : BigInt(String(row['next']))
          const recordMs = Number(row['record_time'])
          return [String(row['source']), { from: BigInt(String(row['first'])), to, recordMs }]
        }),
      )
    },
    close() {
      reader.close()
      journal.close()
    },
  }
}
