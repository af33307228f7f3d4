import type { z } from 'zod'
import type { Bag } from './bag.ts'
import type { EventBatch, Json, RowFilter } from './event-batch.ts'
import type { LogpipeError } from './error.ts'
import type { RecordBatch, Source } from './record-batch.ts'

/** How far one may rely on a component: `stable` changes only with a deprecation of one minor version. */
export type Stability = 'experimental' | 'beta' | 'stable'

/** As a person writes it: a key that may be undefined may be left out. */
type Example<Input> = { [Key in keyof Input as undefined extends Input[Key] ? never : Key]: Input[Key] } & {
  [Key in keyof Input as undefined extends Input[Key] ? Key : never]?: Input[Key]
}

interface Definition<Config extends z.ZodType> {
  /** The word after `type:`. */
  readonly type: string
  /** One sentence for lists and the reference. */
  readonly summary: string
  readonly stability: Stability
  /** A strict object without `type`; common keys of the kind are added by `config`. */
  readonly config: Config
  /** Values for the keys of `config`, valid as they stand. */
  readonly example: Example<z.input<Config>>
}

// --- source -----------------------------------------------------------------------------------------------------

/** Answer of a read: records from the asked position on. */
export interface ReadResult {
  /** May be empty. Positions ascend and are contiguous with the asked one. */
  readonly records: RecordBatch
  /** Everything that exists now has been read. */
  readonly isAtEnd: boolean
  /** Nothing more will ever come: the file is not followed, the range of a replay is done. */
  readonly isFinished: boolean
}

/** One ordered part of an input. Reading is by pull: a reader that does not ask gets nothing, so memory stays flat. */
export interface Partition {
  readonly source: Source
  /** First position that can still be read. */
  readonly start: bigint
  /** End as known now, for progress bars; -1n if unknown. */
  end(): bigint
  /**
   * Reads records from `from` on, about `maxBytes`; at least one if there is one. A position that is gone rejects with
   * LP_REPLAY_RANGE. The caller settles a batch before it asks for the next one, so the buffer may be reused.
   */
  read(from: bigint, maxBytes: number): Promise<ReadResult>
  /** Harmless twice. */
  close(): Promise<void>
}

/** A built source. */
export interface RecordInput {
  /** Partitions that exist now, in a stable order; called at start and then about once a second while following. */
  discover(): Promise<readonly Partition[]>
  /** True if no partition will be added and all of them end. */
  readonly isBounded: boolean
  /** Harmless before start and twice. */
  stop(): Promise<void>
}

/** Records that came over the wire or a pipe, stored before they are acknowledged. Implemented by `state`. */
export interface Journal {
  /** Resolves once the records are durable. Each value is one record; `atMs` is the arrival. */
  append(input: string, values: readonly Uint8Array[], atMs: number): Promise<void>
  /** The stored records of an input as a partition. */
  partition(input: string, pipeline: string): Partition
  /** Bytes that may still be taken; 0 means: ask the sender to wait. */
  room(): number
}

/** What a source may use of the outside. */
export interface SourcePorts {
  readonly pipeline: string
  readonly now: () => number
  readonly journal: Journal
  readonly ingest: IngestPort
  /** Where file identities and generations are remembered over restarts. */
  readonly memory: SourceMemory
  /** Called for what a person should know and that does not stop the source. */
  readonly report: (error: LogpipeError) => void
}

/** Small facts that a source keeps over restarts, written in the next commit. */
export interface SourceMemory {
  get(key: string): Json | undefined
  set(key: string, value: Json): void
}

/** Where the HTTP server hands over what was posted. Set by a source, called by `server`. */
export interface IngestPort {
  /** `accept` resolves once stored; `full` asks the sender to come again. */
  register(path: string, accept: (body: Uint8Array, contentType: string) => Promise<IngestOutcome>): void
}

export type IngestOutcome =
  | { readonly status: 'stored'; readonly records: number }
  | { readonly status: 'full'; readonly retryAfterMs: number }
  | { readonly status: 'refused'; readonly reason: string }

export interface SourceDefinition<Config extends z.ZodType = z.ZodType> extends Definition<Config> {
  build(config: z.output<Config>, ports: SourcePorts): RecordInput
}

export function defineSource<Config extends z.ZodType>(definition: SourceDefinition<Config>): SourceDefinition<Config> {
  return definition
}

// --- parse ------------------------------------------------------------------------------------------------------

/** Records to events for one source, with the state that this needs: open line joins, the format found last. */
export interface Parser {
  /** Appends the events of the records to `events`, which was reset to them. Never throws. */
  parse(records: RecordBatch, events: EventBatch): void
  /** Ends all open joins; `events` was reset to an empty batch at the position. */
  flush(events: EventBatch): void
  /** True if a join is open: its lines are not yet in any event. */
  readonly hasOpenJoins: boolean
  /** Position of the first line of all open joins: events to come begin there or later. Undefined: none is open. */
  readonly openFrom: bigint | undefined
  /** Canonical bytes of the state. */
  save(): Uint8Array
  restore(state: Uint8Array): void
}

/** A built parse stage. */
export interface ParseStage {
  parserFor(source: Source): Parser
}

// --- derive -----------------------------------------------------------------------------------------------------

/** Units of metric outputs and of fields; `above: 5%` fits `share` alone. */
export type MetricUnit = 'count' | 'share' | 'ns' | 'bytes' | 'per_second' | 'number'

/** The fold of one metric definition. Cells are integers in a row; see `FrameDerive`. */
export interface DeriveFold {
  readonly windowMs: number
  /** Rows that take part beside what `where` says; absent: all. They are chosen before cells are looked up. */
  readonly takes?: RowFilter | undefined
  /** Rows worth showing in an alert, of those that take part; absent: all. */
  readonly notable?: RowFilter | undefined
  /**
   * Adds rows to cells. `cellOf[i]` is where the own columns of the cell of `rows[i]` begin in `cells`; `bags[i]` is
   * its bag if `keepsValues`. All cells exist before the call. The count of rows is kept by the caller.
   */
  fold(batch: EventBatch, rows: Int32Array, cells: Float64Array, cellOf: Int32Array, bags: readonly Bag[]): void
  /** Adds cell `b` to `a`, both begin at the given places: commutative and associative. Bags are merged by the caller. */
  merge(a: Float64Array, atA: number, b: Float64Array, atB: number): void
  /**
   * Output values of a window; NaN is "no value". `count` is the number of rows; `bag` is empty unless `keepsValues`.
   * `at` is where the own columns begin.
   */
  metrics(
    cells: Float64Array,
    at: number,
    window: { count: number; windowMs: number; bag: Bag },
  ): Record<string, number>
}

/** A method, so that definitions of any config fit one list. */
type OutputsOf<Config extends z.ZodType> = {
  outputs(config: z.output<Config>): Readonly<Record<string, MetricUnit>>
}['outputs']

export interface DeriveDefinition<Config extends z.ZodType = z.ZodType> extends Definition<Config> {
  /** Raised when a cell changes its meaning; the version before stays readable. */
  readonly stateVersion: number
  /** Columns of a cell after the count. */
  readonly cell: readonly string[]
  /** Output name to unit: the metric `<id>.<output>`. A function of the config where the unit follows from a field. */
  readonly outputs: Readonly<Record<string, MetricUnit>> | OutputsOf<Config>
  /** Numeric fields that a row must have to take part; others are left out before `fold`. */
  requires(config: z.output<Config>): readonly string[]
  /** Each cell has a bag of values, for percentiles. */
  readonly keepsValues: boolean
  build(config: z.output<Config>): DeriveFold
}

export function defineDerive<Config extends z.ZodType>(definition: DeriveDefinition<Config>): DeriveDefinition<Config> {
  return definition
}

// --- alert ------------------------------------------------------------------------------------------------------

/** One series of a metric as a condition rule sees it. */
export interface Points {
  /** Ticks are multiples of this. */
  readonly tickMs: number
  /** Value of the window that ends at tick `t` (epoch ms); NaN: no value. */
  at(t: number): number
  /** Rows in that window. */
  count(t: number): number
}

export interface Verdict {
  readonly isTrue: boolean
  readonly value: number
  /** A closed word: `above`, `within`, `no_value`, `recovering` ... */
  readonly reason: string
}

/** Answers at each tick and instance; `for`, states and episodes are the unit's work. */
export interface ConditionRule {
  readonly kind: 'condition'
  /** `wasTrue`: the answer at the tick before, for hysteresis. */
  evaluate(points: Points, t: number, wasTrue: boolean): Verdict
}

/** One key's memory of an occurrence rule, canonical JSON. */
export interface OccurrenceRule {
  readonly kind: 'occurrence'
  /** How far back a key's matches matter, ms; 0: each match stands alone. */
  readonly windowMs: number
  /** Takes the times (epoch ms) that a key holds, sorted, the new one included; true empties them and is an occurrence. */
  occurs(times: readonly number[]): boolean
}

/** What a rule compiles to: what it watches, and how it answers. */
export interface CompiledRule {
  readonly rule: ConditionRule | OccurrenceRule
  /** For short forms: the anonymous derive they bring. Its id is the rule's. */
  readonly derive?: { readonly type: string; readonly config: Record<string, unknown>; readonly output: string }
  /** For rules that watch a metric: `<derive id>.<output>`. */
  readonly metric?: string
  /** How far before a tick the rule asks for points, ms; absent: not at all. */
  readonly lookBackMs?: number
  /** The rule answers for keys without events, too, from this long after a key's first event. */
  readonly silence?: { readonly windowMs: number; readonly forgetsKeys: boolean }
  /** Keys that are watched from the start, before they were seen: `by` values. */
  readonly expected?: readonly Readonly<Record<string, string>>[]
  /** Limit shown as `threshold` of the alert; NaN if there is none. */
  readonly threshold: number
}

export interface AlertDefinition<Config extends z.ZodType = z.ZodType> extends Definition<Config> {
  readonly kind: 'condition' | 'occurrence'
  build(config: z.output<Config>): CompiledRule
}

export function defineAlert<Config extends z.ZodType>(definition: AlertDefinition<Config>): AlertDefinition<Config> {
  return definition
}

// --- sink -------------------------------------------------------------------------------------------------------

/** A built sink of events. Metrics, alerts and dead letters leave through `UnitLog.commit`. */
export interface EventSink {
  /** Takes rows [from, batch.count); resolves once they are durable, or will be with the next commit (`store`). Rejects with LP_SINK_WRITE. */
  write(batch: EventBatch, from: number): Promise<void>
  /** Flushes and closes; harmless before the first write and twice. */
  stop(): Promise<void>
}

export interface SinkPorts {
  readonly stdout: (bytes: Uint8Array) => Promise<void>
  readonly store: EventSink
}

/** What an entry of `outputs:` may take. */
export type DocumentKind = 'metrics' | 'alerts' | 'dead_letters'

export interface SinkDefinition<Config extends z.ZodType = z.ZodType> extends Definition<Config> {
  build(config: z.output<Config>, ports: SinkPorts): EventSink
  /** For `outputs:`; absent: it takes events alone. */
  readonly documents?: {
    readonly kinds: readonly DocumentKind[]
    /** What it gives takes JSON documents; it may get one again after a crash. */
    build(config: z.output<Config>, ports: SinkPorts): (documents: readonly string[]) => Promise<void>
  }
}

export function defineSink<Config extends z.ZodType>(definition: SinkDefinition<Config>): SinkDefinition<Config> {
  return definition
}

// --- notify -----------------------------------------------------------------------------------------------------

/** One message of the alerts topic: a webhook v4 body with one alert (`alert/record.ts`). */
export interface Notice {
  /** `<alertId>:<revision>`: equal for every try. */
  readonly idempotencyKey: string
  readonly body: string
}

export interface Channel {
  /** Resolves when delivered; rejects with LP_NOTIFY_SEND, `retryable` as the answer says. */
  send(notice: Notice, signal: AbortSignal): Promise<void>
}

export interface ChannelPorts {
  readonly fetch: typeof fetch
  readonly write: (line: string) => void
  /** Of what a notice says beside the texts of its rule. */
  readonly language: 'en' | 'zh-CN'
}

export interface ChannelDefinition<Config extends z.ZodType = z.ZodType> extends Definition<Config> {
  build(config: z.output<Config>, ports: ChannelPorts): Channel
}

export function defineChannel<Config extends z.ZodType>(
  definition: ChannelDefinition<Config>,
): ChannelDefinition<Config> {
  return definition
}

// --- all of them ------------------------------------------------------------------------------------------------

/** What lists, config and the reference need of a format. */
export interface FormatSummary {
  readonly name: string
  readonly summary: string
  readonly example: string
}

/** All components of a build, as `registry` lists them: how a room that may not import a stage gets to know it. */
export interface Components {
  readonly sources: readonly SourceDefinition[]
  readonly formats: readonly FormatSummary[]
  readonly derives: readonly DeriveDefinition[]
  readonly alerts: readonly AlertDefinition[]
  readonly channels: readonly ChannelDefinition[]
  readonly sinks: readonly SinkDefinition[]
  /** Keys of an entry of `parse:`; `type` is `auto` or the name of a format. */
  readonly parse: z.ZodObject
  /** Keys of every rule beside `type` and what its type adds. */
  readonly rule: z.ZodObject
  /** What is wrong between the keys of a rule; `keys` and `config` are outputs of `rule` and of the config of its type. */
  ruleFaults(
    definition: AlertDefinition,
    keys: Readonly<Record<string, unknown>>,
    config: Readonly<Record<string, unknown>>,
  ): readonly { readonly key: string; readonly message: string }[]
}
