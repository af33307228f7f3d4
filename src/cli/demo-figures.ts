import type { SessionOptions } from '../app/session.ts'

export type Events = Parameters<NonNullable<SessionOptions['onEvents']>>[0]
export type Transition = Parameters<NonNullable<SessionOptions['onTransition']>>[0]

/** What one service does. */
export interface ServiceFigures {
  readonly name: string
  /** Of the last interval. */
  readonly perSecond: number
  readonly errorShare: number
  readonly slowShare: number
  /** Shares of the intervals before, the newest last. */
  readonly errorHistory: readonly number[]
  readonly slowHistory: readonly number[]
}

export interface DemoFrame {
  readonly services: readonly ServiceFigures[]
  readonly perSecond: number
  /** Newest change of each alert, newest first. */
  readonly alerts: readonly Transition[]
}

export interface DemoTotals {
  /** Lines that were read. An event may have several. */
  lines: number
  events: number
  dropped: number
  dead: number
  fired: number
  resolved: number
}

const slowNs = 5e8
const historyLength = 24

class Interval {
  events = 0
  requests = 0
  errors = 0
  slow = 0
  readonly errorHistory: number[] = []
  readonly slowHistory: number[] = []
}

/** Gathers what the live view shows. */
export class DemoFigures {
  readonly totals: DemoTotals = { lines: 0, events: 0, dropped: 0, dead: 0, fired: 0, resolved: 0 }
  readonly #services = new Map<string, Interval>()
  readonly #alerts = new Map<string, Transition>()

  count(events: Events): void {
    const { totals } = this
    totals.lines += events.records.count
    totals.events += events.count
    totals.dead += events.dead.length
    for (const n of events.drops.values()) totals.dropped += n
    const interval = this.#interval(serviceOf(events))
    interval.events += events.count
    for (let row = 0; row < events.count; row++) {
      if (events.status[row] === 0) continue
      interval.requests++
      if (events.status[row]! >= 500) interval.errors++
      if (events.durationNs[row]! >= slowNs) interval.slow++
    }
  }

  /** Only what people are told of. */
  add(transition: Transition): void {
    const { kind, alertId } = transition
    if (kind === 'firing') this.totals.fired++
    else if (kind === 'resolved') this.totals.resolved++
    else return
    this.#alerts.delete(alertId)
    this.#alerts.set(alertId, transition)
  }

  /** Ends an interval of so many seconds. */
  frame(seconds: number): DemoFrame {
    let sum = 0
    const services: ServiceFigures[] = []
    for (const [name, interval] of [...this.#services].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const { events, requests, errors, slow, errorHistory, slowHistory } = interval
      sum += events
      const [errorShare, slowShare] = [errors / Math.max(1, requests), slow / Math.max(1, requests)]
      for (const [history, share] of [
        [errorHistory, errorShare],
        [slowHistory, slowShare],
      ] as const) {
        history.push(share)
        if (history.length > historyLength) history.shift()
      }
      const perSecond = events / seconds
      services.push({
        name,
        perSecond,
        errorShare,
        slowShare,
        errorHistory: [...errorHistory],
        slowHistory: [...slowHistory],
      })
      interval.events = interval.requests = interval.errors = interval.slow = 0
    }
    return { services, perSecond: sum / seconds, alerts: [...this.#alerts.values()].reverse() }
  }

  #interval(name: string): Interval {
    let interval = this.#services.get(name)
    if (interval === undefined) this.#services.set(name, (interval = new Interval()))
    return interval
  }
}

/** The generator says which service writes a stream. */
function serviceOf({ records }: Events): string {
  const { source } = records
  const constant = source.constants.find(({ field }) => field === 'service.name')
  return String(constant?.value ?? source.name)
}
