/** Time that does not come from events. The pure core never reads it; live code gets the wall, tests a hand. */
export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Calls `run` once at or after `atMs`; the result cancels it. */
  schedule(atMs: number, run: () => void): () => void
}

/** A clock that stands still until told to move: for tests, `tests:` blocks and replay. */
export class VirtualClock implements Clock {
  #now: number
  #timers: { atMs: number; run: () => void }[] = []

  constructor(nowMs = 0) {
    this.#now = nowMs
  }

  now(): number {
    return this.#now
  }

  schedule(atMs: number, run: () => void): () => void {
    const timer = { atMs, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Runs every timer up to and including `ms` in the order of their times, then stands at `ms`. */
  advanceTo(ms: number): void {
    for (;;) {
      let next: { atMs: number; run: () => void } | undefined
      for (const timer of this.#timers) {
        if (timer.atMs <= ms && (next === undefined || timer.atMs < next.atMs)) next = timer
      }
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.atMs)
      next.run()
    }
    this.#now = Math.max(this.#now, ms)
  }
}
