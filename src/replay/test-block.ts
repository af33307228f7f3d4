import { contentText, type DocumentKind } from '../core/content.ts'
import { EventTables, isJsonObject, valueAt, wordOf, type Json, type JsonObject } from '../core/event-batch.ts'
import type { Labels } from '../core/fingerprint.ts'
import { labelName } from '../core/series.ts'
import type { ExpectedMetric, TestBlock } from '../core/test-block.ts'
import { blockSource, runBlock, type BlockOutcome, type BlockStages } from './block-run.ts'
import { groupsOf, type Group } from './given.ts'
import { compareLists, timeText } from './match.ts'

/** How a block went. */
export interface BlockVerdict {
  /** What to print, one line each; none: it passed. */
  readonly problems: readonly string[]
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
  const random = randomOf(block.name)
  const partitions = spreadOut(groups, random)
  const cut = (): number => 1 + Math.floor(random() * longestCut)
  const again = runBlock(stages, { block, partitions, cut, keepsGenerated })
  return {
    problems: [...compareWithExpectation(block, outcome), ...compareRuns(outcome, again)],
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

function compareWithExpectation({ expect }: TestBlock, outcome: BlockOutcome): string[] {
  const problems: string[] = []
  const { events, metrics, alerts, transitions, deadLetters, drops } = expect
  if (events !== undefined) problems.push(...compareLists('events', events, outcome.events))
  if (metrics !== undefined) problems.push(...compareMetrics(metrics, outcome))
  if (transitions !== undefined) {
    const expected = transitions.map(({ atMs, transition, labels }) => {
      return { at: timeText(atMs), transition, ...(labels === undefined ? {} : { labels }) }
    })
    const got = outcome.transitions.map(({ t, kind, labels }) => {
      return { at: timeText(t), transition: kind, labels: plain(labels) }
    })
    problems.push(...compareLists('transitions', expected, got))
  }
  if (alerts !== undefined) problems.push(...compareAlerts(alerts, outcome))
  if (deadLetters !== undefined) problems.push(...compareLists('dead_letters', deadLetters, outcome.deadLetters))
  if (drops !== undefined) {
    const got = [...outcome.drops].map(([reason, count]) => ({ reason, count }))
    const expected = drops.map(({ reason, count }) => ({ reason, count }))
    problems.push(...compareLists('drops', expected, got))
  }
  return problems
}

/** The list is whole for each derive that it names; an empty one says that there is no metric at all. */
function compareMetrics(metrics: readonly ExpectedMetric[], outcome: BlockOutcome): string[] {
  const named = new Set(metrics.map(({ derive }) => derive))
  const got = [...outcome.metrics.values()].flatMap((document) => {
    const metric = valueAt(document, 'logpipe.metric')
    if (!isJsonObject(metric)) return []
    const derive = wordOf(metric['id'] ?? '')
    if (named.size > 0 && !named.has(derive)) return []
    const start = wordOf(metric['window_start'] ?? '').replace('.000Z', 'Z')
    return [{ derive, by: document['labels'] ?? {}, window_start: start, values: metric['values'] ?? {} }]
  })
  const expected = metrics.map(({ derive, by, windowStartMs, values }): JsonObject => {
    const labels = Object.entries(by ?? {}).map(([field, value]) => [labelName(field), value] as const)
    return {
      derive,
      ...(by === undefined ? {} : { by: Object.fromEntries(labels) }),
      ...(windowStartMs === undefined ? {} : { window_start: timeText(windowStartMs) }),
      values,
    }
  })
  return compareLists('metrics', expected, got)
}

function compareAlerts(alerts: NonNullable<TestBlock['expect']['alerts']>, outcome: BlockOutcome): string[] {
  const problems: string[] = []
  for (const atMs of new Set(alerts.map((alert) => alert.atMs))) {
    const active = outcome.active.get(atMs)
    if (active === undefined) {
      problems.push(`alerts at ${timeText(atMs)}: this is after the end of the block`)
      continue
    }
    const got = active.map(({ state, episode }) => {
      return { state, labels: plain(episode.labels), annotations: plain(episode.annotations) }
    })
    const expected = alerts.flatMap(({ atMs: at, state, labels, annotations }): JsonObject[] => {
      if (at !== atMs || state === 'none') return []
      return [
        {
          state,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
      ]
    })
    problems.push(...compareLists(`alerts at ${timeText(atMs)}`, expected, got))
  }
  return problems
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
