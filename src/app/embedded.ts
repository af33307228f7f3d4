import type { Transition } from '../alert/publish.ts'
import { createAlertUnit, type ActiveAlert, type AlertUnit } from '../alert/unit.ts'
import { configDecisionValue, type AlertState } from '../alert/state.ts'
import type { Pipeline } from '../config/pipeline.ts'
import type { Project } from '../config/project.ts'
import type { Clock } from '../core/clock.ts'
import type { EventSink, RecordInput, SourcePorts } from '../core/component.ts'
import { isLogpipeError, LogpipeError } from '../core/error.ts'
import { EventTables, type EventBatch } from '../core/event-batch.ts'
import type { Claim } from '../core/unit.ts'
import { createDeriveUnit } from '../derive/unit.ts'
import type { DeriveState } from '../derive/state.ts'
import { settingsOf, type ParseConfig } from '../parse/config.ts'
import { createParseStage } from '../parse/parser.ts'
import { formats, sinks } from '../registry.ts'
import type { Store } from '../state/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { alertUnitName, Engine, type EnginePipeline } from '../topology/engine.ts'
import { compileProject, type Program } from './compile.ts'
import { keyOf, Inputs, pastInput, type IngestRoutes } from './inputs.ts'
import { known } from './known.ts'
import { withOutputs } from './outputs.ts'
import { StoredConfigs } from './stored-configs.ts'

export interface EmbeddedOptions {
  readonly store: Store
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly ingest: IngestRoutes
  /** Writes to standard output; resolves once it is taken. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>
  readonly version: string
  /** Name of this process in dead letters. */
  readonly instance: string
  /** After each commit: alerts that were published are in the store. */
  readonly onCommitted?: () => void
  readonly onEvents?: (events: EventBatch) => void
  readonly onTransition?: (transition: Transition) => void
  /** Events go to the store alone, whatever other sinks there are. */
  readonly isStoreOnly?: boolean
  /** Replaces the inputs that config names, for replay and tests. */
  readonly inputOf?: (pipeline: Pipeline, ports: SourcePorts) => RecordInput
}

export interface EngineStatus {
  /** The units stand where the last run left them, and records flow. */
  readonly isRestored: boolean
  /** Epoch ms; -Infinity before all sources have reported. */
  readonly watermarkMs: number
  readonly alerts: readonly ActiveAlert[]
  readonly sources: readonly {
    readonly name: string
    readonly position: bigint
    readonly end: bigint
    readonly watermarkMs: number
    readonly isAtEnd: boolean
  }[]
}

/** A project that runs on the embedded store. */
export interface Running {
  /** Resolves when all inputs have ended or after `stop`; rejects when it cannot go on. */
  readonly done: Promise<void>
  /** Ends after the batch under way, with a commit and a snapshot; resolves with `done`. Harmless twice. */
  stop(): Promise<void>
  status(): EngineStatus
  /** Something new may be there to read. */
  nudge(): void
  /**
   * Brings another configuration into force; what it does not change keeps its state. Resolves to false if it was not by
   * the time that `patience` ends: then the old one stays. Rejects with LP_CONFIG_INVALID if it cannot be built.
   */
  reload(project: Project, patience?: AbortSignal): Promise<boolean>
}

/** How much of an input is read at once. */
const batchBytes = 1 << 18

const pace = {
  commitEveryMs: 500,
  commitEveryBytes: 1 << 25,
  snapshotEveryMs: 30_000,
  snapshotEveryBytes: 1 << 27,
}

/**
 * Runs a project until its inputs end or `stop` is called. What a run before did under another configuration is done
 * again under that one, and only then does the project come into force. A lost claim restarts the units once from their
 * own state.
 */
export function startEmbedded(project: Project, options: EmbeddedOptions): Running {
  const driver = new Driver(project, options)
  const done = driver.run()
  return {
    done,
    async stop() {
      driver.stop()
      await done
    },
    status: () => driver.status(),
    nudge: () => driver.nudge(),
    reload: (next, patience) => driver.reload(next, patience),
  }
}

type EmbeddedEngine = Engine<DeriveState, AlertState>

interface Part {
  readonly project: Project
  readonly engine: EmbeddedEngine
  readonly alertUnit: AlertUnit
  readonly pipelines: readonly { readonly built: EnginePipeline; readonly pipeline: Pipeline }[]
}

/** One engine after the other: each has one configuration. */
class Driver {
  readonly #options: EmbeddedOptions
  readonly #configs: StoredConfigs
  readonly #inputs: Inputs
  /** Told when the wanted configuration is in force. */
  #onForce: (() => void)[] = []
  #wanted: { readonly project: Project; readonly program: Program }
  #part: Part | undefined
  #isStopped = false

  constructor(project: Project, options: EmbeddedOptions) {
    const { clock, store, telemetry } = options
    this.#options = options
    this.#wanted = { project, program: compileProject(project) }
    this.#configs = new StoredConfigs(store.memory)
    const report = (error: LogpipeError): void => telemetry.reported(error)
    const ports = { now: () => clock.now(), journal: store.journal, memory: store.memory, report }
    this.#inputs = new Inputs(ports, options.ingest)
  }

  async run(): Promise<void> {
    let mayRetry = true
    for (;;) {
      const part = await this.#start()
      this.#part = part
      if (this.#isStopped) part.engine.stop()
      try {
        if (this.#isInForce) for (const tell of this.#onForce.splice(0)) tell()
        if ((await part.engine.run()) === 'over') return
        await this.#release(part)
      } catch (error) {
        for (const { pipeline } of part.pipelines) this.#inputs.drop(pipeline)
        if (!isLogpipeError(error) || error.code !== 'LP_STATE_FENCED' || this.#isStopped || !mayRetry) throw error
        mayRetry = false
        this.#options.telemetry.reported(error)
      }
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#part?.engine.stop()
  }

  nudge(): void {
    this.#part?.engine.nudge()
  }

  status(): EngineStatus {
    if (this.#part === undefined) return { isRestored: false, watermarkMs: -Infinity, alerts: [], sources: [] }
    return statusOf(this.#part.engine, this.#part.alertUnit)
  }

  async reload(project: Project, patience?: AbortSignal): Promise<boolean> {
    const before = this.#wanted
    this.#wanted = { project, program: compileProject(project) }
    if (this.#isInForce) return true
    return await new Promise((resolve) => {
      const settle = (): void => resolve(this.#isInForce && this.#wanted.project === project)
      this.#onForce.push(settle)
      patience?.addEventListener('abort', () => {
        if (this.#wanted.project === project && !this.#isInForce) this.#wanted = before
        settle()
      })
      this.nudge()
    })
  }

  get #isInForce(): boolean {
    return this.#part?.project.hash === this.#wanted.project.hash
  }

  /** With the configuration that the newest snapshot was made under, or that the first run had. */
  async #start(): Promise<Part> {
    const { store, onTransition } = this.#options
    const claim = await store.log.claim(alertUnitName)
    this.#configs.begin(this.#wanted.project)
    const stored = this.#configs.get(claim.snapshots[0]?.configHash) ?? this.#wanted.project
    const isWanted = stored.hash === this.#wanted.project.hash
    const project = isWanted ? this.#wanted.project : stored
    const program = isWanted ? this.#wanted.program : compileProject(project)
    const alertUnit = createAlertUnit(program.alert, onTransition)
    const tables = new EventTables()
    const pipelines = project.pipelines.map((pipeline) => ({ built: this.#pipeline(pipeline, tables), pipeline }))
    const built = pipelines.map((one) => one.built)
    const engine = this.#engine(project, { program, alertUnit, claim, tables, pipelines: built })
    return { project, engine, alertUnit, pipelines }
  }

  #engine(project: Project, parts: EngineParts): EmbeddedEngine {
    const { store, telemetry, clock, version, instance, onEvents, onCommitted, isStoreOnly, stdout } = this.#options
    const { program } = parts
    const outOfOrderMs = Math.max(0, ...project.pipelines.map(({ source }) => source.keys.out_of_order))
    return new Engine({
      ...parts,
      deriveUnit: ({ id, pipeline }) => createDeriveUnit({ program: program.derive(pipeline), source: id, pipeline }),
      log: isStoreOnly === true ? store.log : withOutputs(store.log, project, { stdout, store: store.events }),
      clock,
      telemetry,
      configHash: project.hash,
      tickMs: project.installation.tick,
      outOfOrderMs,
      idleAfterMs: outOfOrderMs,
      joinTimeoutMs: 2000,
      pollMs: 200,
      batchBytes,
      pace,
      mask: () => {},
      bury: (events) => {
        store.deadLetters.add(events, { configHash: project.hash, version, instance, nowMs: clock.now() })
      },
      onCommitted: () => onCommitted?.(),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      ...(onEvents === undefined ? {} : { onEvents }),
      report: (error) => telemetry.reported(error),
      isKept: ({ name }) => project.pipelines.some((one) => one.name === name && this.#isWanted(one)),
      wantedHash: () => this.#wanted.project.hash,
      configDecision: () => {
        this.#configs.keep(this.#wanted.project)
        return configDecisionValue(this.#wanted.program.alert)
      },
    })
  }

  #pipeline(pipeline: Pipeline, tables: EventTables): EnginePipeline {
    const { store, stdout, isStoreOnly } = this.#options
    const entries = pipeline.sinks.filter(({ type }) => isStoreOnly !== true || type === 'store')
    // An entry of `parse:` is read by the schema `ParseConfig`.
    const parseConfig = pipeline.parse.config as unknown as ParseConfig
    return {
      name: pipeline.name,
      input: this.#input(pipeline),
      parse: createParseStage(settingsOf(pipeline.parse.type, parseConfig), formats, tables),
      sinks: entries.map((entry): EventSink => {
        return known(sinks, entry.type).build(entry.config, { stdout, store: store.events })
      }),
    }
  }

  /** What is not wanted any more is read only as far as it was read before. */
  #input(pipeline: Pipeline): RecordInput {
    const { inputOf } = this.#options
    const ports = this.#inputs.portsOf(pipeline)
    if (inputOf !== undefined) return inputOf(pipeline, ports)
    return this.#isWanted(pipeline) ? this.#inputs.of(pipeline) : pastInput(pipeline, ports)
  }

  #isWanted(pipeline: Pipeline): boolean {
    const key = keyOf(pipeline)
    return this.#wanted.project.pipelines.some((wanted) => keyOf(wanted) === key)
  }

  /** An input that ends begins anew, with what has come since; the standard input cannot. */
  async #release({ engine, pipelines }: Part): Promise<void> {
    const released = pipelines.filter(({ pipeline, built }) => {
      return !this.#isWanted(pipeline) || (built.input.isBounded && pipeline.source.type !== 'stdin')
    })
    await engine.release((built) => released.some((one) => one.built === built))
    for (const { pipeline } of released) this.#inputs.drop(pipeline)
  }
}

interface EngineParts {
  readonly program: Program
  readonly alertUnit: AlertUnit
  readonly claim: Claim
  readonly tables: EventTables
  readonly pipelines: readonly EnginePipeline[]
}

function statusOf(engine: EmbeddedEngine, unit: AlertUnit): EngineStatus {
  const state = engine.alertState
  return {
    isRestored: state !== undefined,
    watermarkMs: state === undefined ? -Infinity : unit.watermark(state),
    alerts: state === undefined ? [] : unit.alerts(state),
    sources: engine.runs.map((run) => ({
      name: run.partition.source.name,
      position: run.position,
      end: run.partition.end(),
      watermarkMs: run.watermark,
      isAtEnd: run.isAtEnd,
    })),
  }
}
