import { hashId } from './id.ts'
import type { DeriveFold, MetricUnit } from './component.ts'
import type { RowFilter } from './event-batch.ts'
import type { ConditionLists } from './row-filter.ts'

/** One metric definition as config or a rule brings it, checked. */
export interface DeriveSpec extends ConditionLists {
  /** Unique over the project; the anonymous derive of a rule has the rule's id. */
  readonly id: string
  readonly type: string
  /** Output of the config schema of its type. */
  readonly config: Readonly<Record<string, unknown>>
  readonly by: readonly string[]
  /** Names of the pipelines whose events it sees; empty: all. */
  readonly pipelines: readonly string[]
  readonly allowedLatenessMs: number
  readonly maxSeries: number
  /** First log lines to keep per series and pane, for the rules that watch it. */
  readonly samples: number
}

/** A derive ready to run: `derive` folds with it, `alert` merges and reads it. */
export interface CompiledDerive {
  readonly id: string
  /** Changes with everything that changes a number of it. */
  readonly hash: string
  readonly pipelines: readonly string[]
  readonly by: readonly string[]
  /** Undefined: all events. */
  readonly filter: RowFilter | undefined
  /** Numeric fields that a row must have. */
  readonly requires: readonly string[]
  readonly fold: DeriveFold
  /** Columns of a cell: the count, then the definition's own. */
  readonly width: number
  readonly keepsValues: boolean
  readonly outputs: Readonly<Record<string, MetricUnit>>
  readonly allowedLatenessMs: number
  readonly maxSeries: number
  readonly samples: number
}

/** An occurrence rule as `derive` sees it: it only finds the events. */
export interface OccurrenceSpec extends ConditionLists {
  /** Id of the rule. */
  readonly rule: string
  readonly by: readonly string[]
  readonly pipelines: readonly string[]
}

export interface CompiledOccurrence {
  readonly rule: string
  readonly by: readonly string[]
  readonly pipelines: readonly string[]
  readonly filter: RowFilter | undefined
}

/** What the derive unit of a source runs. */
export interface DeriveProgram {
  readonly tickMs: number
  /** How far events of one source may be out of order, ms: its watermark stays so far behind. */
  readonly outOfOrderMs: number
  /** Hash of the whole configuration, for frames. */
  readonly configHash: string
  readonly derives: readonly CompiledDerive[]
  readonly occurrences: readonly CompiledOccurrence[]
}

/** Name of the output of a percentile: 95 is `p95`, 99.9 is `p99_9`. */
export function percentileName(percentile: number): string {
  return `p${String(percentile).replace('.', '_')}`
}

/** Hash of plain data, whatever the order of its keys. */
export function contentHash(value: unknown): string {
  return hashId([JSON.stringify(sorted(value)) ?? ''])
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // An object of plain data is a record of its own keys.
  const record = value as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, sorted(record[key])]),
  )
}
