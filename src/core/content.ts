import { isJsonObject, type Json, type JsonObject } from './event-batch.ts'

/** Kinds of documents whose content is compared. */
export type DocumentKind = 'events' | 'metrics' | 'alerts'

/**
 * Places in documents that say where a record lay or which run wrote it: they differ where the same records are spread
 * over other partitions, or come over Kafka. A sample is the first of a window by position, so it is one of them.
 */
const provenance: Readonly<Record<DocumentKind, readonly string[]>> = {
  events: [
    'event.sequence',
    'log.file.path',
    'log.offset',
    'logpipe.config_hash',
    'logpipe.kafka',
    'logpipe.pipeline',
    'logpipe.replay',
  ],
  metrics: [
    'logpipe.config_hash',
    'logpipe.metric.hash',
    'logpipe.metric.revision',
    'logpipe.replay',
    'logpipe.revision',
  ],
  alerts: [
    'alerts.0.generatorURL',
    'externalURL',
    'logpipe.alertId',
    'logpipe.revision',
    'logpipe.ruleHash',
    'logpipe.samples',
    'notification_reason',
    'receiver',
  ],
}

/** Canonical JSON of a document without provenance, which is taken out of `document`. */
export function contentText(kind: DocumentKind, document: JsonObject): string {
  for (const path of provenance[kind]) removeAt(document, path.split('.'))
  return JSON.stringify(sorted(document))
}

/** Objects that become empty go, too: whether a file had a path must not show. */
function removeAt(from: Json, path: readonly string[]): void {
  const [name, ...rest] = path
  if (name === undefined || typeof from !== 'object' || from === null) return
  const object = from as JsonObject // An array has its indexes as keys.
  const child = object[name]
  if (rest.length > 0 && child !== undefined) removeAt(child, rest)
  const isEmpty = isJsonObject(child) && Object.keys(child).length === 0
  if (rest.length === 0 || isEmpty) delete object[name]
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  )
}
