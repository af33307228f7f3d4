import { drawFacts, EventFacts } from './facts.ts'
import { failureFormats, lineTable, type LineFormat } from './line-table.ts'
import { activeServices, formatsOfStream, msPerLine, serviceOfStream, type Plan } from './plan.ts'
import { mixSeed, Random } from './random.ts'
import { conditionAt, type Condition } from './story.ts'

/** Lines of a full block: a stream is made block by block, each from the seed and its number alone. */
export const blockLines = 1000

export interface Block {
  /** Lines with LF. */
  readonly bytes: Uint8Array
  /** When each line was written, epoch ms: ascending, also where the time in the line is not. */
  readonly times: Float64Array
}

export interface FormatTally {
  lines: number
  events: number
}

/** What was written. `events` counts a joined trace and a line in parts once. */
export interface Tally {
  lines: number
  events: number
  /** Lines of white space only: they give no event. */
  blank: number
  /** Lines that are cut or have bytes that are no text: events, but of no certain format. */
  broken: number
  late: number
  shuffled: number
  duplicate: number
  /** Lines and events by format; broken and blank ones are in none. */
  readonly formats: Partial<Record<LineFormat, FormatTally>>
}

export function newTally(): Tally {
  return { lines: 0, events: 0, blank: 0, broken: 0, late: 0, shuffled: 0, duplicate: 0, formats: {} }
}

/** Stands for bytes that are no UTF-8 until the text is encoded. */
const badBytes = '\uE000'
const badBytesEncoded = Uint8Array.of(0xee, 0x80, 0x80)

/** Writes the blocks of one stream of a plan. Blocks may be asked for in any order. */
export class StreamWriter {
  readonly #plan: Plan
  readonly #stream: number
  readonly #formats: readonly LineFormat[]
  readonly #onFailure: readonly LineFormat[]
  readonly #always: readonly LineFormat[]
  readonly #servicePlace: number
  readonly #facts = new EventFacts()
  #lines: string[] = []
  #last: LineFormat | undefined
  #hasBadBytes = false

  constructor(plan: Plan, stream: number) {
    this.#plan = plan
    this.#stream = stream
    this.#formats = formatsOfStream(plan, stream)
    this.#onFailure = this.#formats.filter((format) => failureFormats.has(format))
    this.#always = this.#formats.filter((format) => !failureFormats.has(format))
    const service = serviceOfStream(plan, stream)
    this.#servicePlace = plan.services.indexOf(service)
    this.#facts.service = service
    this.#facts.host = `${service}-${stream}`
    this.#facts.pid = 8710 + stream
    this.#facts.version = '2.4.1'
  }

  /** Block `index` of `size` lines: `blockLines`, fewer only for the last one. Counts what it writes into `tally`. */
  block(index: number, size: number, tally: Tally): Block {
    const random = new Random(mixSeed(this.#plan.seed, this.#stream, index))
    const times = new Float64Array(size)
    this.#lines = []
    this.#last = undefined
    this.#hasBadBytes = false
    const step = msPerLine(this.#plan)
    for (let line = 0; line < size;) {
      const elapsedMs = (index * blockLines + line + random.next()) * step
      const time = this.#plan.startMs + Math.floor(elapsedMs)
      const written = this.#writeNext(random, elapsedMs, { left: size - line, tally })
      times.fill(time, line, line + written)
      line += written
      tally.lines += written
    }
    const bytes = Buffer.from(`${this.#lines.join('\n')}\n`)
    if (this.#hasBadBytes) spoil(bytes)
    return { bytes, times }
  }

  /** Writes the next lines and returns how many. */
  #writeNext(random: Random, elapsedMs: number, goal: { left: number; tally: Tally }): number {
    const { duplicate, broken, late, shuffled, story } = this.#plan
    const { tally } = goal
    const draw = random.next()
    const last = this.#last
    if (draw < duplicate && last !== undefined) {
      this.#lines.push(this.#lines.at(-1) ?? '')
      tally.duplicate++
      count(tally, last, 1)
      return 1
    }
    const place = { service: this.#servicePlace, services: activeServices(this.#plan).length, elapsedMs }
    const condition = conditionAt(story, place)
    const isLate = draw > 1 - late
    if (isLate) tally.late++
    this.#draw(random, elapsedMs - (isLate ? 500 + random.below(4000) : 0), condition)
    if (draw < duplicate + broken && last !== undefined) return this.#writeBroken(random, tally)
    const format = this.#formatFor(random, goal.left)
    const text = lineTable[format](random, this.#facts)
    const written = linesIn(text)
    this.#lines.push(text)
    count(tally, format, written)
    // What follows several lines could be taken for one more of them, so they are not followed by anything odd.
    this.#last = written === 1 ? format : undefined
    if (written === 1 && last !== undefined && random.chance(shuffled)) {
      tally.shuffled++
      this.#lines.push(this.#lines.splice(-2, 1)[0]!)
      this.#last = last
    }
    return written
  }

  #draw(random: Random, elapsedMs: number, condition: Condition): void {
    this.#facts.time.set(this.#plan.startMs + Math.floor(elapsedMs))
    drawFacts(this.#facts, random, condition)
  }

  /** Formats of several lines are only for what still has room in the block. */
  #formatFor(random: Random, left: number): LineFormat {
    const hasRoom = left >= 10
    if (this.#always.length === 0) return hasRoom ? random.pick(this.#onFailure) : 'logfmt'
    if (hasRoom && this.#facts.isFailure && this.#onFailure.length > 0 && random.chance(0.3)) {
      return random.pick(this.#onFailure)
    }
    const format = random.pick(this.#always)
    return format === 'cri' && !hasRoom ? 'logfmt' : format
  }

  #writeBroken(random: Random, tally: Tally): number {
    this.#last = undefined
    const kind = random.below(4)
    if (kind === 0) {
      this.#lines.push(' ')
      tally.blank++
      return 1
    }
    tally.broken++
    tally.events++
    const text = lineTable[this.#always[0] ?? 'logfmt'](random, this.#facts).split('\n')[0] ?? ''
    if (kind === 1) this.#lines.push(text.slice(0, text.length >> 1))
    else if (kind === 2) this.#lines.push(`\u0000\u0001\u001B[31mcore dumped\u001B[0m ${this.#facts.host}`)
    else {
      this.#lines.push(`${text.slice(0, 40)}${badBytes}${text.slice(40)}`)
      this.#hasBadBytes = true
    }
    return 1
  }
}

function count(tally: Tally, format: LineFormat, lines: number): void {
  const of = (tally.formats[format] ??= { lines: 0, events: 0 })
  of.lines += lines
  of.events++
  tally.events++
}

function linesIn(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

/** Puts an overlong sequence and a byte that UTF-8 never has in the place of each mark. */
function spoil(bytes: Buffer): void {
  for (let at = bytes.indexOf(badBytesEncoded); at >= 0; at = bytes.indexOf(badBytesEncoded, at)) {
    bytes.set([0xc0, 0xaf, 0xff], at)
  }
}
