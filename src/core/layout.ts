import { bytesOf, ByteWriter, copySlack } from './byte-writer.ts'
import { entryKind, fact, outcomes, timeSources, type EventBatch, type Json } from './event-batch.ts'
import type { FieldName } from './field.ts'
import { levelNames, severityOf } from './level.ts'
import { parseFailures } from './result.ts'
import type { Source } from './record-batch.ts'

/** Where the value of a leaf comes from: an entry, a column, a constant of the source, or the layout itself. */
export const leafKind = {
  text: 0,
  value: 1,
  time: 2,
  status: 3,
  duration: 4,
  offset: 5,
  flags: 6,
  sequence: 7,
  lines: 8,
  source: 9,
  constant: 10,
} as const

export interface Leaf {
  readonly name: string
  readonly kind: number
  /** Entry of the event (counted from its first), or index of a constant of the source. */
  readonly arg: number
  /** For `constant`: the JSON value. */
  readonly constant: Json | undefined
}

/**
 * How one kind of event is written: its leaves in tree order, and between them the constant bytes of keys, braces and
 * constants. Events with equal format, facts and sequence of fields share one, so nothing is sorted per event.
 */
export class Layout {
  readonly facts: number
  readonly format: number
  readonly envelope: number
  /** Names of the source's constants, joined: sources of one kind share layouts. */
  readonly sourceShape: string
  /** `field << 1 | isValue` of each entry. */
  readonly entries: Int32Array
  readonly leaves: readonly Leaf[]
  /** Constant bytes and where they end; piece k is written before step k, the last one at the end. */
  readonly pieces: DataView
  readonly pieceEnd: Int32Array
  readonly stepKind: Uint8Array
  readonly stepArg: Int32Array
  /** Another layout with the same hash. */
  readonly next: Layout | undefined

  constructor(batch: EventBatch, row: number, next?: Layout) {
    this.next = next
    const from = batch.entryFrom[row]!
    this.facts = batch.facts[row]!
    this.format = batch.format[row]!
    this.envelope = batch.envelope[row]!
    this.sourceShape = shapeOf(batch.records.source)
    this.entries = Int32Array.from({ length: batch.entryFrom[row + 1]! - from }, (_, i) => entryKey(batch, from + i))
    this.leaves = leavesOf(batch, row)
    const pieces = new ByteWriter(1 << 9)
    this.pieceEnd = Int32Array.from(piecesOf(this.leaves), (piece) => {
      pieces.copy(piece, 0, piece.length)
      return pieces.at
    })
    pieces.reserve(copySlack)
    this.pieces = pieces.view
    const steps = this.leaves.filter((leaf) => leaf.kind !== leafKind.constant)
    this.stepKind = Uint8Array.from(steps, (leaf) => leaf.kind)
    this.stepArg = Int32Array.from(steps, (leaf) => leaf.arg)
  }

  fits(batch: EventBatch, row: number, sourceShape: string): boolean {
    if (this.facts !== batch.facts[row] || this.format !== batch.format[row]) return false
    if (this.envelope !== batch.envelope[row] || this.sourceShape !== sourceShape) return false
    const from = batch.entryFrom[row]!
    if (batch.entryFrom[row + 1]! - from !== this.entries.length) return false
    for (let i = 0; i < this.entries.length; i++) if (this.entries[i] !== entryKey(batch, from + i)) return false
    return true
  }
}

/** Names of the constants of a source: sources of one kind share layouts. */
function shapeOf(source: Source): string {
  return source.constants.map((constant) => constant.field).join(',') + (source.isFile ? ',offset' : '')
}

/** Layouts kept; beyond it all are forgotten and learned anew. */
const maxLayouts = 8192

/** Finds the layout of a row, or learns it. */
export class LayoutTable {
  readonly #layouts = new Map<number, Layout>()
  #source: Source | undefined
  #sourceShape = ''
  #last: Layout | undefined

  of(batch: EventBatch, row: number): Layout {
    const source = batch.records.source
    if (source !== this.#source) {
      this.#source = source
      this.#sourceShape = shapeOf(source)
    }
    // Events come in runs of the same kind.
    if (this.#last?.fits(batch, row, this.#sourceShape) === true) return this.#last
    const key = (Math.imul(batch.shape[row]!, 31) + batch.facts[row]!) ^ (batch.format[row]! << 20)
    let layout = this.#layouts.get(key)
    while (layout !== undefined && !layout.fits(batch, row, this.#sourceShape)) layout = layout.next
    if (layout === undefined) {
      if (this.#layouts.size >= maxLayouts) this.#layouts.clear()
      layout = new Layout(batch, row, this.#layouts.get(key))
      this.#layouts.set(key, layout)
    }
    this.#last = layout
    return layout
  }
}

function entryKey(batch: EventBatch, entry: number): number {
  const kind = batch.entryKind[entry]! & 7
  return (batch.entryField[entry]! << 1) | (kind >= entryKind.literal ? 1 : 0)
}

/** Fields for which an envelope is believed before the payload: where it ran (the rest: what was said). */
const outerWins = /^(host|container|kubernetes|orchestrator|cloud|agent|observer|log\.file|log\.offset)(\.|$)/

/** ECS version whose field list is shipped (`schemas/ecs/ecs-fields.csv`). */
const ecsVersion = '9.5.0'

function leavesOf(batch: EventBatch, row: number): Leaf[] {
  const tables = batch.tables
  const leaves = new Map<string, Leaf>()
  const facts = batch.facts[row]!
  function constant(name: string, value: Json): void {
    leaves.set(name, { name, kind: leafKind.constant, arg: 0, constant: value })
  }
  function column(name: FieldName, kind: number): void {
    leaves.set(name, { name, kind, arg: 0, constant: undefined })
  }
  batch.records.source.constants.forEach(({ field }, arg) => {
    leaves.set(field, { name: field, kind: leafKind.source, arg, constant: undefined })
  })
  if (batch.records.source.isFile) column('log.offset', leafKind.offset)
  const format = tables.formats[batch.format[row]!]!
  constant('ecs.version', ecsVersion)
  constant('event.kind', 'event')
  for (const [name, value] of Object.entries(format.constants)) constant(name, value)
  constant('logpipe.format', format.name)
  const envelopes = tables.envelopes[batch.envelope[row]!]!
  if (envelopes.length > 0) constant('logpipe.envelope', [...envelopes])
  column('@timestamp', leafKind.time)
  entryLeaves(batch, row, leaves)
  const level = facts & fact.levelMask
  if (level > 0) {
    constant('logpipe.level', levelNames[level]!)
    constant('logpipe.severity', severityOf(level, (facts & fact.notice) !== 0))
  }
  if (facts & fact.status) column('http.response.status_code', leafKind.status)
  if (facts & fact.duration) column('event.duration', leafKind.duration)
  if (facts & fact.flags) column('logpipe.flags', leafKind.flags)
  if (facts & fact.error) constant('logpipe.error', true)
  if (facts & fact.slow) constant('logpipe.slow', true)
  if (facts & fact.outcomeMask) constant('event.outcome', outcomes[(facts & fact.outcomeMask) >> fact.outcomeShift]!)
  if (facts & fact.sequence) column('event.sequence', leafKind.sequence)
  if (facts & fact.lines) column('logpipe.lines', leafKind.lines)
  constant('logpipe.time.source', timeSources[(facts & fact.timeSourceMask) >> fact.timeSourceShift]!)
  const failure = parseFailures[(facts & fact.failureMask) >> fact.failureShift]!
  if (failure !== '') {
    constant('event.kind', 'pipeline_error')
    constant('logpipe.parse.error', failure)
    if (!leaves.has('tags')) constant('tags', ['_parse_failure'])
  }
  return inTreeOrder(freeOfConflicts(leaves))
}

/** Entries come from the outside in; a field written twice is settled by `outerWins`. */
function entryLeaves(batch: EventBatch, row: number, leaves: Map<string, Leaf>): void {
  const from = batch.entryFrom[row]!
  const entered = new Set<string>()
  for (let entry = from; entry < batch.entryFrom[row + 1]!; entry++) {
    const kind = batch.entryKind[entry]! & 7
    let name = batch.tables.fields.name(batch.entryField[entry]!)
    if (entered.has(name) && outerWins.test(name)) {
      if (name !== 'host.name' || entered.has('service.node.name')) continue
      name = 'service.node.name'
    }
    entered.add(name)
    const leaf = { name, kind: kind >= entryKind.literal ? leafKind.value : leafKind.text, arg: entry - from }
    leaves.set(name, { ...leaf, constant: undefined })
  }
}

/** Where `a` is a value and `a.b` exists, too, the value moves to `a.value`. */
function freeOfConflicts(leaves: Map<string, Leaf>): Leaf[] {
  const parents = new Set<string>()
  for (const name of leaves.keys()) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) parents.add(name.slice(0, dot))
  }
  return [...leaves.values()].map((leaf) => (parents.has(leaf.name) ? { ...leaf, name: `${leaf.name}.value` } : leaf))
}

/**
 * Children of one parent become neighbours. The time comes first, for readers; then what is constant, so that the
 * constant bytes are few and long pieces.
 */
function inTreeOrder(leaves: Leaf[]): Leaf[] {
  const varying = new Set<string>()
  for (const { name, kind } of leaves) {
    if (kind === leafKind.constant) continue
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) varying.add(name.slice(0, dot))
    varying.add(name)
  }
  function key({ name }: Leaf): string {
    if (name === '@timestamp') return ''
    let path = ''
    const parts = name.split('.').map((part) => {
      path += path === '' ? part : `.${part}`
      return `${varying.has(path) ? 1 : 0}${part}`
    })
    return parts.join('\u0000')
  }
  return leaves.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Steps whose values stand in quotes, so that the quotes are part of the pieces. */
function isQuoted(kind: number): boolean {
  return kind === leafKind.text || kind === leafKind.time
}

function piecesOf(leaves: readonly Leaf[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let piece = '{'
  let path: string[] = []
  for (const leaf of leaves) {
    const next = leaf.name.split('.')
    let common = 0
    while (common < path.length - 1 && common < next.length - 1 && path[common] === next[common]) common++
    piece += '}'.repeat(Math.max(0, path.length - 1 - common))
    if (path.length > 0) piece += ','
    for (let i = common; i < next.length; i++) piece += `${JSON.stringify(next[i])}:${i < next.length - 1 ? '{' : ''}`
    path = next
    if (leaf.kind === leafKind.constant) {
      piece += JSON.stringify(leaf.constant)
      continue
    }
    const quote = isQuoted(leaf.kind) ? '"' : ''
    pieces.push(bytesOf(piece + quote))
    piece = quote
  }
  pieces.push(bytesOf(`${piece}${'}'.repeat(Math.max(0, path.length - 1))}}`))
  return pieces
}
