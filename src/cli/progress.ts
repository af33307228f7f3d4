import { formatBytes, formatDuration } from '../core/quantity-text.ts'

export type ProgressMode = 'line' | 'plain' | 'json' | 'none'

/** How far a job is. Unknown totals show count and rate, never a fake percentage. */
export interface Figures {
  readonly done: number
  /** Undefined: unknown. */
  readonly total: number | undefined
  /** Bytes are written as sizes, anything else as a count with this word. */
  readonly unit: string
  /** What else there is to say, short. */
  readonly note?: string
}

export interface ProgressSettings {
  readonly mode: ProgressMode
  /** What is being done: `parsing app.log`. */
  readonly title: string
  /** To stderr. */
  readonly write: (text: string) => void
  /** Monotonic, ms. */
  readonly now: () => number
  readonly columns: number
}

/** A job that is done before this is not worth a bar. */
const quietMs = 2000
/** How often it is shown. */
const everyMs = { line: 100, json: 1000, plain: 10_000 }
const barWidth = 24

/** Shows how far a job is, as often as its mode allows, whenever `update` is called. */
export class Progress {
  readonly #settings: ProgressSettings
  readonly #startedMs: number
  #nextMs: number
  #hasLine = false

  constructor(settings: ProgressSettings) {
    this.#settings = settings
    this.#startedMs = settings.now()
    this.#nextMs = this.#startedMs + (settings.mode === 'plain' ? everyMs.plain : quietMs)
  }

  update(figures: Figures): void {
    const { mode, now } = this.#settings
    if (mode === 'none') return
    const nowMs = now()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + everyMs[mode]
    this.#show(figures, nowMs)
  }

  /** Takes the bar away: what follows begins on a clean line. */
  finish(): void {
    if (this.#hasLine) this.#settings.write('\r\u001b[K')
    this.#hasLine = false
  }

  #show(figures: Figures, nowMs: number): void {
    const { mode, title, write, columns } = this.#settings
    const estimate = estimateOf(figures, (nowMs - this.#startedMs) / 1000)
    if (mode === 'json') {
      const { done, total, unit, note } = figures
      const { share, rate, leftMs } = estimate
      write(`${JSON.stringify({ progress: title, done, total, unit, share, rate, eta_ms: leftMs, note })}\n`)
    } else if (mode === 'plain') write(`${progressText(title, figures, estimate)}\n`)
    else {
      const text = `${barOf(estimate.share)}${progressText(title, figures, estimate)}`
      write(`\r\u001b[K${text.slice(0, Math.max(20, columns - 1))}`)
      this.#hasLine = true
    }
  }
}

interface Estimate {
  /** 0 to 1; undefined if the total is unknown. */
  readonly share: number | undefined
  /** Per second. */
  readonly rate: number
  readonly leftMs: number | undefined
}

function estimateOf({ done, total }: Figures, seconds: number): Estimate {
  const rate = seconds > 0 ? done / seconds : 0
  if (total === undefined || total <= 0) return { share: undefined, rate, leftMs: undefined }
  const leftMs = rate > 0 ? Math.max(0, Math.round(((total - done) / rate) * 1000)) : undefined
  return { share: Math.min(1, done / total), rate, leftMs }
}

function progressText(title: string, figures: Figures, { share, rate, leftMs }: Estimate): string {
  const { done, total, unit, note } = figures
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(Math.round(value)))
  const of = total === undefined ? '' : ` of ${amount(total)}`
  const parts = [
    `${title}: ${amount(done)}${of}${unit === 'bytes' ? '' : ` ${unit}`}`,
    share === undefined ? '' : `${Math.floor(share * 100)}%`,
    `${amount(rate)}/s`,
    leftMs === undefined ? '' : `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`,
    note ?? '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function barOf(share: number | undefined): string {
  if (share === undefined) return ''
  const full = Math.round(share * barWidth)
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] `
}

/** How progress is shown: the flag, else a redrawn line on a terminal, else plain lines. */
export function progressMode(
  flag: 'auto' | 'plain' | 'json' | 'none',
  stream: { readonly isTerminal: boolean; readonly isCi: boolean },
): ProgressMode {
  if (flag !== 'auto') return flag
  return stream.isTerminal && !stream.isCi ? 'line' : 'plain'
}
