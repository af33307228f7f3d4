import type { Reader, Row } from './reader.ts'

/** Half-open, epoch ms. */
export interface TimeRange {
  readonly fromMs?: number
  readonly toMs?: number
  /** Default 1,000. */
  readonly limit?: number
}

export interface StoredAlert {
  readonly id: string
  readonly revision: number
  /** Fingerprint of its labels. */
  readonly key: string
  readonly rule: string
  readonly state: string
  /** End of the window that made this revision; null if the document does not say. */
  readonly timeMs: number | null
  /** The record of the alerts topic, JSON. */
  readonly doc: string
}

export interface StoredMetric {
  readonly id: string
  readonly revision: number
  /** Id of its derive. */
  readonly name: string
  /** Start of its window. */
  readonly timeMs: number | null
  readonly doc: string
}

/** Alerts and metrics as they are stored; on a connection that reads. */
export class OutputQuery {
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Newest state of each episode, newest first. */
  alerts(filter: TimeRange & { readonly rule?: string; readonly state?: string } = {}): StoredAlert[] {
    return this.#reader
      .all(
        `SELECT id, revision, key, rule, state, time, doc FROM alert_states
         WHERE coalesce(rule = ?1, ?1 IS NULL) AND coalesce(state = ?2, ?2 IS NULL) AND coalesce(time, ?3) >= ?3
         AND coalesce(time, ?3) < ?4 ORDER BY time DESC, n DESC LIMIT ?5`,
        filter.rule ?? null,
        filter.state ?? null,
        ...boundsOf(filter),
      )
      .map(alertOf)
  }

  /** Every revision of one episode, oldest first. */
  alertHistory(id: string): StoredAlert[] {
    return this.#reader
      .all('SELECT id, revision, key, rule, state, time, doc FROM alerts WHERE id = ? ORDER BY revision', id)
      .map(alertOf)
  }

  /** Newest revisions, by derive, time and id. `labels` have to be equal in `doc.labels`; others are ignored. */
  metrics(
    filter: TimeRange & { readonly name?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ): StoredMetric[] {
    const labels = Object.entries(filter.labels ?? {})
    const conditions = labels.map(
      () => 'AND EXISTS (SELECT 1 FROM json_each(doc, ?) AS j WHERE j.key = ? AND j.value = ?)',
    )
    return this.#reader
      .all(
        `SELECT id, revision, name, time, doc FROM metrics WHERE (? IS NULL OR name = ?) AND coalesce(time, 0) >= ?
         AND coalesce(time, 0) < ? ${conditions.join(' ')} ORDER BY name, time, id LIMIT ?`,
        filter.name ?? null,
        filter.name ?? null,
        ...boundsOf(filter).slice(0, 2),
        ...labels.flatMap(([name, value]) => ['$.labels', name, value]),
        filter.limit ?? 1000,
      )
      .map(metricOf)
  }

  metric(id: string): StoredMetric | undefined {
    const row = this.#reader.get('SELECT id, revision, name, time, doc FROM metrics WHERE id = ?', id)
    return row === undefined ? undefined : metricOf(row)
  }
}

function boundsOf(range: TimeRange): [number, number, number] {
  return [range.fromMs ?? Number.MIN_SAFE_INTEGER, range.toMs ?? Number.MAX_SAFE_INTEGER, range.limit ?? 1000]
}

function alertOf(row: Row): StoredAlert {
  return {
    id: String(row['id']),
    revision: Number(row['revision']),
    key: String(row['key']),
    rule: String(row['rule'] ?? ''),
    state: String(row['state'] ?? ''),
    timeMs: timeOf(row),
    doc: String(row['doc']),
  }
}

function metricOf(row: Row): StoredMetric {
  return {
    id: String(row['id']),
    revision: Number(row['revision']),
    name: String(row['name'] ?? ''),
    timeMs: timeOf(row),
    doc: String(row['doc']),
  }
}

function timeOf(row: Row): number | null {
  return row['time'] === null ? null : Number(row['time'])
}
