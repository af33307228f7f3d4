import { civilFromDays, dayMs } from '../../core/civil.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** A moment in UTC in the forms in which logs write it. Set again and again, in mostly ascending order. */
export class Instant {
  /** Epoch ms, an integer. */
  ms = 0
  #second = -1
  #day = ''
  #clock = ''
  #month = ''
  #dayOfMonth = 0
  #year = 0

  set(ms: number): void {
    this.ms = ms
    const second = Math.floor(ms / 1000)
    if (second === this.#second) return
    this.#second = second
    const days = Math.floor(ms / dayMs)
    const date = civilFromDays(days)
    const rest = second - (days * dayMs) / 1000
    this.#year = date >> 9
    this.#dayOfMonth = date & 31
    const month = (date >> 5) & 15
    this.#month = months[month - 1] ?? ''
    this.#day = `${this.#year}-${pad(month)}-${pad(this.#dayOfMonth)}`
    this.#clock = `${pad(Math.floor(rest / 3600))}:${pad(Math.floor(rest / 60) % 60)}:${pad(rest % 60)}`
  }

  /** `2026-11-21T22:14:15.003Z` */
  iso(): string {
    return `${this.#day}T${this.#clock}.${this.millis()}Z`
  }

  /** `2026-11-21T22:14:15.003000000Z` */
  isoNanos(): string {
    return `${this.#day}T${this.#clock}.${this.millis()}000000Z`
  }

  /** `2026-11-21 22:14:15` */
  plain(): string {
    return `${this.#day} ${this.#clock}`
  }

  /** `003` */
  millis(): string {
    return String(1000 + (this.ms % 1000)).slice(1)
  }

  /** `21/Nov/2026:22:14:15 +0000`, the form of access logs */
  clf(): string {
    return `${pad(this.#dayOfMonth)}/${this.#month}/${this.#year}:${this.#clock} +0000`
  }

  /** `21/Nov/2026 22:14:15` */
  django(): string {
    return `${pad(this.#dayOfMonth)}/${this.#month}/${this.#year} ${this.#clock}`
  }

  /** `2026/11/21 22:14:15` */
  slashed(): string {
    return `${this.#day.replaceAll('-', '/')} ${this.#clock}`
  }

  /** `Nov  1 22:14:15` (RFC 3164 section 4.1.2) */
  syslog(): string {
    const space = this.#dayOfMonth < 10 ? ' ' : ''
    return `${this.#month} ${space}${this.#dayOfMonth} ${this.#clock}`
  }
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
