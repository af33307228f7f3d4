import type { SessionOptions } from '../app/session.ts'
import { isoText } from '../core/time-text.ts'
import type { Output } from './output.ts'
import { escapeText, type Paint } from './terminal-text.ts'

type Events = Parameters<NonNullable<SessionOptions['onEvents']>>[0]
type Transition = Parameters<NonNullable<SessionOptions['onTransition']>>[0]

const slowNs = 5e8

/** Figures of the last second and alerts as they change, one line each. */
export class DemoView {
  readonly #output: Output
  readonly #paint: Paint
  #total = 0
  #events = 0
  #requests = 0
  #errors = 0
  #slow = 0
  readonly #changes: string[] = []
  readonly #counts = new Map<string, number>()

  constructor(output: Output, paint: Paint) {
    this.#output = output
    this.#paint = paint
  }

  count(events: Events): void {
    this.#total += events.count
    this.#events += events.count
    for (let row = 0; row < events.count; row++) {
      if (events.status[row] === 0) continue
      this.#requests++
      if (events.status[row]! >= 500) this.#errors++
      if (events.durationNs[row]! >= slowNs) this.#slow++
    }
  }

  add({ kind, rule, labels, annotations, t }: Transition): void {
    if (kind !== 'firing' && kind !== 'resolved') return
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    const subject = `${rule} ${labels['severity'] ?? ''} ${labels['service_name'] ?? ''}`
    const text = escapeText(
      `${isoText(t).slice(11, 19)} ${kind.toUpperCase().padEnd(8)} ${subject}  ${annotations['summary'] ?? ''}`,
    )
    this.#changes.push(kind === 'firing' ? this.#paint('red', text) : this.#paint('green', text))
  }

  async show(watermarkMs: number): Promise<void> {
    const changes = this.#changes.splice(0)
    const share = (n: number): string => `${((100 * n) / Math.max(1, this.#requests)).toFixed(1)}%`
    const time = Number.isFinite(watermarkMs) ? isoText(watermarkMs).slice(11, 19) : '--:--:--'
    const figures = `${this.#events} events, errors ${share(this.#errors)}, slow ${share(this.#slow)}`
    this.#events = this.#requests = this.#errors = this.#slow = 0
    await this.#output.lines([...changes, `${time} ${figures}`])
  }

  async finish(): Promise<void> {
    const count = (kind: string): number => this.#counts.get(kind) ?? 0
    const summary = `${this.#total} events, ${count('firing')} alerts fired, ${count('resolved')} resolved`
    await this.#output.lines([...this.#changes.splice(0), summary])
  }
}
