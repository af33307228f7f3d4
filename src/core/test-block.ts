import type { Json } from './event-batch.ts'

/**
 * One `tests:` entry of a pipeline or rule file, read and checked by `config`, run by `replay`. All times are epoch ms:
 * durations in the file count from `startMs`.
 */
export interface TestBlock {
  readonly name: string
  /** Where the block begins, for reports: `file:line`. */
  readonly place: string
  /** Ids of the rules that take part; undefined: all of the file. */
  readonly rules: readonly string[] | undefined
  readonly startMs: number
  /** Format of the raw records, in rule files only. */
  readonly format: string | undefined
  readonly given: readonly GivenItem[]
  /** The watermark is set to exactly this; undefined: time runs on until nothing is scheduled, at most 24 h. */
  readonly advanceToMs: number | undefined
  readonly expect: Expectation
}

export type GivenItem =
  | {
      readonly kind: 'record'
      /** The bytes of the record; undefined if they are the content of `file`. */
      readonly value: Uint8Array | undefined
      /** Path as written, from the folder of the config file. */
      readonly file: string | undefined
      readonly key: string | undefined
      readonly headers: Readonly<Record<string, string>>
      /** Record time, epoch ms; undefined: the event's own time. */
      readonly timestampMs: number | undefined
      readonly partition: number
    }
  | {
      readonly kind: 'events'
      readonly fromMs: number
      readonly everyMs: number
      readonly count: number
      /** Dotted field to value. */
      readonly set: Readonly<Record<string, Json>>
    }
  | {
      readonly kind: 'series'
      /** `<derive id>.<output>`. */
      readonly metric: string
      readonly by: Readonly<Record<string, string>>
      /** Undefined: the tick. */
      readonly everyMs: number | undefined
      /** One per step from the start; NaN is a gap, `stale` ends the series. */
      readonly values: readonly (number | 'stale')[]
    }

/**
 * Each list that is given is compared whole; objects match as subsets and may hold `$absent`, `$regex`, `$approx` and
 * `$any`. A list that is undefined is not looked at.
 */
export interface Expectation {
  readonly events: readonly Json[] | undefined
  readonly metrics: readonly ExpectedMetric[] | undefined
  /** All pending and firing alerts at the times named; `none`: there is none at that time. */
  readonly alerts: readonly ExpectedAlert[] | undefined
  readonly transitions: readonly ExpectedTransition[] | undefined
  readonly deadLetters: readonly Json[] | undefined
  readonly drops: readonly { readonly reason: string; readonly count: number }[] | undefined
}

export interface ExpectedMetric {
  readonly derive: string
  readonly by: Readonly<Record<string, string>> | undefined
  readonly windowStartMs: number | undefined
  readonly values: Json
}

export interface ExpectedAlert {
  readonly atMs: number
  readonly state: 'pending' | 'firing' | 'none'
  readonly labels: Json | undefined
  readonly annotations: Json | undefined
}

export interface ExpectedTransition {
  readonly atMs: number
  readonly transition: 'pending' | 'firing' | 'updated' | 'resolved'
  readonly labels: Json | undefined
}
