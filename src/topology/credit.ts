/**
 * Bytes that may be in flight between source and sinks. RxJS has no back-pressure of its own, so a source asks here
 * before it reads, and whoever settles a batch gives its bytes back.
 */
export class Credit {
  readonly #limit: number
  #inFlight = 0
  #wake: (() => void) | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  get inFlight(): number {
    return this.#inFlight
  }

  take(bytes: number): void {
    this.#inFlight += bytes
  }

  give(bytes: number): void {
    this.#inFlight -= bytes
    if (this.#inFlight >= this.#limit) return
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves as soon as there is room. One waiter at a time. */
  async room(): Promise<void> {
    if (this.#inFlight < this.#limit) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
