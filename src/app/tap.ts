import type { Transition } from '../alert/publish.ts'
import { parseCondition } from '../core/condition.ts'
import type { EventBatch, RowFilter } from '../core/event-batch.ts'
import { documentOf } from '../core/log-event.ts'
import { compileFilter } from '../core/row-filter.ts'
import { isoText } from '../core/time-text.ts'
import type { TapRequest } from '../server/tap-api.ts'

/** Lines that wait for a slow reader; further ones are left out and counted. */
const mostWaiting = 1000
const mostTaps = 4

/**
 * Live looks at what flows: each takes samples and counts what it leaves out, so the flow never waits for one. Events are
 * seen as they are stored, after the mask.
 */
export class Taps {
  readonly #open = new Set<Tap>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Lines of JSON, the last one with the counts; a text says why there is none. */
  open(request: TapRequest): ReadableStream<Uint8Array> | string {
    if (this.#open.size >= mostTaps) return `there are ${mostTaps} taps already`
    const fault = request.where.map((text) => parseCondition(text).fault).find((found) => found !== undefined)
    if (fault !== undefined) return `the filter cannot be read: ${fault.message}`
    if (request.stage === 'alert' && request.where.length > 0) return 'filters are about events'
    const tap = new Tap(request, { now: this.#now, ended: () => this.#open.delete(tap) })
    this.#open.add(tap)
    return tap.lines
  }

  events(batch: EventBatch): void {
    for (const tap of this.#open) tap.events(batch)
  }

  transition(transition: Transition): void {
    for (const tap of this.#open) tap.transition(transition)
  }

  close(): void {
    for (const tap of this.#open) tap.end()
  }
}

class Tap {
  readonly lines: ReadableStream<Uint8Array>
  readonly #request: TapRequest
  readonly #filter: RowFilter | undefined
  readonly #ports: { readonly now: () => number; readonly ended: () => void }
  readonly #encoder = new TextEncoder()
  readonly #timer: NodeJS.Timeout
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #rows = new Int32Array(0)
  /** What may be shown now: grows with the rate. */
  #allowance: number
  #grownMs: number
  #seen = 0
  #shown = 0

  constructor(request: TapRequest, ports: { now: () => number; ended: () => void }) {
    this.#request = request
    this.#ports = ports
    this.#filter = compileFilter({ where: request.where })
    this.#allowance = Math.max(1, request.perSecond)
    this.#grownMs = ports.now()
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void =>
      void (this.#controller = controller)
    this.lines = new ReadableStream({ start, cancel: () => void this.#close() }, { highWaterMark: mostWaiting })
    this.#timer = setTimeout(() => this.end(), request.forMs)
  }

  events(batch: EventBatch): void {
    if (this.#request.stage !== 'parse') return
    if (this.#rows.length < batch.count) this.#rows = new Int32Array(batch.count)
    for (let row = 0; row < batch.count; row++) this.#rows[row] = row
    const count = this.#filter?.select(batch, this.#rows, batch.count) ?? batch.count
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      this.#offer(() => {
        const isText = batch.tables.formats[batch.format[row]!]?.name === 'text'
        return { verdict: isText ? 'unmodified' : 'modified', event: documentOf(batch, row) }
      })
    }
    if (this.#filter !== undefined) return
    for (const { reason, error } of batch.dead) this.#offer(() => ({ verdict: 'rejected', reason, error }))
    for (const [reason, n] of batch.drops) this.#offer(() => ({ verdict: 'dropped', reason, count: n }))
  }

  transition({ kind, rule, labels, annotations, t }: Transition): void {
    if (this.#request.stage === 'alert')
      this.#offer(() => ({ verdict: kind, rule, at: isoText(t), labels, annotations }))
  }

  end(): void {
    if (!this.#close()) return
    this.#write({ seen: this.#seen, shown: this.#shown, left_out: this.#seen - this.#shown })
    this.#controller.close()
  }

  #offer(make: () => object): void {
    if (this.#isClosed) return
    this.#seen++
    if (!this.#mayShow()) return
    this.#shown++
    this.#write({ stage: this.#request.stage, ...make() })
    if (this.#shown >= this.#request.limit) this.end()
  }

  #mayShow(): boolean {
    const { perSecond } = this.#request
    const nowMs = this.#ports.now()
    const grown = this.#allowance + ((nowMs - this.#grownMs) / 1000) * perSecond
    this.#allowance = Math.min(Math.max(1, perSecond), grown)
    this.#grownMs = nowMs
    if (this.#allowance < 1 || (this.#controller.desiredSize ?? 0) <= 0) return false
    this.#allowance--
    return true
  }

  #write(line: object): void {
    this.#controller.enqueue(this.#encoder.encode(`${JSON.stringify(line)}\n`))
  }

  #isClosed = false

  /** False if it was closed before. */
  #close(): boolean {
    if (this.#isClosed) return false
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#ports.ended()
    return true
  }
}
