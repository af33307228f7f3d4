import type { Position } from '../core/record-batch.ts'

/** A log line kept for alerts. */
export interface Sample {
  readonly pane: number
  readonly timeMs: number
  readonly source: string
  readonly position: Position
  readonly text: string
}

/** By time, then source, then position: the order of events, whatever frames they came in. */
export function compareSamples(a: Omit<Sample, 'pane' | 'text'>, b: Omit<Sample, 'pane' | 'text'>): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
  if (a.source !== b.source) return a.source < b.source ? -1 : 1
  if (a.position.offset !== b.position.offset) return a.position.offset < b.position.offset ? -1 : 1
  return a.position.sub - b.position.sub
}

/** The first lines of each pane of a series. */
export class SampleList {
  readonly #samples: Sample[] = []

  add(sample: Sample, perPane: number): void {
    const list = this.#samples
    let at = list.length
    while (at > 0 && compareSamples(list[at - 1]!, sample) > 0) at--
    list.splice(at, 0, sample)
    const inPane = list.filter(({ pane }) => pane === sample.pane)
    if (inPane.length > perPane) list.splice(list.indexOf(inPane.at(-1)!), 1)
  }

  /** Drops the lines of panes before `oldest`. */
  forget(oldest: number): void {
    let left = 0
    for (const sample of this.#samples) if (sample.pane >= oldest) this.#samples[left++] = sample
    this.#samples.length = left
  }

  /** The first lines of the panes [from, to). */
  first(count: number, from: number, to: number): string[] {
    const found = this.#samples.filter(({ pane }) => pane >= from && pane < to)
    return found.slice(0, count).map(({ text }) => text)
  }

  all(): readonly Sample[] {
    return this.#samples
  }
}
