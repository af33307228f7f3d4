import type { FormatFacts, Json } from '../core/event-batch.ts'
import type { EventWriter } from '../core/event-writer.ts'
import type { FieldName } from '../core/field.ts'
import type { TimeContext, TimeScan } from './timestamp.ts'
import type { ClfMemory } from './timestamp/iso.ts'

/** What a scanner may use beside the bytes. One per parser, reused for every line. */
export interface ScanContext {
  /** Zone and reference for times without zone or year; `referenceMs` moves from line to line. */
  readonly time: TimeContext
  /** Scratch result for time scanners. */
  readonly scan: TimeScan
  readonly clf: ClfMemory
  /** Settings of formats whose lines do not tell: `apache_access` D or T, `gunicorn` D or L. */
  readonly options: FormatOptions
}

export interface FormatOptions {
  /** Unit of a trailing number in Apache and Gunicorn access lines; `none`: there is no such number. */
  readonly requestTime: 'none' | 'us' | 's'
}

interface FormatDefinition {
  /** As in `--format` and `logpipe.format`. */
  readonly name: string
  readonly summary: string
  /** Core: full extraction and near-miss fixtures; extra: fewer variants. */
  readonly tier: 'core' | 'extra'
  readonly dataset: string
  readonly module: string
  readonly isAccess?: boolean
  /** `event.category`, `event.type` and whatever else is the same in every event. */
  readonly constants?: Readonly<Partial<Record<FieldName, Json>>>
  /** Fields that its events may have beyond those that every event has. */
  readonly fields: readonly FieldName[]
  /** A realistic line. */
  readonly example: string
}

/**
 * A format of text lines: one scanner over bytes. It rejects rather than half match; the caller takes back what a
 * rejecting scanner has written. It never throws, makes no string, object or closure, and runs in linear time.
 */
export interface TextFormat extends FormatDefinition {
  readonly shape: 'text'
  /** First bytes of its lines: any of these characters; `digit` and `letter` stand for their classes (UTF-8 lead bytes are letters). */
  readonly starts: readonly string[]
  /** A character that all its lines have at a place after the first: others are rejected without a scan. */
  readonly mark?: { readonly at: number; readonly byte: string }
  /**
   * An envelope writes what the shipper knows and returns the span of the payload (`context.payload`), which is parsed
   * again. Absent: not an envelope.
   */
  readonly isEnvelope?: boolean
  /**
   * Names of the formats before this one in the registry that may take a line of this one, too. They are asked first
   * when this one was found last. Absent: all that share the first byte, which is always right and slower.
   */
  readonly yieldsTo?: readonly string[]
  /** Reads `bytes[start, end)`, without its line end; true if it is a line of this format, whose fields are written then. */
  scan(this: void, bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): boolean
}

export interface TextContext extends ScanContext {
  /**
   * Set by an envelope's scanner: what is inside, in the same bytes; -1 otherwise. A format that is no envelope (syslog)
   * sets it to its message: if an inner format takes that, this one becomes an envelope of it.
   */
  payloadStart: number
  payloadEnd: number
  /** Set with the payload: its span lies in the scratch buffer of the writer's batch. */
  payloadInScratch: boolean
  /** Set by a container: start and end of each child, in the same bytes; empty otherwise. */
  readonly children: number[]
  /** Set by a scanner: the span of a message whose content may be of a known form (`monitor`); -1 otherwise. */
  messageStart: number
  messageEnd: number
  /** Set by an envelope or syslog: hash of the stream key (container, host and program ...); 0: the source is one stream. */
  streamKey: number
  /** Set by an envelope: this is a part of a line that goes on in the next record of the stream. */
  isPartial: boolean
}

export function defineTextFormat(format: TextFormat): TextFormat {
  return format
}

/** The part of a format that events carry. */
export function factsOf(format: FormatDefinition): FormatFacts {
  return {
    name: format.name,
    constants: { 'event.dataset': format.dataset, 'event.module': format.module, ...format.constants },
    isAccess: format.isAccess ?? false,
  }
}

/**
 * What the value of a JSON key becomes. Of several keys with one target the lowest `rank` wins (0 if it is not given),
 * then the first one; a value that loses, or does not fit, stays under `attributes` with the key's own name.
 */
export type JsonTarget = { readonly rank?: number } & (
  | { readonly to: 'field'; readonly field: FieldName }
  /** Event time: text or number, unit by size. If it is no time, the next candidate is asked. */
  | { readonly to: 'time' }
  /** `isStrict`: a word that is no level is something else. */
  | { readonly to: 'level'; readonly scale: LevelScale; readonly isStrict?: boolean }
  | { readonly to: 'duration'; readonly unit: 'ns' | 'us' | 'ms' | 's' | 'text' }
  | { readonly to: 'status' | 'method' }
  /** Request target: `url.original`, `.path`, `.query`. */
  | { readonly to: 'url' }
  /** `source.address`, and `source.ip` if it is one. */
  | { readonly to: 'address' }
  /** Object or text of an error: `error.type`, `.message`, `.stack_trace`, `.code`. */
  | { readonly to: 'error' }
  | { readonly to: 'trace' | 'span'; readonly isDecimal?: boolean }
  /** W3C trace context: `00-TRACE-SPAN-FLAGS`. */
  | { readonly to: 'traceparent' }
  /** Text: thread name; number: thread id. */
  | { readonly to: 'thread' }
  /** `container.image.name` and `.tag`. */
  | { readonly to: 'image' }
  /** `container.id` without `docker://`. */
  | { readonly to: 'container' }
  /** A key `a.*`: what is below it, as it is under this prefix. */
  | { readonly to: 'under'; readonly prefix: 'labels' | 'kubernetes' | 'kubernetes.labels' | 'container.labels' }
  /** The line inside an envelope. */
  | { readonly to: 'payload' }
  /** `P` or true: the line goes on in the next record. */
  | { readonly to: 'partial' }
  | { readonly to: 'nothing' }
)

export type LevelScale = 'words' | 'npm' | 'pino' | 'python' | 'syslog'

/**
 * A format of JSON objects: a table from keys to targets. Both the byte path and the object path read it. Keys that it
 * does not name go to the ECS field of that name, through the generic key lists, then to `attributes`.
 */
export interface JsonFormat extends FormatDefinition {
  readonly shape: 'json'
  readonly isEnvelope?: boolean
  /** `has(key, kind)`: the object has this (dotted) key, with a value of that kind if one is named. */
  accepts(has: HasKey): boolean
  /** A key whose value, if it is a number, is in seconds (below 1e11): other objects are not of this format. */
  readonly secondsKey?: string
  /** Dotted key to target; `prefix.*` covers all keys below, an exact key wins over it. */
  readonly keys: Readonly<Record<string, JsonTarget | readonly JsonTarget[]>>
  /** ECS names without a dot (`tags`) and `labels.*` pass to their own place, as others do anyway. */
  readonly passesEcs?: boolean
  /** An envelope whose line goes on in the next record unless it ends in a line feed. */
  readonly isPartialWithoutLineFeed?: boolean
}

export type HasKey = (key: string, kind?: 'string' | 'number' | 'boolean' | 'array' | 'object') => boolean

export function defineJsonFormat(format: JsonFormat): JsonFormat {
  return format
}

export type Format = TextFormat | JsonFormat
