import { contentText } from '../../../src/core/content.ts'
import type { JsonObject } from '../../../src/core/event-batch.ts'
import type { FakeUnitLog } from '../fake-unit-log.ts'
import type { Stream } from './partition.ts'
import { plannedAlerts, recount, type Item } from './story.ts'
import type { World } from './world.ts'

/** A story that was read to its end. */
export interface Run {
  readonly world: World
  readonly log: FakeUnitLog
  readonly streams: readonly Stream[]
  /** The input ended once in the middle, so that what is planted may lie on both sides. */
  readonly isCut?: boolean
  /** Another configuration came into force on the way: what it changes may lie on both sides. */
  readonly isReloaded?: boolean
}

/** What the second configuration changes. */
const changedIds = new Set(['durations', 'pay-errors'])

/** Everything that holds of any run, told as what does not. */
export function violationsOf(
  { world, log, streams, isCut, isReloaded = false }: Run,
  items: readonly Item[],
): string[] {
  return [
    ...world.violations,
    ...log.mismatches.map((name) => `${name} does not follow`),
    ...lineViolations(world, streams),
    ...metricViolations(log, items, isReloaded),
    ...(isCut === true ? [] : alertViolations(log, isReloaded)),
    ...(world.happened.timersLeft > 0 ? ['a timer was left behind'] : []),
  ]
}

/** Every line belongs to exactly one event, or is blank. */
function lineViolations(world: World, streams: readonly Stream[]): string[] {
  const found: string[] = []
  const bySource = new Map(streams.map((stream) => [stream.source.id, stream]))
  const seen = new Map<Item, number>()
  for (const [key, doc] of world.events) {
    const [source = '', position = ''] = key.split(' ')
    const item = bySource.get(source)?.itemAt(Number(position))
    if (item === undefined || item.format === 'blank') found.push(`${key} is an event of nothing`)
    else {
      seen.set(item, (seen.get(item) ?? 0) + 1)
      const { logpipe } = JSON.parse(doc) as { logpipe: { lines?: number; format: string } }
      if ((logpipe.lines ?? 1) !== item.lines.length)
        found.push(`${key} has ${logpipe.lines} of ${item.lines.length} lines`)
      if (logpipe.format !== item.format) found.push(`${key} was read as ${logpipe.format}`)
    }
    if (world.piped.get(key) !== doc) found.push(`${key} was not piped`)
  }
  for (const stream of streams) {
    for (const item of new Set(stream.records.map((record) => record.item))) {
      const times = seen.get(item) ?? 0
      if (times !== (item.format === 'blank' ? 0 : 1)) found.push(`${times} events of ${item.lines[0]}`)
    }
  }
  return found
}

interface MetricDocument {
  readonly labels: Record<string, string>
  readonly logpipe: {
    readonly metric: { id: string; window_start: string; count: number; values: Record<string, number> }
  }
}

/** Newest metric documents equal a recount of the lines. */
function metricViolations(log: FakeUnitLog, items: readonly Item[], isReloaded: boolean): string[] {
  const expected = recount(items)
  const found: string[] = []
  for (const { value } of log.metrics.values()) {
    const { labels, logpipe } = JSON.parse(value) as MetricDocument
    const { id, window_start, count, values } = logpipe.metric
    if (id === 'pay-errors' || (isReloaded && changedIds.has(id))) continue
    const name = `${id} ${Object.values(labels)[0] ?? ''} ${window_start}`
    const wanted = expected[name]
    delete expected[name]
    if (count !== wanted?.count) found.push(`${name}: ${count} instead of ${wanted?.count}`)
    if (id === 'requests' && values['status_5xx'] !== wanted?.failed)
      found.push(`${name}: failed ${values['status_5xx']}`)
  }
  const missing = Object.keys(expected).filter((name) => !isReloaded || !changedIds.has(name.split(' ')[0]!))
  return [...found, ...missing.map((name) => `${name} has no document`)]
}

interface AlertDocument {
  readonly alerts: readonly { labels: Record<string, string> }[]
  readonly logpipe: { ruleId: string; transition: string; revision: number }
}

/** Each planned instance has fired once and resolved once, in that order. */
function alertViolations(log: FakeUnitLog, isReloaded: boolean): string[] {
  const told: Record<string, string[]> = {}
  for (const { value } of log.alerts) {
    const { alerts, logpipe } = JSON.parse(value) as AlertDocument
    if (isReloaded && changedIds.has(logpipe.ruleId)) continue
    const { alertname: _, severity: __, ...labels } = alerts[0]!.labels
    const list = (told[`${logpipe.ruleId} ${Object.values(labels)[0]}`] ??= [])
    if (logpipe.transition !== 'updated') list.push(logpipe.transition)
  }
  const planned = plannedAlerts.filter((name) => !isReloaded || !changedIds.has(name.split(' ')[0]!))
  const wanted = Object.fromEntries(planned.map((name) => [name, ['firing', 'resolved']]))
  const [is, shouldBe] = [told, wanted].map((one) =>
    JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))),
  )
  return is === shouldBe ? [] : [`alerts ${is}`]
}

/** All ids, revisions and contents. */
function exactOf({ world, log }: Run): Record<string, string> {
  return Object.fromEntries([...world.events, ...log.written])
}

/** Newest contents without ids and places. */
function contentOf({ world, log }: Run): string[] {
  const newest = new Map(log.alerts.map((alert) => [alert.id, alert]))
  const parts = [
    ...[...world.events.values()].map((doc) => contentText('events', JSON.parse(doc) as JsonObject)),
    ...[...log.metrics.values()].map(({ value }) => contentText('metrics', JSON.parse(value) as JsonObject)),
    ...[...newest.values()].map(({ value }) => contentText('alerts', JSON.parse(value) as JsonObject)),
  ]
  return parts.sort()
}

export function firstDifference(a: Run, b: Run): string[] {
  const [left, right] = [exactOf(a), exactOf(b)]
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (left[key] !== right[key]) return [`${key}: ${left[key]} but undisturbed ${right[key]}`]
  }
  return []
}

export function firstContentDifference(a: Run, b: Run): string[] {
  const [left, right] = [contentOf(a), contentOf(b)]
  const at = left.findIndex((text, i) => text !== right[i])
  return at < 0 && left.length === right.length ? [] : [`content ${left[at]} but ${right[at]}`]
}

export function newDecisions(run: Run, given: FakeUnitLog): string[] {
  return run.log.claimed().flatMap((unit) => {
    const before = given.decisions(unit)
    // A source that was not there when a configuration came into force is marked when it is read again.
    const isMarked = before.some(({ kind }) => kind === 'config')
    const extra = run.log.decisions(unit).slice(before.length)
    return extra.filter(({ kind }) => kind !== 'config' || isMarked).map(({ kind }) => `${unit} decided ${kind} anew`)
  })
}
