import { contentHash, type CompiledDerive, type DeriveProgram, type DeriveSpec } from '../../src/core/program.ts'
import type { EventBatch } from '../../src/core/event-batch.ts'
import { EventTables } from '../../src/core/event-batch.ts'
import type { Frame } from '../../src/core/frame.ts'
import type { Chunk, Decision, DecisionKind, Output } from '../../src/core/unit.ts'
import type { Json } from '../../src/core/event-batch.ts'
import { compileDerives, compileOccurrences, ofPipeline } from '../../src/derive/program.ts'
import { createDeriveUnit, type DeriveUnit } from '../../src/derive/unit.ts'
import { compileRules, type CompiledRules } from '../../src/alert/program.ts'
import type { Transition } from '../../src/alert/publish.ts'
import { Rule } from '../../src/alert/rule.ts'
import type { AlertProgram } from '../../src/alert/state.ts'
import { createAlertUnit } from '../../src/alert/unit.ts'
import { alerts, derives as deriveDefinitions } from '../../src/registry.ts'
import { eventsOf, sourceOf, storyStart, type PlainEvent } from './events.ts'

const tickMs = 15_000

/** An entry as it stands in a pipeline file. */
export type Entry = { readonly id: string; readonly type: string } & Readonly<Record<string, unknown>>

export interface Engines {
  readonly compiled: CompiledRules
  readonly derives: readonly CompiledDerive[]
  readonly alertProgram: AlertProgram
  deriveProgram(pipeline?: string): DeriveProgram
}

export interface EngineOptions {
  readonly derives?: readonly Entry[]
  readonly rules?: readonly Entry[]
  readonly allowedLatenessMs?: number
  readonly maxSeries?: number
}

/** Compiles entries the way the application does. */
export function enginesOf(options: EngineOptions): Engines {
  const allowedLatenessMs = options.allowedLatenessMs ?? 3_600_000
  const maxSeries = options.maxSeries ?? 1000
  const named = (options.derives ?? []).map((entry): DeriveSpec => {
    const { id, type, by = [], where = [], ...config } = entry
    const definition = deriveDefinitions.find((one) => one.type === type)!
    const parsed = definition.config.parse(config) as Record<string, unknown>
    return {
      id,
      type,
      config: parsed,
      by: by as string[],
      where: where as string[],
      pipelines: [],
      allowedLatenessMs,
      maxSeries,
      samples: 0,
    }
  })
  const specs = (options.rules ?? []).map((entry) => {
    const definition = alerts.find((one) => one.type === entry.type)!
    const common: Record<string, unknown> = {}
    const own: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(entry)) {
      if (key !== 'type') (key in Rule.shape ? common : own)[key] = value
    }
    const config = definition.config.parse(own) as Record<string, unknown>
    return { id: entry.id, type: entry.type, keys: Rule.parse(common), config, pipeline: undefined }
  })
  const compiled = compileRules(specs, { definitions: alerts, derives: named, maxSeries, allowedLatenessMs })
  const derives = compileDerives(compiled.derives, deriveDefinitions)
  const occurrences = compileOccurrences(compiled.occurrences)
  const configHash = contentHash(options)
  return {
    compiled,
    derives,
    alertProgram: {
      app: 'logpipe',
      cluster: 'local',
      externalUrl: 'https://logpipe.example',
      tickMs,
      configHash,
      derives,
      rules: compiled.rules,
    },
    deriveProgram: (pipeline = 'shop') => ({
      tickMs,
      outOfOrderMs: 10_000,
      configHash,
      derives: ofPipeline(derives, pipeline),
      occurrences: ofPipeline(occurrences, pipeline),
    }),
  }
}

export function decisionOf(kind: DecisionKind, value: Json = {}, offset = 0): Decision {
  return { epoch: 1, position: { offset: BigInt(offset), sub: 0 }, ordinal: 1, kind, value, wallMs: 0 }
}

/** Batches of events of one source, cut after the given counts. */
export function batchesOf(events: readonly PlainEvent[], cuts: readonly number[] = [], source = 's1'): EventBatch[] {
  const tables = new EventTables()
  const ends = [...cuts.filter((cut) => cut > 0 && cut < events.length), events.length]
  let from = 0
  return ends.map((end) => {
    const batch = eventsOf(events.slice(from, end), { source: sourceOf(source), base: from, tables })
    from = end
    return batch
  })
}

export interface FramesOptions {
  readonly source?: string
  readonly cuts?: readonly number[]
  /** After the start of the story; absent: the end of the last open pane. */
  readonly untilMs?: number
  /** Saves and restores the state after each batch: whole, or from the start by its changes. */
  readonly restores?: boolean | 'changes'
}

/** All frames of one source that was read to its end. */
export function framesOf(engines: Engines, events: readonly PlainEvent[], options: FramesOptions = {}): Frame[] {
  const source = options.source ?? 's1'
  const unit: DeriveUnit = createDeriveUnit({ program: engines.deriveProgram(), source, pipeline: 'shop' })
  const frames: Frame[] = []
  let state = unit.initial()
  const changes: Uint8Array[] = []
  for (const batch of batchesOf(events, options.cuts ?? [], source)) {
    unit.step(state, batch, (frame) => frames.push(frame))
    if (options.restores === true) state = unit.decode(unit.stateVersion, [...unit.encode(state)])
    if (options.restores !== 'changes') continue
    changes.push(unit.change(state))
    state = unit.initial()
    for (const change of changes) unit.amend(state, change)
  }
  const until = options.untilMs === undefined ? {} : { until: storyStart + options.untilMs }
  unit.decide(state, decisionOf('end', until, events.length), (frame) => frames.push(frame))
  return frames
}

export interface Story {
  readonly outputs: readonly Output[]
  readonly transitions: readonly Transition[]
  /** Canonical bytes of the state at the end. */
  readonly state: string
}

export function chunkText(chunks: Iterable<Chunk>): string {
  return [...chunks].map(({ id, bytes }) => `${id} ${Buffer.from(bytes).toString('base64')}`).join('\n')
}

/** Runs frames through the alert unit; `sources` are known from the start. */
export function storyOf(
  engines: Engines,
  frames: readonly Frame[],
  options: { restoreAfter?: ReadonlySet<number> } = {},
): Story {
  const outputs: Output[] = []
  const transitions: Transition[] = []
  const unit = createAlertUnit(engines.alertProgram, (transition) => transitions.push(transition))
  let state = unit.initial()
  const sources = [...new Set(frames.map(({ source }) => source))].sort()
  unit.decide(state, decisionOf('sources', { add: sources }), (output) => outputs.push(output))
  frames.forEach((frame, i) => {
    unit.step(state, frame, (output) => outputs.push(output))
    if (options.restoreAfter?.has(i) === true) state = unit.decode(unit.stateVersion, [...unit.encode(state)])
  })
  return { outputs, transitions, state: chunkText(unit.encode(state)) }
}

/** Transitions as `kind at labels`, the time as seconds after the start of the story. */
export function tellingOf({ transitions }: Pick<Story, 'transitions'>, labels: readonly string[] = []): string[] {
  return transitions.map((transition) => {
    const shown = labels.map((label) => transition.labels[label] ?? '').join(' ')
    return `${transition.kind} ${(transition.t - storyStart) / 1000}s ${shown}`.trim()
  })
}

/** The documents of a stage, in the order in which they left. */
export function documentsOf({ outputs }: Pick<Story, 'outputs'>, stage: Output['stage']): Json[] {
  return outputs.filter((output) => output.stage === stage).map(({ value }) => JSON.parse(value) as Json)
}
