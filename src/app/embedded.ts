import type { Transition } from '../alert/publish.ts'
import { createAlertUnit, type ActiveAlert, type AlertUnit } from '../alert/unit.ts'
import type { AlertState } from '../alert/state.ts'
import type { Pipeline } from '../config/pipeline.ts'
import type { Project } from '../config/project.ts'
import type { Clock } from '../core/clock.ts'
import type { EventSink, IngestPort, RecordInput, SourcePorts } from '../core/component.ts'
import { isLogpipeError, LogpipeError } from '../core/error.ts'
import { EventTables, type EventBatch } from '../core/event-batch.ts'
import { createDeriveUnit } from '../derive/unit.ts'
import type { DeriveState } from '../derive/state.ts'
import { settingsOf, type ParseConfig } from '../parse/config.ts'
import { createParseStage } from '../parse/parser.ts'
import { formats, sinks, sources } from '../registry.ts'
import type { Store } from '../state/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { Engine, type EnginePipeline } from '../topology/engine.ts'
import { compileProject, type Program } from './compile.ts'

export interface EmbeddedOptions {
  readonly store: Store
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly ingest: IngestPort
  /** Writes to standard output; resolves once it is taken. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>
  readonly version: string
  /** Name of this process in dead letters. */
  readonly instance: string
  /** After each commit: alerts that were published are in the store. */
  readonly onCommitted?: () => void
  readonly onEvents?: (events: EventBatch) => void
  readonly onTransition?: (transition: Transition) => void
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
}

/** How much of an input is read at once. */
const batchBytes = 1 << 18

const pace = {
  commitEveryMs: 500,
  commitEveryBytes: 1 << 25,
  snapshotEveryMs: 30_000,
  snapshotEveryBytes: 1 << 27,
}

/** Runs a project until its inputs end or `stop` is called. A lost claim restarts the units once from their own state. */
export function startEmbedded(project: Project, options: EmbeddedOptions): Running {
  const program = compileProject(project)
  const alertUnit = createAlertUnit(program.alert, options.onTransition)
  let engine = createEngine(project, { program, alertUnit }, options)
  let isStopped = false
  async function run(): Promise<void> {
    try {
      await engine.run()
    } catch (error) {
      if (!isLogpipeError(error) || error.code !== 'LP_STATE_FENCED' || isStopped) throw error
      options.telemetry.reported(error)
      engine = createEngine(project, { program, alertUnit }, options)
      await engine.run()
    }
  }
  const done = run()
  return {
    done,
    async stop() {
      isStopped = true
      engine.stop()
      await done
    },
    status: () => statusOf(engine, alertUnit),
    nudge: () => engine.nudge(),
  }
}

type EmbeddedEngine = Engine<DeriveState, AlertState>

interface Units {
  readonly program: Program
  readonly alertUnit: AlertUnit
}

function createEngine(project: Project, { program, alertUnit }: Units, options: EmbeddedOptions): EmbeddedEngine {
  const { store, telemetry, clock, version, instance } = options
  const tables = new EventTables()
  const outOfOrderMs = Math.max(0, ...project.pipelines.map(({ source }) => source.keys.out_of_order))
  return new Engine({
    pipelines: project.pipelines.map((pipeline) => buildPipeline(pipeline, tables, options)),
    deriveUnit: (source) => {
      const { pipeline } = source
      return createDeriveUnit({ program: program.derive(pipeline), source: source.id, pipeline })
    },
    alertUnit,
    log: store.log,
    tables,
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
    onCommitted: () => options.onCommitted?.(),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    ...(options.onEvents === undefined ? {} : { onEvents: options.onEvents }),
    report: (error) => telemetry.reported(error),
  })
}

function buildPipeline(pipeline: Pipeline, tables: EventTables, options: EmbeddedOptions): EnginePipeline {
  const { store, telemetry, clock, ingest, stdout } = options
  const ports: SourcePorts = {
    pipeline: pipeline.name,
    now: () => clock.now(),
    journal: store.journal,
    ingest,
    memory: store.memory,
    report: (error) => telemetry.reported(error),
  }
  // An entry of `parse:` is read by the schema `ParseConfig`.
  const parseConfig = pipeline.parse.config as unknown as ParseConfig
  return {
    name: pipeline.name,
    input: options.inputOf?.(pipeline, ports) ?? buildInput(pipeline, ports),
    parse: createParseStage(settingsOf(pipeline.parse.type, parseConfig), formats, tables),
    sinks: pipeline.sinks.map((entry): EventSink => {
      const definition = known(sinks, entry.type)
      return definition.build(entry.config, { stdout, store: store.events })
    }),
  }
}

function buildInput(pipeline: Pipeline, ports: SourcePorts): RecordInput {
  return known(sources, pipeline.source.type).build(pipeline.source.config, ports)
}

/** The definition of a type that config has checked. */
function known<Definition extends { readonly type: string }>(
  definitions: readonly Definition[],
  type: string,
): Definition {
  const definition = definitions.find((one) => one.type === type)
  if (definition === undefined) throw new LogpipeError('LP_CONFIG_INVALID', `building ${type}: there is no such type`)
  return definition
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
