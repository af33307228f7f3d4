import { bytesOf } from '../../core/byte-writer.ts'
import { dayMs } from '../../core/civil.ts'

const hourMs = 3_600_000
/** Hours of one zone that are kept; time stamps come from outside, so the table has to have an end. */
const maxKnown = 4_096
/** An hour in which the answer changes: it is asked for each instant. */
const mixed = Number.NaN

/**
 * A time zone with its offsets. They come from `Intl` (IANA data that ships with Node, no host zone) and are remembered
 * per hour, so a stamp costs one comparison in most cases. Made by `zoneOf`; the memory belongs to the value.
 */
export class Zone {
  /** As configured: goes to `event.timezone`. */
  readonly name: string
  /** The name as UTF-8. */
  readonly nameBytes: Uint8Array
  readonly isUtc: boolean
  readonly #format: (ms: number) => string
  readonly #known = new Map<number, number>()
  #lastKey = -1
  #lastAnswer = 0

  /** `format` gives the instant in English with the offset at its end: `GMT`, `GMT+05:30`. */
  constructor(name: string, isUtc: boolean, format: (ms: number) => string) {
    this.name = name
    this.nameBytes = bytesOf(name)
    this.isUtc = isUtc
    this.#format = format
  }

  /** Offset from UTC at an instant, ms. */
  offsetAt(ms: number): number {
    return this.#answer(ms, 1) >> 1
  }

  /**
   * Offset of a local time (ms as if it were UTC), packed as `offsetMs * 2 + 1` if it is ambiguous, else `* 2`. In a
   * gap the offset before it holds, which shifts the time forward; in an overlap the first of the two instants.
   */
  resolve(localMs: number): number {
    return this.#answer(localMs, 0)
  }

  #answer(ms: number, kind: 0 | 1): number {
    const hour = Math.floor(ms / hourMs)
    const key = hour * 2 + kind
    if (key === this.#lastKey) return this.#lastAnswer
    let answer = this.#known.get(key)
    if (answer === undefined) {
      answer = this.#exact(hour * hourMs, kind)
      if (this.#exact((hour + 1) * hourMs - 1, kind) !== answer) answer = mixed
      if (this.#known.size >= maxKnown) this.#known.clear()
      this.#known.set(key, answer)
    }
    if (Number.isNaN(answer)) return this.#exact(ms, kind)
    this.#lastKey = key
    this.#lastAnswer = answer
    return answer
  }

  #exact(ms: number, kind: 0 | 1): number {
    if (kind === 1) return this.#ask(ms) * 2
    // No zone changes twice within two days, so these are the only two offsets the time can have.
    const before = this.#ask(ms - dayMs)
    const after = this.#ask(ms + dayMs)
    if (before === after) return before * 2
    const fitsBefore = this.#ask(ms - before) === before
    const fitsAfter = this.#ask(ms - after) === after
    if (fitsBefore === fitsAfter) return before * 2 + 1
    return (fitsBefore ? before : after) * 2
  }

  #ask(ms: number): number {
    if (this.isUtc) return 0
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.#format(ms))
    if (match?.[1] === undefined) return 0
    const seconds = Number(match[2]) * 3_600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
    return (match[1] === '-' ? -seconds : seconds) * 1_000
  }
}

/** The zone of an IANA name or of an offset such as `+08:00`; undefined if there is none of that name. */
export function zoneOf(name: string): Zone | undefined {
  try {
    const options = { timeZone: name, timeZoneName: 'longOffset', hour: 'numeric' } as const
    // oxlint-disable-next-line logpipe/pure-core -- locale and zone are written out: nothing comes from the host
    const format = new Intl.DateTimeFormat('en-US', options)
    return new Zone(name, format.resolvedOptions().timeZone === 'UTC', (ms) => format.format(ms))
  } catch {
    return undefined
  }
}

/** What `Abbreviations.find` returns for letters that are no zone. */
export const noAbbreviation = 0x7fff

/**
 * Zone abbreviations of two to five capital letters (and `Z`). A word follows most stamps, a level as a rule, so that
 * the table has to say no fast: open addressing in typed arrays, since a Map takes three times as long.
 */
export class Abbreviations {
  readonly #keys: Int32Array
  readonly #values: Int16Array
  readonly #shift: number

  /** Values are `offsetMinutes * 2 + 1` if the letters stand for more than one zone and no one has said which. */
  constructor(entries: ReadonlyMap<number, number>) {
    this.#shift = Math.clz32(entries.size) - 2
    this.#keys = new Int32Array(1 << (32 - this.#shift))
    this.#values = new Int16Array(this.#keys.length)
    for (const [key, value] of entries) {
      let slot = this.#slot(key)
      while (this.#keys[slot]! !== 0) slot = (slot + 1) & (this.#keys.length - 1)
      this.#keys[slot] = key
      this.#values[slot] = value
    }
  }

  /** The value of a key made by `abbreviationKey`, or `noAbbreviation`. */
  find(key: number): number {
    let slot = this.#slot(key)
    for (;;) {
      const found = this.#keys[slot]!
      if (found === 0) return noAbbreviation
      if (found === key) return this.#values[slot]!
      slot = (slot + 1) & (this.#keys.length - 1)
    }
  }

  /** Fibonacci hashing (Knuth, TAOCP volume 3, section 6.4). */
  #slot(key: number): number {
    return Math.imul(key, 0x9e3779b1) >>> this.#shift
  }
}

/** Offsets in minutes. Of the North American ones RFC 5322 section 4.3 defines EST to PDT; the rest as in tzdata. */
const closed: readonly (readonly [minutes: number, names: string])[] = [
  [0, 'UTC GMT UCT WET Z'],
  [60, 'CET MET WEST'],
  [120, 'CEST MEST EET SAST'],
  [180, 'EEST MSK'],
  [420, 'ICT WIB'],
  [480, 'HKT SGT PHT AWST WITA'],
  [540, 'JST KST WIT'],
  [570, 'ACST'],
  [600, 'AEST'],
  [630, 'ACDT'],
  [660, 'AEDT'],
  [720, 'NZST'],
  [780, 'NZDT'],
  [-600, 'HST'],
  [-540, 'AKST'],
  [-480, 'PST AKDT'],
  [-420, 'MST PDT'],
  [-360, 'MDT'],
  [-300, 'EST CDT'],
  [-240, 'EDT'],
  [-210, 'NST'],
  [-180, 'ADT'],
  [-150, 'NDT'],
]

/** Also China Standard Time, Israel and Irish, Bangladesh, Arabia, Singapore: the configuration decides, or a guess. */
const guessed: readonly (readonly [minutes: number, name: string])[] = [
  [-360, 'CST'],
  [330, 'IST'],
  [60, 'BST'],
  [-240, 'AST'],
  [-660, 'SST'],
]

/**
 * The closed table, with offsets in minutes from the configuration (`zone_abbreviations`) over it: `{ CST: 480 }`.
 * Names that are not one to five capital letters are left out.
 */
export function abbreviationsOf(overrides: Readonly<Record<string, number>> = {}): Abbreviations {
  const table = new Map<number, number>()
  for (const [minutes, names] of closed) for (const name of names.split(' ')) table.set(keyOfName(name), minutes * 2)
  for (const [minutes, name] of guessed) table.set(keyOfName(name), minutes * 2 + 1)
  for (const [name, minutes] of Object.entries(overrides)) {
    if (/^[A-Z]{1,5}$/.test(name)) table.set(keyOfName(name), minutes * 2)
  }
  return new Abbreviations(table)
}

/** Adds a capital letter to the key of an abbreviation, which begins as 0; up to five letters stay apart. */
export function abbreviationKey(key: number, letter: number): number {
  return key * 32 + (letter & 31)
}

function keyOfName(name: string): number {
  let key = 0
  for (let i = 0; i < name.length; i++) key = abbreviationKey(key, name.charCodeAt(i))
  return key
}
