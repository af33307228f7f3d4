import type { Clock } from '../../src/core/clock.ts'

/** Time passes only while nothing is to be done: a second with each wait. */
export class IdleClock implements Clock {
  ms: number
  onIdle = (): void => {}

  constructor(ms: number) {
    this.ms = ms
  }

  now(): number {
    return this.ms
  }

  schedule(atMs: number, run: () => void): () => void {
    const turn = setImmediate(() => {
      this.ms = Math.max(this.ms + 1000, atMs)
      this.onIdle()
      run()
    })
    return () => clearImmediate(turn)
  }
}
