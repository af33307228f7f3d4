/** What a parse stage is built with: the `parse:` entry of a pipeline in base units (`parse/config.ts`). */
export interface ParseSettings {
  /** `auto`, or the name of the one format that lines have inside their envelopes. */
  readonly format: string
  /** `off`: each line is an event. */
  readonly multiline: 'auto' | 'off'
  /** IANA name or offset: the zone of times that give none. */
  readonly timezone: string
  readonly dateOrder: 'dmy' | 'mdy'
  /** Minutes from UTC of abbreviations that stand for more than one zone. */
  readonly zoneAbbreviations: Readonly<Record<string, number>>
  readonly keepOriginal: 'always' | 'on_failure' | 'never'
  /** A request of this many ns is slow. */
  readonly slowNs: number
  /** Unit of a trailing number in Apache and Gunicorn access lines. */
  readonly requestTime: 'none' | 'us' | 's'
  /** Reference of times without year, epoch ms; NaN: the record time, or the time of the line before in a file. */
  readonly referenceMs: number
  readonly limits: ParseLimits
}

/** Limits of `docs/bad-input.md` section 2, in bytes, ms and counts. */
export interface ParseLimits {
  readonly maxEventSize: number
  readonly maxParseSize: number
  readonly maxDepth: number
  readonly maxFields: number
  readonly maxArrayItems: number
  readonly maxKeySize: number
  readonly maxNumberChars: number
  readonly maxChildren: number
  readonly maxUnwraps: number
  /** Infinity: no limit. */
  readonly maxFutureMs: number
  readonly maxPastMs: number
  readonly maxJoinLines: number
  readonly maxJoinSize: number
  readonly maxJoinGroups: number
  readonly joinTimeoutMs: number
}
