import { enginesOf, type Engines } from '../engines.ts'
import { storyStart } from '../events.ts'
import type { Dice } from './random.ts'

/** What one event looks like in the input, and what it has to count as. Blank ones are no event. */
export interface Item {
  /** Arrival, epoch ms. */
  readonly atMs: number
  readonly lines: readonly string[]
  readonly format: 'nginx_access' | 'python_logging' | 'logfmt' | 'blank'
  /** For requests. */
  readonly path: string
  readonly status: number
  /** Belongs to what is planted: it must not come late. */
  readonly isPlanted: boolean
}

/** Minutes of the story. */
const minutes = 7
export const storyEnd = storyStart + minutes * 60_000
/** Requests for `/pay` fail from minute 2 to 4. */
const [failFromMs, failToMs] = [storyStart + 120_000, storyStart + 240_000]
const panics = [
  { atMs: storyStart + 75_000, logger: 'shop.stock' },
  { atMs: storyStart + 200_000, logger: 'shop.mail' },
]

/** Instances that must fire and resolve once each, as `rule key`. */
export const plannedAlerts = ['pay-errors /pay', 'panic shop.mail', 'panic shop.stock']

/** What is derived and watched. */
export function shopEngines(): Engines {
  return enginesWith({ percentiles: [50, 95], above: '15%' })
}

/** The metric `durations` and the rule `pay-errors` are others; the rest is the same. */
export function changedEngines(): Engines {
  return enginesWith({ percentiles: [50, 99], above: '20%' })
}

function enginesWith({ percentiles, above }: { percentiles: readonly number[]; above: string }): Engines {
  return enginesOf({
    derives: [
      { id: 'requests', type: 'requests', by: ['url.path'], where: ['url.path exists'], window: '1m' },
      { id: 'formats', type: 'count', by: ['logpipe.format'], window: '30s' },
      { id: 'durations', type: 'percentiles', field: 'event.duration', percentiles, window: '1m' },
    ],
    rules: [
      {
        id: 'pay-errors',
        type: 'ratio',
        by: ['url.path'],
        where: ['url.path exists'],
        bad: ['http.response.status_code >= 500'],
        window: '1m',
        min_events: 1,
        above,
        for: '15s',
        severity: 'high',
      },
      {
        id: 'panic',
        type: 'any',
        where: ['message contains "panic"'],
        by: ['log.logger'],
        severity: 'critical',
        resolve_after: '1m',
      },
    ],
  })
}

/** Lines of a small shop, with times that are up to 4 s out of order; a lull of all of it now and then. */
export function shopItems(dice: Dice): Item[] {
  const items: Item[] = panics.map(({ atMs, logger }) => ({
    ...blank(atMs),
    lines: [`${clockText(atMs)} [CRITICAL] ${logger}: panic in worker`],
    format: 'python_logging',
    isPlanted: true,
  }))
  const lullMs = storyStart + dice.between(20, 40) * 10_000
  for (let atMs = storyStart; atMs < storyEnd; atMs += dice.between(600, 2400)) {
    const isLull = atMs >= lullMs && atMs < lullMs + 45_000 && (atMs < failFromMs - 60_000 || atMs > failToMs + 60_000)
    if (!isLull) items.push(itemAt(atMs, items.length, dice))
  }
  return items.sort((a, b) => a.atMs - b.atMs)
}

function itemAt(atMs: number, n: number, dice: Dice): Item {
  const eventMs = atMs - (dice.chance(0.2) ? dice.between(0, 4000) : 0)
  const kind = dice.between(0, 9)
  if (kind <= 4) return request(atMs, eventMs, { n, dice })
  if (kind === 5) return { ...blank(atMs), lines: [dice.chance(0.5) ? '' : '   '] }
  if (kind === 6) {
    const line = `time=${new Date(eventMs).toISOString()} level=warn msg="cart ${n} saved" duration=${dice.between(1, 900)}ms`
    return { ...blank(atMs), lines: [line], format: 'logfmt' }
  }
  const head = `${clockText(eventMs)} [${kind === 7 ? 'ERROR' : 'INFO'}] shop.cart: order ${n}`
  const trace = [
    'Traceback (most recent call last):',
    `  File "cart.py", line ${n}, in save`,
    '    save()',
    'ValueError: no',
  ]
  return { ...blank(atMs), lines: kind === 7 ? [head, ...trace] : [head], format: 'python_logging' }
}

function request(atMs: number, eventMs: number, by: { n: number; dice: Dice }): Item {
  const isPay = by.n % 2 === 0
  const path = isPay ? '/pay' : `/page${by.dice.between(1, 3)}`
  const isFailing = isPay && eventMs >= failFromMs && eventMs < failToMs
  const status = isFailing ? 503 : by.dice.chance(0.1) ? 404 : 200
  const second = new Date(eventMs).toISOString().slice(11, 19)
  const line = `10.0.0.7 - - [01/Mar/2026:${second} +0000] "GET ${path} HTTP/1.1" ${status} ${by.n} "-" "curl/8.4.0"`
  return { ...blank(atMs), lines: [line], format: 'nginx_access', path, status, isPlanted: isPay }
}

function blank(atMs: number): Item {
  return { atMs, lines: [''], format: 'blank', path: '', status: 0, isPlanted: false }
}

function clockText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('.', ',').slice(0, 23)
}

/** Event time of an item as its lines tell it, epoch ms. */
function timeOf({ lines, format }: Item): number {
  const line = lines[0]!
  if (format === 'nginx_access') return Date.parse(`2026-03-01T${/:(\d\d:\d\d:\d\d) /.exec(line)![1]!}Z`)
  if (format === 'logfmt') return Date.parse(/^time=(\S+)/.exec(line)![1]!)
  return Date.parse(`${line.slice(0, 23).replace(' ', 'T').replace(',', '.')}Z`)
}

/** Counts that metric documents must have, by `derive key window-start`; `failed` for requests. */
export function recount(items: readonly Item[]): Record<string, { count: number; failed: number }> {
  const counts: Record<string, { count: number; failed: number }> = {}
  function add(derive: string, key: string, start: number, isFailed: boolean): void {
    const one = (counts[`${derive} ${key} ${new Date(start).toISOString()}`] ??= { count: 0, failed: 0 })
    one.count++
    if (isFailed) one.failed++
  }
  for (const item of items) {
    if (item.format === 'blank') continue
    const ms = timeOf(item)
    const minute = ms - (ms % 60_000)
    add('formats', item.format, ms - (ms % 30_000), false)
    if (item.path !== '') add('requests', item.path, minute, item.status >= 500)
    if (item.format === 'logfmt') add('durations', '', minute, false)
  }
  return counts
}
