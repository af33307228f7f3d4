import { describe, expect, it } from 'vitest'
import { contentText } from '../../src/core/content.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/event-batch.ts'
import { FakeUnitLog } from '../support/fake-unit-log.ts'
import { streamsOf, type Stream } from '../support/simulation/partition.ts'
import { Dice } from '../support/simulation/random.ts'
import { plannedAlerts, recount, shopItems, storyEnd, type Item } from '../support/simulation/story.ts'
import { World, type LifePlan } from '../support/simulation/world.ts'
import { storyStart } from '../support/events.ts'

const seeds = Number(process.env['LOGPIPE_SIMULATION_SEEDS'] ?? 300)
const firstSeed = Number(process.env['LOGPIPE_SIMULATION_FROM'] ?? 1)
/** Engines that one story may take: more means that it never ends. */
const mostLives = 80

interface Run {
  readonly world: World
  readonly log: FakeUnitLog
  readonly streams: readonly Stream[]
}

/** How often each thing happened that the simulation is for. */
const happened: Record<string, number> = {}

function note(what: string, n = 1): void {
  happened[what] = (happened[what] ?? 0) + n
}

/** Reads everything in one go, with the decisions of another run if they are given. */
async function undisturbed(streams: readonly Stream[], dice: Dice, given?: FakeUnitLog): Promise<Run> {
  const log = new FakeUnitLog()
  for (const unit of given?.units() ?? []) log.give(unit, given!.decisions(unit))
  const pace = {
    commitEveryMs: 1e9,
    commitEveryBytes: dice.between(1, 1 << 16),
    snapshotEveryMs: 1e9,
    snapshotEveryBytes: 1e9,
  }
  const clock = new VirtualClock(storyEnd + 60_000)
  const world = new World({ streams, log, clock, dice, mostRecords: dice.between(1, 200), pace })
  const { ending } = await world.live({ badReads: 0 })
  if (ending !== 'done') throw world.error
  return { world, log, streams }
}

interface Disturbance {
  readonly kind: 'crash' | 'stop'
  readonly atCall: number
  readonly isHidden: boolean
}

/** What goes wrong under a seed; early enough to happen before everything is read. */
function planOf(
  dice: Dice,
  sources: number,
  latest: number,
): { disturbances: Disturbance[]; isLive: boolean; isLate: boolean } {
  const disturbances = Array.from({ length: dice.between(1, 4) }, (): Disturbance => {
    return { kind: dice.chance(0.7) ? 'crash' : 'stop', atCall: dice.between(1, latest), isHidden: false }
  })
  if (sources > 1 && dice.chance(0.2)) {
    disturbances.push(
      { kind: 'stop', atCall: dice.between(8, latest), isHidden: false },
      { kind: dice.chance(0.5) ? 'crash' : 'stop', atCall: dice.between(8, latest), isHidden: true },
    )
  }
  return { disturbances, isLive: dice.chance(0.5), isLate: sources > 1 && dice.chance(0.3) }
}

/** Undefined if it was over before all that was planned had happened: such a run proves nothing. */
async function disturbed(
  streams: readonly Stream[],
  dice: Dice,
  calls: number,
): Promise<(Run & { isTimely: boolean }) | undefined> {
  const mostRecords = dice.between(1, 60)
  const latest = Math.max(8, Math.floor(calls / mostRecords))
  const { disturbances, isLive, isLate } = planOf(dice, streams.length, latest)
  const isHiding = disturbances.some(({ isHidden }) => isHidden)
  const last = streams.at(-1)!.source.id
  const log = new FakeUnitLog({
    seed: dice.between(1, 1e9),
    rates: {
      unknown_before: 0.03,
      unknown_after: 0.03,
      fenced: 0.008,
      failed: 0.008,
      lost_decision: 0.01,
      // What a vanished source gave after the snapshot that is left cannot be had again.
      damaged_snapshot: isHiding ? 0 : 0.2,
    },
  })
  const startMs = isLive ? storyStart : storyEnd + 60_000
  const clock = new VirtualClock(startMs)
  const foundAtMs = new Map(isLate ? [[last, startMs + (isLive ? dice.between(40, 250) * 1000 : 5000)]] : [])
  const pace = {
    commitEveryMs: dice.between(500, 20_000),
    commitEveryBytes: dice.between(1, 12_000),
    snapshotEveryMs: dice.between(1000, 90_000),
    snapshotEveryBytes: dice.between(1, 40_000),
  }
  const world = new World({ streams, log, clock, dice, mostRecords, pace, foundAtMs })
  const left = [...disturbances]
  let isHidden = false
  for (let lives = 0; ; lives++) {
    if (lives === mostLives) throw new Error(`not done after ${mostLives} engines: ${String(world.error)}`)
    const next = left[0]
    // What a source gave after the last snapshot is lost with it: it may go after a stop, and not after a crash.
    isHidden = next?.isHidden === true && (isHidden || log.isWhole())
    const plan: LifePlan = {
      badReads: isLive ? 0.02 : 0.1,
      ...(next?.kind === 'crash' ? { crashAtCall: next.atCall } : {}),
      ...(next?.kind === 'stop' ? { stopAtCall: next.atCall } : {}),
      hidden: new Set(isHidden ? [last] : []),
    }
    const { ending, calls: made } = await world.live(plan)
    note(ending === 'done' && next !== undefined ? 'stopped' : ending)
    if (ending === 'failed') continue
    if (ending === 'done' && next === undefined) break
    if (next !== undefined && made < next.atCall) return undefined
    left.shift()
    if (isHidden) note('hidden source')
    if (dice.chance(0.5)) clock.advanceTo(clock.now() + dice.between(0, 20_000))
  }
  for (const [what, n] of Object.entries(log.faults)) note(what, n)
  for (const [what, n] of Object.entries(world.happened)) note(what, n)
  for (const unit of log.units()) for (const { kind } of log.decisions(unit)) note(`decision ${kind}`)
  if (isLate) note('late source')
  return { world, log, streams, isTimely: !isLate && !isHiding }
}

/** Everything that holds of any run, told as what does not. */
function violationsOf({ world, log, streams }: Run, items: readonly Item[]): string[] {
  return [
    ...world.violations,
    ...log.mismatches.map((name) => `${name} does not follow`),
    ...lineViolations(world, streams),
    ...metricViolations(log, items),
    ...alertViolations(log),
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
function metricViolations(log: FakeUnitLog, items: readonly Item[]): string[] {
  const expected = recount(items)
  const found: string[] = []
  for (const { value } of log.metrics.values()) {
    const { labels, logpipe } = JSON.parse(value) as MetricDocument
    const { id, window_start, count, values } = logpipe.metric
    if (id === 'pay-errors') continue
    const name = `${id} ${Object.values(labels)[0] ?? ''} ${window_start}`
    const wanted = expected[name]
    delete expected[name]
    if (count !== wanted?.count) found.push(`${name}: ${count} instead of ${wanted?.count}`)
    if (id === 'requests' && values['status_5xx'] !== wanted?.failed)
      found.push(`${name}: failed ${values['status_5xx']}`)
  }
  return [...found, ...Object.keys(expected).map((name) => `${name} has no document`)]
}

interface AlertDocument {
  readonly alerts: readonly { labels: Record<string, string> }[]
  readonly logpipe: { ruleId: string; transition: string; revision: number }
}

/** Each planned instance has fired once and resolved once, in that order. */
function alertViolations(log: FakeUnitLog): string[] {
  const told: Record<string, string[]> = {}
  for (const { value } of log.alerts) {
    const { alerts, logpipe } = JSON.parse(value) as AlertDocument
    const { alertname: _, severity: __, ...labels } = alerts[0]!.labels
    const list = (told[`${logpipe.ruleId} ${Object.values(labels)[0]}`] ??= [])
    if (logpipe.transition !== 'updated') list.push(logpipe.transition)
  }
  const wanted = Object.fromEntries(plannedAlerts.map((name) => [name, ['firing', 'resolved']]))
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

function firstDifference(a: Run, b: Run): string[] {
  const [left, right] = [exactOf(a), exactOf(b)]
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (left[key] !== right[key]) return [`${key}: ${left[key]} but undisturbed ${right[key]}`]
  }
  return []
}

function firstContentDifference(a: Run, b: Run): string[] {
  const [left, right] = [contentOf(a), contentOf(b)]
  const at = left.findIndex((text, i) => text !== right[i])
  return at < 0 && left.length === right.length ? [] : [`content ${left[at]} but ${right[at]}`]
}

function newDecisions(run: Run, given: FakeUnitLog): string[] {
  return run.log.units().flatMap((unit) => {
    const extra = run.log.decisions(unit).slice(given.decisions(unit).length)
    return extra.map(({ kind }) => `${unit} decided ${kind} anew`)
  })
}

async function tell(seed: number): Promise<string[]> {
  const dice = new Dice(seed)
  const items = shopItems(dice)
  const streams = streamsOf(items, dice.between(1, 4), dice)
  let killed: (Run & { isTimely: boolean }) | undefined
  for (let calls = 800; killed === undefined; calls /= 2) {
    if (calls < 8) return ['void: what was planned never happened']
    killed = await disturbed(streams, dice, calls)
  }
  const again = await undisturbed(streams, dice, killed.log)
  return [
    ...violationsOf(killed, items),
    ...violationsOf(again, items),
    ...firstDifference(killed, again).map((text) => `exact: ${text}`),
    ...newDecisions(again, killed.log),
    ...(seed % 3 === 0 ? await contentViolations(killed, items, dice) : []),
  ]
}

/** What another number of partitions, other batches, and the killed run make of the same lines. */
async function contentViolations(
  killed: Run & { isTimely: boolean },
  items: readonly Item[],
  dice: Dice,
): Promise<string[]> {
  const plain = await undisturbed(killed.streams, dice)
  const other = await undisturbed(streamsOf(items, dice.between(1, 4), dice), dice)
  return [
    ...violationsOf(other, items),
    ...firstContentDifference(other, plain).map((text) => `other partitions: ${text}`),
    ...(killed.isTimely ? firstContentDifference(killed, plain).map((text) => `killed: ${text}`) : []),
  ]
}

describe('the engine', () => {
  it(`loses and repeats nothing in ${seeds} runs with crashes and faults`, async () => {
    const failures: Record<string, string[]> = {}
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const found = await tell(seed).catch((error: unknown) => [
        `${error instanceof Error ? error.stack : String(error)}`,
      ])
      if (found.length > 0) failures[`seed ${seed}`] = found.slice(0, 40).map((text) => text.slice(0, 900))
    }
    const told = JSON.stringify({ failures: Object.keys(failures).length, happened })
    if (process.env['LOGPIPE_SIMULATION_TELL'] !== undefined) console.log(told)
    expect(Object.fromEntries(Object.entries(failures).slice(0, 12)), told).toEqual({})
    const rare = [
      'crashed',
      'stopped',
      'failed',
      'hidden source',
      'late source',
      'decision lull',
      'decision join_flush',
    ]
    for (const what of [
      ...rare,
      'decision include',
      'decision exclude',
      'readError',
      'emptyRead',
      'slowRead',
      'fenced',
    ])
      expect(happened[what] ?? 0, `${what}, of ${told}`).toBeGreaterThan(seeds / 100)
  }, 120_000)
})
