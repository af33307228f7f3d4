import { rmSync } from 'node:fs'
import type { Transition } from '../alert/publish.ts'
import type { Loaded } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import type { Clock } from '../core/clock.ts'
import type { EventBatch } from '../core/event-batch.ts'
import { startCronJob, type CronJob } from '../schedule/cron-job.ts'
import { startQueryThread, type QueryThread } from '../state/query-worker.ts'
import { openStore, type Store, type StoreView } from '../state/store.ts'
import { Telemetry } from '../telemetry/events.ts'
import { createLogger, type LogLevel } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import type { EventPages, EventSearch } from '../server/query-api.ts'
import type { ReadyCheck, RunningServer, ServerParts } from '../server/server.ts'
import { startNotifier, type Notifier } from './notify.ts'
import { IngestRoutes } from './inputs.ts'
import { Reloader, type ReloadOutcome } from './reload.ts'
import { Taps } from './tap.ts'
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
  /** Reads the configuration again, for reloads; absent: it has none that could change. */
  readonly load?: () => Loaded | Promise<Loaded>
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
  /** Brings the configuration as it is now into force; never rejects. Undefined: there is none that could change. */
  readonly reload: (() => Promise<ReloadOutcome>) | undefined
  /** Serves health, metrics and ingest; resolves to the address. Rejects with LP_SERVER_LISTEN. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>
  /**
   * Drains, commits and closes; `beforeClose` may still read the store. Resolves to false if `drainMs` was too short: the
   * rest is read again at the next start. Harmless twice.
   */
  stop(drainMs: number, beforeClose?: () => Promise<void>): Promise<boolean>
}

const wallClock: Clock = {
  now: () => Date.now(),
  schedule(atMs, run) {
    const timer = setTimeout(run, Math.max(0, atMs - Date.now()))
    return () => clearTimeout(timer)
  },
}

/** How long a configuration may take to come into force before the old one stays, ms. */
const reloadLimitMs = 60_000

/** How long notices that are under way may take at the end, ms; the rest is sent at the next start. */
const noticeDrainMs = 1000

/** Opens the store and starts everything. Throws LP_STORE_* if the store cannot be had. */
export function startSession(project: Project, options: SessionOptions): Session {
  const dataDir = options.dataDir ?? project.installation.store.path
  const telemetry = startTelemetry(project, options)
  const { metrics } = telemetry
  const store = openStore(dataDir, { report: (error) => telemetry.reported(error) })
  const ingest = new IngestRoutes()
  const jobs = startJobs(project, { store, telemetry, write: options.log })
  const taps = new Taps(() => wallClock.now())
  const running = startEmbedded(project, {
    store,
    telemetry,
    clock: wallClock,
    ingest,
    stdout: options.stdout,
    version: options.version,
    instance: `${process.pid}`,
    onCommitted: () => jobs.nudge(),
    ...onlookers(options, taps, telemetry),
  })
  const reload = reloadOf(project, { options, running, jobs, telemetry })
  let closing: Promise<void> | undefined
  let server: RunningServer | undefined
  const searches = new LazySearches(dataDir)
  async function close(): Promise<void> {
    taps.close()
    await server?.stop()
    await searches.close()
    store.close()
    if (options.isTemporary === true) rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    done: running.done,
    metrics,
    view: store.view,
    ingest,
    status: () => running.status(),
    reload,
    async listen(at) {
      const { startServer } = await import('../server/server.ts')
      const { version } = options
      const parts = serverParts({ metrics, telemetry, ingest, version, running, events: searches, store, reload, taps })
      server = await startServer(parts, at)
      return server.url
    },
    async stop(drainMs, beforeClose) {
      const isDrained = await within(running.stop(), drainMs)
      await jobs.stop()
      telemetry.stopped(isDrained)
      try {
        await beforeClose?.()
      } finally {
        await (closing ??= close())
      }
      return isDrained
    },
  }
}

/** Everybody who sees what flows. */
function onlookers(
  options: SessionOptions,
  taps: Taps,
  telemetry: Telemetry,
): Required<Pick<SessionOptions, 'onEvents' | 'onTransition'>> {
  return {
    onEvents(events) {
      taps.events(events)
      options.onEvents?.(events)
    },
    onTransition(transition) {
      taps.transition(transition)
      telemetry.alertChanged(transition.rule, transition.kind)
      options.onTransition?.(transition)
    },
  }
}

/** What runs beside the engine. */
interface Jobs {
  /** Alerts were committed. */
  nudge(): void
  /** Ends what there is and begins anew: secrets of channels may have changed even if nothing else has. */
  renew(project: Project): Promise<void>
  stop(): Promise<void>
}

interface JobParts {
  readonly store: Store
  readonly telemetry: Telemetry
  readonly write: (line: string) => void
}

function startJobs(first: Project, { store, telemetry, write }: JobParts): Jobs {
  const start = (project: Project): { notifier: Notifier; retention: CronJob } => ({
    notifier: startNotifier(project, { store, telemetry, clock: wallClock, write }),
    retention: startRetention(project, store, telemetry),
  })
  let jobs = start(first)
  async function stop(): Promise<void> {
    await jobs.notifier.stop(noticeDrainMs)
    await jobs.retention.stop()
  }
  return {
    nudge: () => jobs.notifier.nudge(),
    async renew(project) {
      await stop()
      jobs = start(project)
    },
    stop,
  }
}

interface ReloadParts {
  readonly options: SessionOptions
  readonly running: Running
  readonly jobs: Jobs
  readonly telemetry: Telemetry
}

function reloadOf(project: Project, { options, running, jobs, telemetry }: ReloadParts): Session['reload'] {
  const { load } = options
  if (load === undefined) return undefined
  const reloader = new Reloader({
    project,
    load,
    telemetry,
    async putInForce(next) {
      if (!(await running.reload(next, AbortSignal.timeout(reloadLimitMs)))) return false
      await jobs.renew(next)
      return true
    },
  })
  return () => reloader.reload()
}

/** The search thread, started by the first search. */
class LazySearches implements EventPages {
  readonly #dataDir: string
  #thread: QueryThread | undefined

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  get #started(): QueryThread {
    return (this.#thread ??= startQueryThread(this.#dataDir))
  }

  search(request: EventSearch): ReturnType<EventPages['search']> {
    return this.#started.search(request)
  }

  stats(request: EventSearch, field: string, limit?: number): ReturnType<EventPages['stats']> {
    return this.#started.stats(request, field, limit)
  }

  /** Harmless before the first search and twice. */
  async close(): Promise<void> {
    await this.#thread?.close()
  }
}

function startTelemetry(project: Project, { version, logLevel, logFormat, log }: SessionOptions): Telemetry {
  const metrics = new Metrics()
  metrics.collectDefaults()
  const telemetry = new Telemetry(metrics, createLogger({ level: logLevel, format: logFormat, write: log }))
  telemetry.started(version, process.version, project.hash)
  return telemetry
}

interface ServedParts {
  readonly metrics: Metrics
  readonly telemetry: Telemetry
  readonly ingest: IngestRoutes
  readonly version: string
  readonly running: Running
  readonly events: EventPages
  readonly store: Store
  readonly reload: Session['reload']
  readonly taps: Taps
}

function serverParts({
  metrics,
  telemetry,
  ingest,
  version,
  running,
  events,
  store,
  reload,
  taps,
}: ServedParts): ServerParts {
  const { registry } = metrics
  const checks = (): ReadyCheck[] => [{ name: 'restored', isReady: running.status().isRestored }]
  return {
    version,
    now: () => wallClock.now(),
    checks,
    async metrics() {
      telemetry.readyIs(checks().every(({ isReady }) => isReady))
      const firing = running.status().alerts.filter(({ state }) => state === 'firing')
      telemetry.alertsFiring(firing.map(({ rule }) => rule))
      return { text: await registry.metrics(), contentType: registry.contentType }
    },
    async ingest(path, body, contentType) {
      const outcome = await ingest.accept(path, body, contentType)
      running.nudge()
      return outcome
    },
    events,
    tap: (request) => taps.open(request),
    reload: async () => await reload?.(),
    alerts: () => store.view.outputs.alerts().map(({ doc }) => doc),
    report: (error) => telemetry.reported(error),
  }
}

/** Deletes what is older than the project keeps, by its cron expression. */
function startRetention({ installation }: Project, store: Store, telemetry: Telemetry): CronJob {
  const { events, metrics, alerts, dead_letters: deadLetters, schedule } = installation.retention
  return startCronJob({
    name: 'retention',
    expression: schedule,
    async run() {
      const units = await store.log.units()
      const deleted = await store.retain({
        nowMs: wallClock.now(),
        limits: { events, metrics, alerts, deadLetters },
        journalFloor(input) {
          const unit = units.find((name) => name.endsWith(`/journal:${input}`))
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
