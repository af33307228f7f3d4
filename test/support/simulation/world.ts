import { pino } from 'pino'
import { ByteWriter } from '../../../src/core/byte-writer.ts'
import type { Clock, VirtualClock } from '../../../src/core/clock.ts'
import type { EventSink, Partition, ReadResult, RecordInput } from '../../../src/core/component.ts'
import { EventEncoder } from '../../../src/core/encode-event.ts'
import { EventTables, type EventBatch } from '../../../src/core/event-batch.ts'
import { eventId } from '../../../src/core/id.ts'
import type { Claim, Commit, CommitOutcome, Decision, Entry, UnitLog } from '../../../src/core/unit.ts'
import { createAlertUnit } from '../../../src/alert/unit.ts'
import { configDecisionValue, type AlertState } from '../../../src/alert/state.ts'
import type { DeriveState } from '../../../src/derive/state.ts'
import { createDeriveUnit } from '../../../src/derive/unit.ts'
import { ParseConfig, settingsOf } from '../../../src/parse/config.ts'
import { createParseStage } from '../../../src/parse/parser.ts'
import { formats } from '../../../src/registry.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import type { CommitPace } from '../../../src/topology/committer.ts'
import { alertUnitName, Engine } from '../../../src/topology/engine.ts'
import type { FakeUnitLog } from '../fake-unit-log.ts'
import { partitionOf, type Stream } from './partition.ts'
import { DrivenClock } from './driven-clock.ts'
import type { Dice } from './random.ts'
import { changedEngines, shopEngines } from './story.ts'

const configs = [shopEngines(), changedEngines()] as const
const [first, changed] = configs
const telemetry = new Telemetry(new Metrics(), pino({ level: 'silent' }))
const parseSettings = settingsOf('auto', ParseConfig.parse({ keep_original: 'never' }))
const usual = formats.filter(({ name }) => ['nginx_access', 'python_logging', 'logfmt', 'text'].includes(name))

/** What goes wrong in the life of one engine. Calls of its ports are counted from 1. */
export interface LifePlan {
  /** In the middle of this call the process is gone: before or after its effect. */
  readonly crashAtCall?: number
  /** `stop` is called at the beginning of this call. */
  readonly stopAtCall?: number
  /** Share of reads that fail, find nothing for now, or take long. */
  readonly badReads: number
  /** At the beginning of this call another configuration is wanted, in this life and those after. */
  readonly reloadAtCall?: number
  /** Sources that are not found in this life. */
  readonly hidden?: ReadonlySet<string>
  /** The sources that are not found will not come back. */
  readonly isForGood?: boolean
}

export interface WorldSettings {
  readonly streams: readonly Stream[]
  readonly log: FakeUnitLog
  readonly clock: VirtualClock
  readonly dice: Dice
  /** Records in a read, at most. */
  readonly mostRecords: number
  readonly pace: CommitPace
  /** When a source is first found, epoch ms; absent: from the start. */
  readonly foundAtMs?: ReadonlyMap<string, number>
}

export type Ending = 'done' | 'crashed' | 'failed'

/** What outlives engines: the inputs, the log, the event store, and a pipe that takes what it gets. */
export class World {
  readonly #settings: WorldSettings
  /** Events that were committed: id to document. */
  readonly events = new Map<string, string>()
  /** All that the pipe got, with its repeats. */
  readonly piped = new Map<string, string>()
  /** Ids that came with two documents, or into the store twice. */
  readonly violations: string[] = []
  readonly happened = { readError: 0, emptyRead: 0, slowRead: 0, timersLeft: 0, handedOver: 0 }
  /** Blank records that were dropped, repeats included. */
  drops = 0
  error: unknown
  /** The configuration that is wanted: what the files say. */
  isChanged = false

  constructor(settings: WorldSettings) {
    this.#settings = settings
  }

  /** Runs one engine until it has ended, has failed, or is gone. */
  async live(plan: LifePlan): Promise<{ ending: Ending; calls: number }> {
    const life = new Life(plan)
    const clock = new DrivenClock(this.#settings.clock)
    life.onReload = () => (this.isChanged = true)
    const ending = await Promise.race([
      life.crashed,
      this.#run(life, clock).then(
        (): Ending => 'done',
        (error: unknown): Ending => {
          this.error = error
          return 'failed'
        },
      ),
    ])
    life.end(() => this.violations.push(`a call after the engine ${ending}`))
    if (ending !== 'crashed') this.happened.timersLeft += clock.waiting
    return { ending, calls: life.calls }
  }

  /** One engine after the other, as configurations come into force. */
  async #run(life: Life, clock: Clock): Promise<void> {
    for (;;) {
      const outside = this.#outside(life)
      const claim = await outside.log.claim(alertUnitName)
      const engine = this.#engine({ life, clock, claim, ...outside })
      life.onStop = () => engine.stop()
      if (life.isStopped) engine.stop()
      if ((await engine.run()) === 'over') return
      this.happened.handedOver++
    }
  }

  #engine({ life, clock, claim, log, sinks }: EngineParts): Engine<DeriveState, AlertState> {
    const { pace } = this.#settings
    const tables = new EventTables()
    const hash = claim.snapshots[0]?.configHash
    const engines = configs.find(({ alertProgram }) => alertProgram.configHash === hash) ?? first
    const { outOfOrderMs } = engines.deriveProgram()
    return new Engine({
      pipelines: [
        { name: 'shop', input: this.#input(life), parse: createParseStage(parseSettings, usual, tables), sinks },
      ],
      deriveUnit: ({ id }) => createDeriveUnit({ program: engines.deriveProgram(), source: id, pipeline: 'shop' }),
      alertUnit: createAlertUnit(engines.alertProgram),
      log,
      tables,
      clock,
      telemetry,
      configHash: engines.alertProgram.configHash,
      tickMs: engines.alertProgram.tickMs,
      outOfOrderMs,
      idleAfterMs: outOfOrderMs,
      joinTimeoutMs: 2000,
      pollMs: 2000,
      batchBytes: 1 << 16,
      pace,
      mask: (events) => {
        for (const n of events.drops.values()) this.drops += n
      },
      bury: () => this.violations.push('a dead letter'),
      onCommitted: () => {},
      pause: () => Promise.resolve(),
      report: () => {},
      claim,
      isKept: () => true,
      wantedHash: () => (this.isChanged ? changed : first).alertProgram.configHash,
      configDecision: () => configDecisionValue((this.isChanged ? changed : first).alertProgram),
    })
  }

  #input(life: Life): RecordInput {
    const { streams, foundAtMs, clock } = this.#settings
    const partitions = new Map<string, Partition>()
    function found(): Stream[] {
      return streams.filter(({ source }) => {
        return life.plan.hidden?.has(source.id) !== true && clock.now() >= (foundAtMs?.get(source.id) ?? -Infinity)
      })
    }
    return {
      get isBounded() {
        const expected = streams.filter(({ source }) => {
          return life.plan.isForGood !== true || life.plan.hidden?.has(source.id) !== true
        })
        return found().length === expected.length
      },
      discover: () =>
        life.during(() => {
          for (const stream of found()) {
            const { id } = stream.source
            if (!partitions.has(id))
              partitions.set(
                id,
                partitionOf(stream, (from) => this.#read(life, stream, from)),
              )
          }
          return [...partitions.values()]
        }),
      stop: () => Promise.resolve(),
    }
  }

  #read(life: Life, stream: Stream, from: bigint): Promise<ReadResult> {
    const { dice, clock, mostRecords } = this.#settings
    return life.during(() => {
      const nothing = { ...stream.read(from, { dice, most: 1, nowMs: -Infinity }), isAtEnd: false, isFinished: false }
      if (dice.chance(life.plan.badReads)) {
        const kind = dice.between(0, 2)
        if (kind === 0) {
          this.happened.readError++
          throw new Error('input/output error')
        }
        if (kind === 1) {
          this.happened.emptyRead++
          return nothing
        }
        const result = stream.read(from, { dice, most: mostRecords, nowMs: clock.now() })
        this.happened.slowRead++
        clock.advanceTo(clock.now() + dice.between(1000, 30_000))
        return result
      }
      return stream.read(from, { dice, most: mostRecords, nowMs: clock.now() })
    })
  }

  /** The log and the sinks as one engine sees them: what it wrote and did not commit goes with it. */
  #outside(life: Life): { log: UnitLog; sinks: EventSink[] } {
    const { log } = this.#settings
    const pending = new Map<string, string>()
    const store = sinkOf(life, (id, doc) => {
      if (this.events.has(id) || pending.has(id)) this.violations.push(`${id} came twice`)
      pending.set(id, doc)
    })
    const pipe = sinkOf(life, (id, doc) => {
      if ((this.piped.get(id) ?? doc) !== doc) this.violations.push(`${id} was piped with two contents`)
      this.piped.set(id, doc)
    })
    const commit = async (parts: readonly { claim: Claim; commit: Commit }[]): Promise<CommitOutcome> => {
      const lost = log.faults.unknown_after
      const outcome = await log.commit(parts)
      if (outcome === 'committed' || log.faults.unknown_after > lost) {
        for (const [id, doc] of pending) this.events.set(id, doc)
        pending.clear()
      }
      return outcome
    }
    return {
      log: {
        claim: (unit) => life.during(() => log.claim(unit)),
        decide: (claim, decision: Decision) => life.during(() => log.decide(claim, decision)),
        commit: (parts) => life.during(() => commit(parts)),
        resolve: (claim) => life.during(() => log.resolve(claim)),
        units: () => life.during(() => log.units()),
        changes: (claim, after) => during(life, log.changes(claim, after)),
        frames: (claim, after) => during(life, log.frames(claim, after)),
      },
      sinks: [store, pipe],
    }
  }
}

interface EngineParts {
  readonly life: Life
  readonly clock: Clock
  readonly claim: Claim
  readonly log: UnitLog
  readonly sinks: EventSink[]
}

/** The process of one engine. Each call of a port passes here on its way in and out. */
class Life {
  readonly plan: LifePlan
  readonly crashed: Promise<Ending>
  onStop = (): void => {}
  onReload = (): void => {}
  isStopped = false
  #calls = 0
  #isOver = false
  #onLate = (): void => {}
  #crash!: (ending: Ending) => void

  constructor(plan: LifePlan) {
    this.plan = plan
    this.crashed = new Promise((resolve) => {
      this.#crash = resolve
    })
  }

  /** `onLate` is told of each call that comes all the same. */
  end(onLate: () => void): void {
    if (!this.#isOver) this.#onLate = onLate
    this.#isOver = true
  }

  get calls(): number {
    return this.#calls
  }

  async during<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    const call = ++this.#calls
    if (this.#isOver) {
      this.#onLate()
      return gone()
    }
    if (call === this.plan.reloadAtCall) this.onReload()
    if (call === this.plan.stopAtCall) {
      this.isStopped = true
      this.onStop()
    }
    const isLast = call === this.plan.crashAtCall
    if (isLast && call % 2 === 0) return this.#die()
    await Promise.resolve()
    const result = await run()
    return isLast ? this.#die() : result
  }

  #die(): Promise<never> {
    this.#isOver = true
    this.#crash('crashed')
    return gone()
  }
}

/** One call for all entries of a log. */
async function* during(life: Life, entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  yield* await life.during(async () => {
    const all: Entry[] = []
    for await (const entry of entries) all.push(entry)
    return all
  })
}

/** A call that never returns. */
function gone(): Promise<never> {
  return new Promise(() => {})
}

function sinkOf(life: Life, take: (id: string, doc: string) => void): EventSink {
  const encoder = new EventEncoder()
  const out = new ByteWriter()
  function write(batch: EventBatch, from: number): void {
    const { records } = batch
    for (let row = from; row < batch.count; row++) {
      out.reset()
      encoder.encode(batch, row, row + 1, out)
      const position = records.base + BigInt(batch.offset[row]!)
      const id = eventId(records.source, position, batch.recordTime[row]!, batch.sub[row]!)
      take(`${records.source.id} ${position} ${id}`, Buffer.from(out.written()).toString('utf8').trimEnd())
    }
  }
  return { write: (batch, from) => life.during(() => write(batch, from)), stop: () => Promise.resolve() }
}
