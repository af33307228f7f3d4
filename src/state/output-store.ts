import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isJsonObject, type Json, type JsonObject } from '../core/event-batch.ts'
import { parseInstant } from '../core/moment.ts'
import type { Output } from '../core/unit.ts'
import type { WriteCounts } from './event-store.ts'

/**
 * Metrics and alerts of units. Metrics keep the newest revision of each document, alerts every revision. Called inside
 * the pending transaction only.
 */
export class OutputStore {
  readonly counts: WriteCounts = { written: 0, repeated: 0, mismatched: 0 }
  readonly #metric: StatementSync
  readonly #knownMetric: StatementSync
  readonly #alert: StatementSync
  readonly #knownAlert: StatementSync

  constructor(db: DatabaseSync) {
    this.#metric = db.prepare(`
      INSERT INTO metrics (id, revision, name, time, doc) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, name = excluded.name, time = excluded.time,
        doc = excluded.doc WHERE excluded.revision > metrics.revision`)
    // An older revision came late: nothing is wrong, and there is nothing to compare it with.
    this.#knownMetric = db.prepare('SELECT doc = ? OR revision > ? AS value FROM metrics WHERE id = ?')
    this.#alert = db.prepare(`
      INSERT INTO alerts (id, revision, key, rule, state, time, doc, headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id, revision) DO NOTHING`)
    this.#knownAlert = db.prepare('SELECT doc = ? AS value FROM alerts WHERE id = ? AND revision = ?')
  }

  write(output: Output): void {
    const { id, revision, value } = output
    const doc = objectIn(value)
    if (output.stage === 'metric') {
      const facts = metricFacts(doc)
      const { changes } = this.#metric.run(id, revision, facts.name, facts.timeMs, value)
      return this.#count(changes, () => this.#knownMetric.get(value, revision, id))
    }
    const facts = alertFacts(doc)
    const headers = JSON.stringify(output.headers)
    const { changes } = this.#alert.run(id, revision, output.key, facts.rule, facts.state, facts.timeMs, value, headers)
    this.#count(changes, () => this.#knownAlert.get(value, id, revision))
  }

  #count(changes: number | bigint, known: () => Record<string, unknown> | undefined): void {
    if (changes !== 0) this.counts.written++
    else if (known()?.['value'] === 1) this.counts.repeated++
    else this.counts.mismatched++
  }
}

/** Columns of a metric document: `logpipe.metric.id`, and `@timestamp`, the start of its window (epoch ms). */
function metricFacts(doc: JsonObject): { name: string | null; timeMs: number | null } {
  return { name: textAt(doc, 'logpipe', 'metric', 'id'), timeMs: timeAt(doc, '@timestamp') }
}

/** Columns of an alert, a webhook v4 body with one alert; `timeMs` is the end of the window that made the revision. */
function alertFacts(doc: JsonObject): { rule: string | null; state: string | null; timeMs: number | null } {
  return {
    rule: textAt(doc, 'logpipe', 'ruleId'),
    state: textAt(doc, 'logpipe', 'state') ?? textAt(doc, 'status'),
    timeMs: timeAt(doc, 'logpipe', 'windowEnd') ?? timeAt(doc, 'alerts', '0', 'startsAt'),
  }
}

function objectIn(text: string): JsonObject {
  const value = JSON.parse(text) as Json // Units write JSON.
  return isJsonObject(value) ? value : {}
}

function textAt(doc: JsonObject, ...path: readonly string[]): string | null {
  let at: Json | undefined = doc
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return null
    at = Array.isArray(at) ? at[Number(part)] : at[part]
  }
  return typeof at === 'string' ? at : null
}

function timeAt(doc: JsonObject, ...path: readonly string[]): number | null {
  const text = textAt(doc, ...path)
  return text === null ? null : (parseInstant(text) ?? null)
}
