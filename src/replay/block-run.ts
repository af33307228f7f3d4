import type { ParseStage, Parser } from '../core/component.ts'
import type { Labels } from '../core/fingerprint.ts'
import { EventBatch, EventTables, type Json, type JsonObject } from '../core/event-batch.ts'
import type { Frame } from '../core/frame.ts'
import { documentOf } from '../core/log-event.ts'
import { paneStart } from '../core/pane.ts'
import type { CompiledDerive } from '../core/program.ts'
import { hashFields } from '../core/id.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import type { TestBlock } from '../core/test-block.ts'
import type { Decision, Output, Unit } from '../core/unit.ts'
import { writeGiven } from './generated-events.ts'
import { recordBatchOf, type GivenEvent, type GivenRecord, type Group } from './given.ts'
import { seriesFrames, withSeries } from './given-series.ts'

/** A change of an instance, as the alert stage tells it. */
export interface BlockTransition {
  readonly kind: 'pending' | 'firing' | 'updated' | 'resolved'
  readonly rule: string
  readonly labels: Labels
  readonly annotations: Labels
  /** The tick, epoch ms. */
  readonly t: number
}

/** A pending or firing instance. */
export interface BlockAlert {
  readonly state: 'pending' | 'firing'
  readonly episode: { readonly labels: Labels; readonly annotations: Labels }
}

export interface BlockAlertUnit<State> extends Unit<State, Frame, Output> {
  alerts(state: State): readonly BlockAlert[]
  /** The next tick at which something may happen, epoch ms; Infinity: none. */
  nextTick(state: State): number
}

/** The built stages that a block runs through; `app` makes them. */
export interface BlockStages<DeriveState extends { readonly late: number }, AlertState> {
  readonly pipeline: string
  /** Fields that every event has, as those of a source. */
  readonly constants: Source['constants']
  readonly tickMs: number
  readonly configHash: string
  readonly derives: readonly CompiledDerive[]
  /** `checksTimes`: false leaves times far from the record time as they are. Undefined: raw records cannot be read. */
  parse(tables: EventTables, checksTimes: boolean): ParseStage | undefined
  deriveUnit(source: Source): Unit<DeriveState, EventBatch, Frame>
  alertUnit(
    derives: readonly CompiledDerive[],
    onTransition: (transition: BlockTransition) => void,
  ): BlockAlertUnit<AlertState>
}

/** What came of a block. */
export interface BlockOutcome {
  /** Documents of parsed events, in the order of their records; generated ones only if they were asked for. */
  readonly events: JsonObject[]
  /** Newest revision by id. */
  readonly metrics: Map<string, JsonObject>
  readonly alerts: Map<string, JsonObject>
  readonly transitions: BlockTransition[]
  /** By the times asked for, epoch ms: all pending and firing instances. */
  readonly active: Map<number, readonly BlockAlert[]>
  readonly deadLetters: JsonObject[]
  readonly drops: Map<string, number>
  /** Events that came behind the watermark. */
  late: number
}

export interface RunOptions {
  readonly block: TestBlock
  /** Groups of each partition, in the order of arrival. */
  readonly partitions: readonly (readonly Group[])[]
  /** Size of the next batch. */
  readonly cut: () => number
  readonly keepsGenerated: boolean
}

/** How long time runs on after the newest event if a block does not say. */
const longestMs = 24 * 3_600_000

/** A source of a block: its partition `n`. */
export function blockSource(stages: Pick<BlockStages<never, never>, 'pipeline' | 'constants'>, n: number): Source {
  const id = `test-${n}`
  const { pipeline, constants } = stages
  return { id, name: id, pipeline, constants, isFile: false, idHead: hashFields([id], 6), idTail: undefined }
}

/**
 * Runs a block through the stages on virtual time: all partitions are read to their end first, then a source without
 * events moves the watermark tick by tick, so that what is pending or firing can be seen at any tick.
 */
export function runBlock<DeriveState extends { readonly late: number }, AlertState>(
  stages: BlockStages<DeriveState, AlertState>,
  options: RunOptions,
): BlockOutcome {
  const run = new BlockRun(stages, options)
  run.readAll()
  run.runOn()
  return run.outcome
}

const clockSource = 'clock'

class BlockRun<DeriveState extends { readonly late: number }, AlertState> {
  readonly outcome: BlockOutcome = {
    events: [],
    metrics: new Map(),
    alerts: new Map(),
    transitions: [],
    active: new Map(),
    deadLetters: [],
    drops: new Map(),
    late: 0,
  }
  readonly #stages: BlockStages<DeriveState, AlertState>
  readonly #options: RunOptions
  readonly #tables = new EventTables()
  readonly #derives: readonly CompiledDerive[]
  readonly #alertUnit: BlockAlertUnit<AlertState>
  readonly #alertState: AlertState
  readonly #events = new EventBatch(this.#tables)
  #newestMs: number

  constructor(stages: BlockStages<DeriveState, AlertState>, options: RunOptions) {
    const { given, startMs } = options.block
    this.#stages = stages
    this.#options = options
    this.#newestMs = startMs
    this.#derives = withSeries(stages.derives, given)
    this.#alertUnit = stages.alertUnit(this.#derives, (transition) => this.outcome.transitions.push(transition))
    this.#alertState = this.#alertUnit.initial()
  }

  readAll(): void {
    const { block, partitions } = this.#options
    const { tickMs, pipeline, configHash } = this.#stages
    const { startMs } = block
    const head = { pipeline, configHash, startMs, tickMs }
    const series = seriesFrames(block.given, this.#derives, { source: 'series', ...head })
    const sources = partitions.flatMap((groups, n) => (groups.length > 0 ? [`test-${n}`] : []))
    const add = [clockSource, ...sources, ...(series.length > 0 ? ['series'] : [])]
    this.#alertUnit.decide(this.#alertState, decision('sources', { add }), this.#output)
    this.#moveClock(paneStart(startMs, tickMs), false)
    for (const frame of series) this.#take(frame)
    this.#newestMs = Math.max(this.#newestMs, ...series.slice(-1).map(({ at }) => at))
    partitions.forEach((groups, n) => {
      if (groups.length > 0) this.#readPartition(groups, blockSource(this.#stages, n))
    })
  }

  /** Lets time pass: to exactly the time that the block says, or until nothing is scheduled. */
  runOn(): void {
    const { advanceToMs, expect } = this.#options.block
    const times = new Set((expect.alerts ?? []).map(({ atMs }) => atMs))
    const end = advanceToMs ?? this.#newestMs + longestMs
    for (const time of [...times].sort((a, b) => a - b)) {
      if (time > end) break
      this.#advance(time)
      this.outcome.active.set(time, this.#alertUnit.alerts(this.#alertState))
    }
    this.#advance(end)
    this.#moveClock(advanceToMs ?? this.#clockMs, true)
  }

  #clockMs = -Infinity

  #advance(toMs: number): void {
    if (this.#options.block.advanceToMs !== undefined) return this.#moveClock(toMs, false)
    for (;;) {
      const next = this.#alertUnit.nextTick(this.#alertState)
      if (!(next <= toMs) || next <= this.#clockMs) break
      this.#moveClock(next, false)
    }
  }

  #moveClock(toMs: number, isEnd: boolean): void {
    this.#clockMs = Math.max(this.#clockMs, toMs)
    const { pipeline, configHash } = this.#stages
    const place = { offset: 0n, sub: 0 }
    const head = { source: clockSource, pipeline, configHash, from: place, to: place }
    this.#take({
      ...head,
      earliest: Infinity,
      at: this.#clockMs,
      watermark: this.#clockMs,
      isEnd,
      derives: [],
      matches: [],
      samples: [],
    })
  }

  #readPartition(groups: readonly Group[], source: Source): void {
    const unit = this.#stages.deriveUnit(source)
    const parser = this.#stages.parse(this.#tables, true)?.parserFor(source)
    const state = unit.initial()
    const items = groups.flatMap((group) => group.items)
    const step = (keeps: boolean): void => {
      this.#note(keeps)
      unit.step(state, this.#events, (frame) => this.#take(frame))
    }
    let from = 0
    while (from < items.length) {
      const part = partOf(items, from, this.#options.cut())
      this.#fill(part, parser, { base: BigInt(from), source })
      step(isRecord(part[0]!) || this.#options.keepsGenerated)
      from += part.length
    }
    this.#events.reset(new RecordBatch(source, new Uint8Array(0), BigInt(from), 0))
    parser?.flush(this.#events)
    step(true)
    const { advanceToMs } = this.#options.block
    const until = advanceToMs === undefined ? {} : { until: advanceToMs }
    unit.decide(state, decision('end', until, BigInt(from)), (frame) => this.#take(frame))
    this.outcome.late += state.late
  }

  /** Fills the batch with the events of a part, which holds items of one kind. */
  #fill(part: readonly GivenItem[], parser: Parser | undefined, at: { base: bigint; source: Source }): void {
    if (!part.every(isRecord)) {
      writeGiven(this.#events, at.source, { base: at.base, given: part.filter(isEvent) })
      return
    }
    const records = recordBatchOf(part, at.source, { base: at.base })
    this.#events.reset(records)
    parser?.parse(records, this.#events)
  }

  #note(keepsEvents: boolean): void {
    const { events, drops, deadLetters } = this.outcome
    const batch = this.#events
    for (let row = 0; row < batch.count; row++) {
      this.#newestMs = Math.max(this.#newestMs, batch.time[row]!)
      if (keepsEvents) events.push(documentOf(batch, row))
    }
    for (const [reason, count] of batch.drops) drops.set(reason, (drops.get(reason) ?? 0) + count)
    for (const { record, reason, stage, error } of batch.dead) {
      const { bytes, valueStart, valueEnd } = batch.records
      const value = Buffer.from(bytes.subarray(valueStart[record], valueEnd[record])).toString('utf8')
      deadLetters.push({ reason, stage, error, value })
    }
  }

  #take(frame: Frame): void {
    this.#alertUnit.step(this.#alertState, frame, this.#output)
  }

  readonly #output = ({ stage, id, value }: Output): void => {
    const documents = stage === 'metric' ? this.outcome.metrics : this.outcome.alerts
    documents.set(id, JSON.parse(value) as JsonObject) // Outputs are documents.
  }
}

type GivenItem = GivenRecord | GivenEvent

function isRecord(item: GivenItem): item is GivenRecord {
  return 'value' in item
}

function isEvent(item: GivenItem): item is GivenEvent {
  return !isRecord(item)
}

/** The next items, all of one kind: at most `size`, at least one. */
function partOf(items: readonly GivenItem[], from: number, size: number): GivenItem[] {
  const kind = isRecord(items[from]!)
  let to = from + 1
  while (to < items.length && to - from < size && isRecord(items[to]!) === kind) to++
  return items.slice(from, to)
}

function decision(kind: Decision['kind'], value: Json, offset = 0n): Decision {
  return { epoch: 1, position: { offset, sub: 0 }, ordinal: 1, kind, value, wallMs: 0 }
}
