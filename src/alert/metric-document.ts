import { isJsonObject, type Json, type JsonObject } from '../core/event-batch.ts'
import { fieldKind } from '../core/field.ts'
import { hashId } from '../core/id.ts'
import { nullObject, putAt } from '../core/log-event.ts'
import type { CompiledDerive } from '../core/program.ts'
import { labelName, missing, seriesValues } from '../core/series.ts'
import type { Output } from '../core/unit.ts'
import { windowMark, type PaneStore, type Series } from './pane-store.ts'

/**
 * The document of a whole window of one series. `by` values stand in their own fields, so that metrics are found like
 * events, and as labels; values that do not exist (a percentile of nothing) are left out.
 */
export function metricOutput(store: PaneStore, series: Series, window: number): Output {
  const { derive, pool } = store
  const start = series.windowStarts[window]!
  const slot = series.windowSlots[window]!
  const revision = series.revisions[window]!
  const marks = series.marks[window]!
  const document = nullObject()
  document['@timestamp'] = store.timeText(start)
  document['event'] = { kind: 'metric', dataset: 'logpipe.metric' }
  putFields(document, derive, series.key)
  putAt(document, 'logpipe.metric', {
    id: derive.id,
    window_start: store.timeText(start),
    window_end: store.timeText(start + derive.fold.windowMs),
    revision,
    count: pool.rows(slot),
    values: finite(pool.metrics(slot)),
    ...((marks & windowMark.partial) !== 0 ? { partial: true } : {}),
    ...((marks & windowMark.approximate) !== 0 ? { approximate: true } : {}),
  })
  const id = hashId([derive.id, derive.hash, series.key, String(start)])
  const headers = { 'content-type': 'application/json' }
  return { stage: 'metric', id, revision, key: id, value: JSON.stringify(document), headers }
}

function putFields(document: JsonObject, derive: CompiledDerive, key: string): void {
  const values = seriesValues(key)
  const labels: JsonObject = nullObject()
  derive.by.forEach((field, i) => {
    const value = values[i] ?? missing
    labels[labelName(field)] = value
    if (value !== missing) putAt(document, field, ofKind(field, value))
  })
  // A `by` field such as labels.team has put something there.
  const known = document['labels']
  document['labels'] = isJsonObject(known) ? { ...known, ...labels } : labels
}

function ofKind(field: string, value: string): Json {
  const kind = fieldKind(field)
  if (kind === 'long' || kind === 'double') return Number.isFinite(Number(value)) ? Number(value) : value
  return kind === 'boolean' ? value === 'true' : value
}

function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  const kept: Record<string, number> = {}
  for (const name of Object.keys(values)) if (Number.isFinite(values[name])) kept[name] = values[name]!
  return kept
}
