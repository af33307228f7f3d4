import type { Clock, VirtualClock } from '../../../src/core/clock.ts'

/** Time stands still while there is work: whoever waits moves it on. */
export class DrivenClock implements Clock {
  readonly #clock: VirtualClock
  /** Timers that were neither run nor cancelled. */
  waiting = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  schedule(atMs: number, run: () => void): () => void {
    let isOpen = true
    const close = (): void => {
      if (isOpen) this.waiting--
      isOpen = false
    }
    this.waiting++
    const cancel = this.#clock.schedule(atMs, () => {
      close()
      run()
    })
    queueMicrotask(() => {
      if (isOpen) this.#clock.advanceTo(atMs)
    })
    return () => {
      close()
      cancel()
    }
  }
}
