import { contentText, type DocumentKind } from '../core/content.ts'
import { EventTables, isJsonObject, valueAt, wordOf, type Json, type JsonObject } from '../core/event-batch.ts'
import type { Labels } from '../core/fingerprint.ts'
import { labelName } from '../core/series.ts'
import type { ExpectedMetric, TestBlock } from '../core/test-block.ts'
import { blockSource, runBlock, type BlockOutcome, type BlockStages } from './block-run.ts'
import { groupsOf, type Group } from './given.ts'
import { compareLists, timeText } from './match.ts'
import type { Comparison } from './update.ts'

/** How a block went. */
export interface BlockVerdict {
  /** What to print, one line each; none: it passed. */
  readonly problems: readonly string[]
  /** What was compared with what is expected. */
  readonly comparisons: readonly Comparison[]
  /** Rules that fired, and formats that were parsed, for coverage. */
  readonly fired: ReadonlySet<string>
  readonly formats: ReadonlySet<string>
}

/** Partitions and seed of the second run. */
const spread = 3
const longestCut = 64
/** Items of a batch of the first run. */
const wholeCut = 4096

/**
 * Runs a block through its stages and compares what comes out with what it expects; then again with its records spread
 * over three partitions and cut at random (the same way each time), which must give the same content. Never throws for
 * what a block holds. `readFile` gets the path of a `file:` item and may throw.
 */
export function runTestBlock<DeriveState extends { readonly late: number }, AlertState>(
  block: TestBlock,
  stages: BlockStages<DeriveState, AlertState>,
  readFile: (path: string) => Uint8Array,
): BlockVerdict {
  const tables = new EventTables()
  const parse = stages.parse(tables, false)
  const source = blockSource(stages, 0)
  const groups = groupsOf(block.given, { startMs: block.startMs, tables, source, parse, readFile })
  const keepsGenerated = block.expect.events !== undefined
  const asGiven = { block, partitions: inPartitions(groups), cut: () => wholeCut, keepsGenerated }
  const outcome = runBlock(stages, asGiven)
  const comparisons = comparisonsOf(block, outcome)
  const random = randomOf(block.name)
  const partitions = spreadOut(groups, random)
  const cut = (): number => 1 + Math.floor(random() * longestCut)
  const again = runBlock(stages, { block, partitions, cut, keepsGenerated })
  return {
    problems: [...problemsOf(block, outcome, comparisons), ...compareRuns(outcome, again)],
    comparisons,
    fired: new Set(outcome.transitions.flatMap(({ kind, rule }) => (kind === 'firing' ? [rule] : []))),
    formats: new Set(outcome.events.map((event) => wordOf(valueAt(event, 'logpipe.format') ?? ''))),
  }
}

function inPartitions(groups: readonly Group[]): Group[][] {
  const partitions: Group[][] = []
  for (const group of groups) (partitions[group.partition] ??= []).push(group)
  return Array.from(partitions, (list) => list ?? [])
}

function spreadOut(groups: readonly Group[], random: () => number): Group[][] {
  const partitions: Group[][] = Array.from({ length: spread }, () => [])
  for (const group of groups) partitions[Math.floor(random() * spread)]!.push(group)
  return partitions
}

/** Numbers in [0, 1) that follow from a text (mulberry32 over an FNV-1a hash). */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function problemsOf({ expect }: TestBlock, outcome: BlockOutcome, comparisons: readonly Comparison[]): string[] {
  const late = [...new Set((expect.alerts ?? []).map(({ atMs }) => atMs))].filter((ms) => !outcome.active.has(ms))
  return [
    ...comparisons.flatMap(({ title, expected, got }) => compareLists(title, expected, got)),
    ...late.map((ms) => `alerts at ${timeText(ms)}: this is after the end of the block`),
  ]
}

/** Each list of the expectation with what came, in the order of the lists. */
function comparisonsOf({ expect }: TestBlock, outcome: BlockOutcome): Comparison[] {
  const { events, metrics, transitions, deadLetters, drops } = expect
  const lists: Comparison[] = []
  function add(key: string, expected: readonly Json[] | undefined, got: () => readonly Json[]): void {
    if (expected === undefined) return
    lists.push({ key, title: key, places: [...expected.keys()], expected, got: got() })
  }
  add('events', events, () => outcome.events)
  add('metrics', metrics?.map(metricOf), () => metricsIn(outcome, new Set(metrics?.map(({ derive }) => derive))))
  const wanted = transitions?.map(({ atMs, transition, labels }): JsonObject => {
    return { at: timeText(atMs), transition, ...(labels === undefined ? {} : { labels }) }
  })
  add('transitions', wanted, () =>
    outcome.transitions.map(({ t, kind, labels }) => ({ at: timeText(t), transition: kind, labels: plain(labels) })),
  )
  lists.push(...alertsIn(expect.alerts ?? [], outcome))
  add('dead_letters', deadLetters, () => outcome.deadLetters)
  const counts = drops?.map(({ reason, count }) => ({ reason, count }))
  add('drops', counts, () => [...outcome.drops].map(([reason, count]) => ({ reason, count })))
  return lists
}

function metricOf({ derive, by, windowStartMs, values }: ExpectedMetric): JsonObject {
  const labels = Object.entries(by ?? {}).map(([field, value]) => [labelName(field), value] as const)
  return {
    derive,
    ...(by === undefined ? {} : { by: Object.fromEntries(labels) }),
    ...(windowStartMs === undefined ? {} : { window_start: timeText(windowStartMs) }),
    values,
  }
}

/** The list is whole for each derive that is named; if none is, for all. */
function metricsIn(outcome: BlockOutcome, named: ReadonlySet<string>): JsonObject[] {
  return [...outcome.metrics.values()].flatMap((document) => {
    const metric = valueAt(document, 'logpipe.metric')
    if (!isJsonObject(metric)) return []
    const derive = wordOf(metric['id'] ?? '')
    if (named.size > 0 && !named.has(derive)) return []
    const start = wordOf(metric['window_start'] ?? '').replace('.000Z', 'Z')
    return [{ derive, by: document['labels'] ?? {}, window_start: start, values: metric['values'] ?? {} }]
  })
}

/** A list for each time; a time after the end of the block has nothing to compare. */
function alertsIn(alerts: NonNullable<TestBlock['expect']['alerts']>, outcome: BlockOutcome): Comparison[] {
  return [...new Set(alerts.map((alert) => alert.atMs))].flatMap((atMs) => {
    const at = timeText(atMs)
    const own = [...alerts.entries()].filter(([, alert]) => alert.atMs === atMs && alert.state !== 'none')
    const nones = [...alerts.keys()].filter((i) => alerts[i]!.atMs === atMs && alerts[i]!.state === 'none')
    const got = outcome.active.get(atMs)?.map(({ state, episode }) => {
      return { at, state, labels: plain(episode.labels), annotations: plain(episode.annotations) }
    })
    const expected = own.map(([, { state, labels, annotations }]): JsonObject => {
      const more = {
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      }
      return { at, state, ...more }
    })
    if (got === undefined) return []
    return [{ key: 'alerts', title: `alerts at ${at}`, places: own.map(([place]) => place), expected, got, nones }]
  })
}

function plain(labels: Labels): JsonObject {
  return { ...labels }
}

/**
 * What must not depend on partitions and cuts. Where events came behind the watermark, a decision may have been made
 * without them: then only documents are compared that late events still revise.
 */
function compareRuns(first: BlockOutcome, again: BlockOutcome): string[] {
  const isLate = first.late > 0 || again.late > 0
  const problems = [
    ...compareContents('events', contentsOf('events', first.events), contentsOf('events', again.events)),
    ...compareContents(
      'metrics',
      contentsOf('metrics', first.metrics.values()),
      contentsOf('metrics', again.metrics.values()),
    ),
    ...compareContents('dead letters', first.deadLetters.map(textOf), again.deadLetters.map(textOf)),
  ]
  if (isLate) return problems
  return [
    ...problems,
    ...compareContents(
      'alerts',
      contentsOf('alerts', first.alerts.values()),
      contentsOf('alerts', again.alerts.values()),
    ),
    ...compareContents('transitions', transitionsOf(first), transitionsOf(again)),
  ]
}

function contentsOf(kind: DocumentKind, documents: Iterable<JsonObject>): string[] {
  return [...documents].map((document) => contentText(kind, structuredClone(document)))
}

function transitionsOf({ transitions }: BlockOutcome): string[] {
  return transitions.map(({ t, kind, labels }) => textOf({ at: timeText(t), transition: kind, labels: plain(labels) }))
}

function textOf(value: Json): string {
  return JSON.stringify(value)
}

/** Contents that are shown of each run. */
const maxShown = 3

function compareContents(title: string, first: readonly string[], again: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const text of first) counts.set(text, (counts.get(text) ?? 0) + 1)
  for (const text of again) counts.set(text, (counts.get(text) ?? 0) - 1)
  const lines: string[] = []
  for (const [text, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (count !== 0) lines.push(`  ${count > 0 ? 'as given ' : 'spread   '} ${text}`)
  }
  if (lines.length === 0) return []
  return [`${title}: not the same over ${spread} partitions with other cuts`, ...lines.slice(0, maxShown * 2)]
}
