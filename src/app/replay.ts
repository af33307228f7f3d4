import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Transition } from '../alert/publish.ts'
import type { Project } from '../config/project.ts'
import { LogpipeError } from '../core/error.ts'
import { isJsonObject, type EventBatch, type Json, type JsonObject } from '../core/event-batch.ts'
import { contentHash } from '../core/program.ts'
import { compareSpans, spanOf, type AlertSpan, type SpanVerdict } from '../replay/compare-alerts.ts'
import { rangeInput, StillClock, type RangeOptions, type SourceRange } from '../replay/range-input.ts'
import type { Digest } from '../state/digest.ts'
import { openHistory, type RunHistory } from '../state/history.ts'
import { openStore, openStoreView, type Store, type StoreView } from '../state/store.ts'
import { Telemetry } from '../telemetry/events.ts'
import { createLogger, type LoggerSettings } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { alertUnitName } from '../topology/engine.ts'
import { startEmbedded, type Running } from './embedded.ts'
import { IngestRoutes, keyOf, pastInput } from './inputs.ts'
import { firstConfigKey, isStoredConfig } from './stored-configs.ts'

export interface ReplayOptions {
  /** Store of the run that is done again; only read, so it may be running. */
  readonly dataDir: string
  /** Event times [fromMs, toMs) whose records are read; both undefined: all that the run has read. */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** `none`: the results are deleted at the end. */
  readonly into: 'replay' | 'none'
  /** Compares the alerts with those of the run. */
  readonly comparesAlerts?: boolean
  /** Goes on without records that are gone. */
  readonly allowsGaps?: boolean
  /** Goes on with the replay of this id; absent: with the one of the same range and configuration, if there is one. */
  readonly resume?: string | undefined
  /** The own log. */
  readonly logging: LoggerSettings
  readonly version: string
  readonly onEvents?: (events: EventBatch) => void
  readonly onTransition?: (transition: Transition) => void
}

export interface ReplayProgress {
  /** In the units of the sources: bytes of files, records of the journal, lines of a generator. */
  readonly done: number
  readonly total: number
}

export interface ReplayResult {
  readonly id: string
  /** Folder of its store; deleted already if it went into none. */
  readonly directory: string
  readonly exact: Digest
  readonly content: Digest
  /** Exact digest of the run before; undefined: it is not of the same records, or has gone on since. */
  readonly original: Digest | undefined
  /** Alerts beside those of the run, as far as they began in the range; undefined if it was not asked for. */
  readonly compared: readonly SpanVerdict[] | undefined
}

export interface Replay {
  readonly id: string
  /** Rejects with LP_REPLAY_RANGE if records are gone, and as the engine does; undefined if it was stopped before its end. */
  readonly done: Promise<ReplayResult | undefined>
  progress(): ReplayProgress
  /** Ends after the batch under way; the same replay goes on from there. Harmless twice. */
  stop(): Promise<void>
}

/** What a replay reads, fixed when it begins. */
interface Manifest {
  readonly version: 1
  readonly id: string
  readonly configHash: string
  /** True: all that the run before had read by then. */
  readonly isWhole: boolean
  readonly into: ReplayOptions['into']
  /** By source: `from` (null: from its beginning) and `to` as decimal text, record time of the first record. */
  readonly ranges: Readonly<Record<string, readonly [from: string | null, to: string, recordMs?: number]>>
}

const unitHead = 'derive/'

/**
 * Does a past run again in a store of its own, `replay-<id>` in the same folder: the same stages, the records that were
 * read then, the decisions that were made then. It never notifies, and writes to no sink but its store. Throws LP_STORE_*
 * and LP_USAGE.
 */
export function startReplay(project: Project, options: ReplayOptions): Replay {
  const history = openHistory(options.dataDir)
  try {
    return beginReplay(project, history, options)
  } catch (error) {
    history.close()
    throw error
  }
}

function beginReplay(project: Project, history: RunHistory, options: ReplayOptions): Replay {
  const manifest = manifestOf(project, history, options)
  const directory = path.join(options.dataDir, `replay-${manifest.id}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(path.join(directory, manifestFile), `${JSON.stringify(manifest, undefined, 2)}\n`)
  const telemetry = new Telemetry(new Metrics(), createLogger(options.logging))
  const store = openStore(directory, { report: (error) => telemetry.reported(error) })
  const ranges = rangesOf(manifest)
  let running: Running | undefined
  let isStopped = false
  let failure: unknown

  async function run(): Promise<ReplayResult | undefined> {
    try {
      await seed(store, history, manifest)
      if (isStopped) return undefined
      const range: RangeOptions = {
        ranges,
        isEnd: !manifest.isWhole,
        allowsGaps: options.allowsGaps ?? false,
        onFailure(error) {
          failure ??= error
          void running?.stop().catch(() => {}) // `done` tells.
        },
      }
      running = startEngine(project, { store, history, telemetry, range, options, onIdle: endIfRead })
      await running.done
      if (failure !== undefined) throw failure
      return isStopped
        ? undefined
        : resultOf(manifest, { directory, store, history, options, tickMs: project.installation.tick })
    } finally {
      store.close()
      history.close()
      if (options.into === 'none' && !isStopped) rmSync(directory, { recursive: true, force: true })
    }
  }

  /** Nothing is left that could be done: all records were read, and what was decided about them was applied. */
  function endIfRead(): void {
    const isRead = running?.status().sources.every(({ position, end }) => position >= end) ?? false
    if (isRead) void running?.stop().catch(() => {}) // `done` tells.
  }

  const done = run()
  return {
    id: manifest.id,
    done,
    progress: () => progressOf(running, ranges),
    async stop() {
      isStopped = true
      await running?.stop()
      await done
    },
  }
}

const manifestFile = 'replay.json'

function manifestOf(project: Project, history: RunHistory, options: ReplayOptions): Manifest {
  const { fromMs, toMs, resume, dataDir, into } = options
  if (resume !== undefined) return readManifest(path.join(dataDir, `replay-${resume}`, manifestFile), project)
  requirePipelines(project, history)
  const isWhole = fromMs === undefined && toMs === undefined
  const chosen = isWhole ? undefined : history.positions(fromMs ?? -Infinity, toMs ?? Infinity)
  const ranges: Record<string, [string | null, string, number?]> = {}
  for (const [unit, { offset }] of history.progress()) {
    const source = sourceOfUnit(unit)
    if (source === undefined) continue
    if (isWhole) ranges[source] = [source.startsWith('journal:') ? '0' : null, String(offset)]
    const range = chosen?.get(source)
    if (range !== undefined) ranges[source] = [String(range.from), String(range.to ?? offset), range.recordMs]
  }
  const body = { version: 1, configHash: project.hash, isWhole, into, ranges } as const
  return {
    ...body,
    id: contentHash(body)
      .replaceAll(/[^a-zA-Z0-9]/g, '')
      .slice(0, 10)
      .toLowerCase(),
  }
}

/** What ran under another name would silently be left out. */
function requirePipelines(project: Project, history: RunHistory): void {
  for (const unit of history.progress().keys()) {
    const source = sourceOfUnit(unit)
    const pipeline = source === undefined ? undefined : unit.slice(unitHead.length, -source.length - 1)
    if (pipeline === undefined || project.pipelines.some(({ name }) => name === pipeline)) continue
    throw new LogpipeError('LP_USAGE', `replaying: the run had the pipeline ${pipeline}, which is not there now`, {
      remedy: 'Use the configuration, or the arguments of serve, that it ran with.',
    })
  }
}

function readManifest(file: string, project: Project): Manifest {
  if (!existsSync(file)) throw new LogpipeError('LP_USAGE', `resuming: there is no ${file}`)
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest // Written by `beginReplay`.
  if (manifest.configHash === project.hash) return manifest
  throw new LogpipeError('LP_USAGE', `resuming ${manifest.id}: the configuration is another one by now`, {
    remedy: 'Start a new replay, or use the configuration that it began with.',
  })
}

function rangesOf({ ranges }: Manifest): Map<string, SourceRange> {
  return new Map(
    Object.entries(ranges).map(([source, [from, to, recordMs]]) => {
      return [source, { from: from === null ? undefined : BigInt(from), to: BigInt(to), recordMs }]
    }),
  )
}

/** Id of the source of a derive unit, `derive/<pipeline>/<source>`; undefined for other units. */
function sourceOfUnit(unit: string): string | undefined {
  return unit.startsWith(unitHead) ? unit.slice(unit.indexOf('/', unitHead.length) + 1) : undefined
}

/**
 * Gives the new store what sources remember and what was decided. With the configuration that the run ended with, those
 * before it come into force where they did then; any other holds for all records. Ticks are decided for all sources together, so a part of
 * the records makes its own decisions about them.
 */
async function seed(store: Store, history: RunHistory, manifest: Manifest): Promise<void> {
  const isAsItWas = manifest.isWhole && manifest.configHash === hashInForce(history)
  const ranges = rangesOf(manifest)
  for (const [key, value] of history.memory()) {
    if (!key.startsWith('notify:') && (isAsItWas || !isStoredConfig(key))) store.memory.set(key, value)
  }
  for (const unit of history.progress().keys()) {
    const source = sourceOfUnit(unit)
    const range = source === undefined ? undefined : ranges.get(source)
    if (range === undefined && !manifest.isWhole) continue
    const claim = await store.log.claim(unit)
    for (const decision of history.decisions(unit)) {
      const { offset } = decision.position
      const isOutside = range !== undefined && (offset < (range.from ?? 0n) || offset > range.to)
      const isLeftOut = (decision.kind === 'config' && !isAsItWas) || (decision.kind === 'end' && !manifest.isWhole)
      if (!isOutside && !isLeftOut) await store.log.decide(claim, decision)
    }
  }
  store.flush()
}

/** Hash of the configuration that a run ended with; undefined: it was never told. */
function hashInForce(history: RunHistory): Json | undefined {
  const last = history.decisions(alertUnitName).findLast(({ kind }) => kind === 'config')?.value
  return isJsonObject(last) ? last['hash'] : history.memory().get(firstConfigKey)
}

interface EngineParts {
  readonly store: Store
  readonly history: RunHistory
  readonly telemetry: Telemetry
  readonly range: RangeOptions
  readonly options: ReplayOptions
  readonly onIdle: () => void
}

function startEngine(project: Project, parts: EngineParts): Running {
  const { store, history, telemetry, range, options, onIdle } = parts
  const names = history.names()
  const unitsRead = [...history.progress().keys()]
  const seen = new Set<string>()
  return startEmbedded(project, {
    store,
    telemetry,
    clock: new StillClock(0, onIdle),
    ingest: new IngestRoutes(),
    stdout: () => Promise.resolve(),
    version: options.version,
    instance: 'replay',
    isStoreOnly: true,
    ...(options.onEvents === undefined ? {} : { onEvents: options.onEvents }),
    ...(options.onTransition === undefined ? {} : { onTransition: options.onTransition }),
    inputOf(pipeline, ports) {
      const head = `${unitHead}${pipeline.name}/`
      const ids = unitsRead.filter((unit) => unit.startsWith(head)).map((unit) => unit.slice(head.length))
      // Sources that another configuration had may be found with that one alone.
      const isLast = project.pipelines.some((last) => keyOf(last) === keyOf(pipeline))
      const expected = new Map(ids.filter((id) => isLast && !seen.has(id)).map((id) => [id, names.get(id) ?? id]))
      const input = rangeInput(pastInput(pipeline, { ...ports, journal: history.journal }), expected, range)
      return {
        ...input,
        async discover() {
          const found = await input.discover()
          for (const { source } of found) seen.add(source.id)
          return found
        },
      }
    },
  })
}

function progressOf(running: Running | undefined, ranges: ReadonlyMap<string, SourceRange>): ReplayProgress {
  let total = 0
  for (const { from = 0n, to } of ranges.values()) total += Number(to - from)
  const sources = running?.status().sources ?? []
  let left = 0
  for (const { position, end } of sources) left += Number(end - position)
  return { done: sources.length === 0 ? 0 : Math.max(0, total - left), total }
}

function resultOf(
  { id, isWhole, ranges }: Manifest,
  parts: { directory: string; store: Store; history: RunHistory; options: ReplayOptions; tickMs: number },
): ReplayResult {
  const { directory, store, history, options, tickMs } = parts
  const exact = store.view.exactDigest()
  const content = store.view.contentDigest()
  const view = openStoreView(options.dataDir)
  try {
    const original = isWhole ? view.exactDigest() : undefined
    let isSame = true
    for (const [unit, { offset }] of history.progress()) {
      const source = sourceOfUnit(unit)
      if (source !== undefined && ranges[source]?.[1] !== String(offset)) isSame = false
    }
    const compared =
      options.comparesAlerts === true
        ? compareSpans(spansIn(view, options), spansIn(store.view, options), tickMs)
        : undefined
    return { id, directory, exact, content, original: isSame ? original : undefined, compared }
  } finally {
    view.close()
  }
}

/** Alerts that began in the range of the replay. */
function spansIn({ outputs }: StoreView, { fromMs = -Infinity, toMs = Infinity }: ReplayOptions): AlertSpan[] {
  return outputs.alerts({ limit: mostAlerts }).flatMap(({ doc }) => {
    const span = spanOf(JSON.parse(doc) as JsonObject) // Written from an output.
    return span !== undefined && span.fromMs >= fromMs && span.fromMs < toMs ? [span] : []
  })
}

/** Alerts of a run that are compared. */
const mostAlerts = 100_000
