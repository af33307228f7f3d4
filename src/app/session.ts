import { rmSync } from 'node:fs'
import type { Transition } from '../alert/publish.ts'
import type { Project } from '../config/project.ts'
import type { Clock } from '../core/clock.ts'
import type { IngestOutcome, IngestPort } from '../core/component.ts'
import type { EventBatch } from '../core/event-batch.ts'
import { startCronJob, type CronJob } from '../schedule/cron-job.ts'
import { openStore, type Store, type StoreView } from '../state/store.ts'
import { Telemetry } from '../telemetry/events.ts'
import { createLogger, type LogLevel } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import type { RunningServer, ServerParts } from '../server/server.ts'
import { startEmbedded, type EngineStatus, type Running } from './embedded.ts'

export interface SessionOptions {
  /** Folder of the store; `store.path` of the project if absent. */
  readonly dataDir?: string | undefined
  /** The folder is deleted at the end. */
  readonly isTemporary?: boolean
  readonly logLevel: LogLevel
  readonly logFormat: 'pretty' | 'json'
  /** Takes the lines of the own log. */
  readonly log: (line: string) => void
  readonly stdout: (bytes: Uint8Array) => Promise<void>
  readonly version: string
  readonly onEvents?: (events: EventBatch) => void
  readonly onTransition?: (transition: Transition) => void
}

/** A project that runs with its store, own log, metrics and jobs. */
export interface Session {
  /** Resolves when all inputs have ended or after `stop`; rejects when it cannot go on. */
  readonly done: Promise<void>
  readonly metrics: Metrics
  readonly view: StoreView
  readonly ingest: IngestRoutes
  status(): EngineStatus
  /** Serves health, metrics and ingest; resolves to the address. Rejects with LP_SERVER_LISTEN. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>
  /** Drains, commits and closes. Resolves to false if `drainMs` was too short: the rest is read again at the next start. */
  stop(drainMs: number): Promise<boolean>
}

const wallClock: Clock = {
  now: () => Date.now(),
  schedule(atMs, run) {
    const timer = setTimeout(run, Math.max(0, atMs - Date.now()))
    return () => clearTimeout(timer)
  },
}

/** What was posted goes to the source that registered its path. */
export class IngestRoutes implements IngestPort {
  readonly #routes = new Map<string, (body: Uint8Array, contentType: string) => Promise<IngestOutcome>>()

  register(path: string, accept: (body: Uint8Array, contentType: string) => Promise<IngestOutcome>): void {
    this.#routes.set(path, accept)
  }

  /** Undefined: no source takes this path. */
  async accept(path: string, body: Uint8Array, contentType: string): Promise<IngestOutcome | undefined> {
    return await this.#routes.get(path)?.(body, contentType)
  }
}

/** Opens the store and starts everything. Throws LP_STORE_* if the store cannot be had. */
export function startSession(project: Project, options: SessionOptions): Session {
  const { installation } = project
  const dataDir = options.dataDir ?? installation.store.path
  const metrics = new Metrics()
  metrics.collectDefaults()
  const telemetry = new Telemetry(
    metrics,
    createLogger({ level: options.logLevel, format: options.logFormat, write: options.log }),
  )
  const store = openStore(dataDir, { report: (error) => telemetry.reported(error) })
  telemetry.started(options.version, process.version, project.hash)
  const ingest = new IngestRoutes()
  const running = startEmbedded(project, {
    store,
    telemetry,
    clock: wallClock,
    ingest,
    stdout: options.stdout,
    version: options.version,
    instance: `${process.pid}`,
    ...(options.onEvents === undefined ? {} : { onEvents: options.onEvents }),
    onTransition(transition) {
      telemetry.alertChanged(transition.rule, transition.kind)
      options.onTransition?.(transition)
    },
  })
  const job = startRetention(project, store, telemetry)
  let closing: Promise<void> | undefined
  let server: RunningServer | undefined
  async function close(): Promise<void> {
    await server?.stop()
    await job.stop()
    store.close()
    if (options.isTemporary === true) rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    done: running.done,
    metrics,
    view: store.view,
    ingest,
    status: () => running.status(),
    async listen(at) {
      const { startServer } = await import('../server/server.ts')
      server = await startServer(serverParts({ metrics, ingest, version: options.version, running }), at)
      return server.url
    },
    async stop(drainMs) {
      const drained = await within(running.stop(), drainMs)
      telemetry.stopped(drained)
      await (closing ??= close())
      return drained
    },
  }
}

function serverParts(of: { metrics: Metrics; ingest: IngestRoutes; version: string; running: Running }): ServerParts {
  const { registry } = of.metrics
  return {
    version: of.version,
    checks: () => [{ name: 'restored', isReady: of.running.status().isRestored }],
    metrics: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
    ingest: (path, body, contentType) => of.ingest.accept(path, body, contentType),
  }
}

/** Deletes what is older than the project keeps, by its cron expression. */
function startRetention({ installation }: Project, store: Store, telemetry: Telemetry): CronJob {
  const { events, metrics, alerts, dead_letters: deadLetters, schedule } = installation.retention
  return startCronJob({
    name: 'retention',
    expression: schedule,
    async run() {
      const deleted = await store.retain({
        nowMs: wallClock.now(),
        limits: { events, metrics, alerts, deadLetters },
        journalFloor(input) {
          const unit = store.log.units().find((name) => name.endsWith(`/journal:${input}`))
          return unit === undefined ? undefined : store.log.oldestPosition(unit)
        },
        pause: () => new Promise((resolve) => setImmediate(resolve)),
      })
      telemetry.retentionDone({ ...deleted })
    },
    failed: (error) => telemetry.reported(error),
  })
}

/** False if it takes longer. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)))
  const done = work.then(
    () => true,
    () => true,
  )
  const result = await Promise.race([done, late])
  clearTimeout(timer)
  return result
}
