import type { Clock } from '../core/clock.ts'
import type { Channel, Notice } from '../core/component.ts'
import { isLogpipeError } from '../core/error.ts'
import type { Output } from '../core/unit.ts'
import type { Telemetry } from '../telemetry/events.ts'

/** Alert revisions in the order of their commits, from 1. */
export interface AlertFeed {
  alertsAfter(n: number, limit: number): readonly { readonly n: number; readonly output: Output }[]
}

/** What outlives the process: up to which revision a channel has nothing left to send. */
export interface DeliveryLog {
  /** Undefined: the channel is new. */
  settled(channel: string): number | undefined
  /** Written after success. Lost with a crash, the notice goes out once more, under the same key. */
  settle(channel: string, n: number): void
}

export interface DispatcherSettings {
  readonly channels: readonly { readonly name: string; readonly channel: Channel }[]
  readonly feed: AlertFeed
  readonly log: DeliveryLog
  /** Last revision there is at the start: a new channel begins behind it. */
  readonly newest: number
  readonly clock: Clock
  readonly telemetry: Pick<Telemetry, 'noticeSent' | 'noticeFailed' | 'reported'>
  /** A number in [0, 1), for the jitter of pauses. */
  readonly random: () => number
  /** Alerts that wait for one channel at most; the others wait in the store. */
  readonly capacity?: number
}

const defaultCapacity = 1000
/** Pauses double from the first to the last, ms. */
const [firstPauseMs, lastPauseMs] = [1000, 60_000]

/**
 * Tells channels of alerts once they are committed. Each channel has a queue, a pace and a place of its own, so a dead
 * one blocks no other. At least once: what was not settled when the process died is sent again, under the same key.
 */
export class Dispatcher {
  readonly #settings: DispatcherSettings
  readonly #lanes: readonly Lane[]

  constructor(settings: DispatcherSettings) {
    this.#settings = settings
    this.#lanes = settings.channels.map((one) => new Lane(one.name, one.channel, settings))
  }

  /** Something was committed. Returns at once. */
  nudge(): void {
    for (const lane of this.#lanes) lane.nudge()
  }

  /**
   * Sends what it can within `drainMs`, then ends what is under way; the rest is sent at the next start. Harmless twice.
   */
  async stop(drainMs: number): Promise<void> {
    const { clock } = this.#settings
    let cancel: (() => void) | undefined
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + drainMs, resolve)
    })
    await Promise.race([late, Promise.all(this.#lanes.map((lane) => lane.idle))])
    cancel?.()
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
  }
}

/** A notice that waits. */
interface Waiting {
  readonly n: number
  readonly output: Output
}

/** One channel: sends one notice at a time, in the order of commits, and the newest revision of each alert only. */
class Lane {
  readonly #name: string
  readonly #channel: Channel
  readonly #settings: DispatcherSettings
  readonly #capacity: number
  /** By alert, in the order of `n`: a newer revision takes the place of an older one at the end. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #abort = new AbortController()
  #readTo: number
  #pauseMs = 0
  #running: Promise<void> | undefined
  #isNudged = false
  #cancelPause: (() => void) | undefined

  constructor(name: string, channel: Channel, settings: DispatcherSettings) {
    this.#name = name
    this.#channel = channel
    this.#settings = settings
    this.#capacity = settings.capacity ?? defaultCapacity
    const { log, newest } = settings
    const settled = log.settled(name)
    if (settled === undefined) log.settle(name, newest)
    this.#readTo = settled ?? newest
  }

  nudge(): void {
    this.#isNudged = true
    if (this.#abort.signal.aborted || this.#running !== undefined) return
    this.#running = this.#run()
      .catch((error: unknown) => this.#settings.telemetry.reported(error)) // The store; the next nudge tries again.
      .finally(() => (this.#running = undefined))
  }

  /** Resolves when nothing is left to send. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#cancelPause?.()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#isNudged && !this.#abort.signal.aborted) {
      this.#isNudged = false
      for (;;) {
        this.#read()
        const [next] = this.#waiting.values()
        if (next === undefined || this.#abort.signal.aborted) break
        await this.#send(next)
      }
      this.#settle(this.#readTo)
    }
  }

  /** Reads on as long as there is room. A newer revision makes no alert more. */
  #read(): void {
    for (;;) {
      const limit = this.#capacity - this.#waiting.size
      const found = limit > 0 ? this.#settings.feed.alertsAfter(this.#readTo, limit) : []
      for (const waiting of found) {
        const { n, output } = waiting
        this.#readTo = n
        if (isShadow(output)) continue
        this.#waiting.delete(output.id)
        this.#waiting.set(output.id, waiting)
      }
      if (found.length === 0) return
    }
  }

  async #send({ output, n }: Waiting): Promise<void> {
    const { telemetry } = this.#settings
    try {
      await this.#channel.send(noticeOf(output), this.#abort.signal)
      telemetry.noticeSent(this.#name)
    } catch (error) {
      if (this.#abort.signal.aborted) return
      const isRetried = isLogpipeError(error) && error.retryable
      telemetry.noticeFailed(this.#name, error, isRetried)
      if (isRetried) return await this.#pause(error.retryAfterMs)
    }
    this.#pauseMs = 0
    this.#waiting.delete(output.id)
    this.#settle(n)
  }

  /** All revisions before the first that waits are done with. */
  #settle(n: number): void {
    const { log } = this.#settings
    const [first] = this.#waiting.values()
    const done = first === undefined ? n : Math.min(n, first.n - 1)
    if (done > (log.settled(this.#name) ?? 0)) log.settle(this.#name, done)
  }

  /** Exponential back-off with full jitter in its upper half, at least as long as the other side asks for. */
  async #pause(retryAfterMs = 0): Promise<void> {
    const { clock, random } = this.#settings
    this.#pauseMs = Math.min(lastPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2))
    const pauseMs = Math.max(retryAfterMs, this.#pauseMs * (0.5 + random() / 2))
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(clock.now() + pauseMs, resolve)
      this.#cancelPause = () => {
        cancel()
        resolve()
      }
    })
    this.#cancelPause = undefined
  }
}

function noticeOf({ id, revision, value }: Output): Notice {
  return { idempotencyKey: `${id}:${revision}`, body: value }
}

/** Rules that run in shadow are evaluated and recorded, never told. */
function isShadow({ value }: Output): boolean {
  // Outputs of alerts are messages of `alert/record.ts`.
  const message = JSON.parse(value) as { logpipe?: { run?: string } }
  return message.logpipe?.run === 'shadow'
}
