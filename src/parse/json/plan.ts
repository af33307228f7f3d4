import type { EventTables } from '../../core/event-batch.ts'
import { fieldKind } from '../../core/field.ts'
import { factsOf, type HasKey, type JsonFormat, type JsonTarget } from '../format.ts'
import { ecsRank, genericRank, genericTarget } from './generic-keys.ts'
import { isPlainKey } from './rewrite-key.ts'
import { candidateOf, fieldCandidate, stepCode, type Candidate } from './step.ts'
import { tokenKind, tokenRow, type JsonTokens } from './tokens.ts'

/** Names of a format's facts: as it is, and as a request. */
export interface FormatIds {
  readonly plain: number
  readonly access: number
}

/** The facts of a format of requests: what access logs have. */
export function formatIdsOf(format: JsonFormat, tables: EventTables): FormatIds {
  const facts = factsOf(format)
  const constants = { 'event.category': ['web'], 'event.type': ['access'], ...facts.constants }
  return { plain: tables.formatId(facts), access: tables.formatId({ ...facts, constants, isAccess: true }) }
}

/**
 * What is done with objects of one shape (their keys and the kinds of their values in order): learned from the first
 * one, then followed for all of the same shape.
 */
export interface Plan {
  readonly hash: number
  readonly keys: Int32Array
  /** The object path has to read such objects. */
  readonly isOdd: boolean
  /** Undefined: no format accepts such objects. */
  readonly format: JsonFormat | undefined
  readonly ids: FormatIds
  /** Token that has to be a number of seconds, -1 if there is none; `other` is the plan for objects where it is not. */
  readonly seconds: number
  other: Plan | undefined
  /** The step that gives the line inside an envelope exists. */
  readonly hasPayload: boolean
  /** Steps in the order they are taken: row of the token, code, field, argument, and where a value goes that does not fit. */
  readonly tokens: Int32Array
  readonly codes: Uint8Array
  /** -1: the name has no number, it is in `names`. */
  readonly fields: Int32Array
  readonly args: Float64Array
  readonly fallbacks: Int32Array
  readonly flagged: Uint8Array
  /** Names of the field and of the fallback of each step. */
  readonly names: readonly string[]
  readonly fallbackNames: readonly string[]
  readonly hasMessage: boolean
  readonly hasErrorType: boolean
  readonly hasErrorMessage: boolean
  /** Token of `error.message`, -1 if there is none. */
  readonly errorMessage: number
  /** Tokens that tell one stream of lines from others. */
  readonly stream: Int32Array
}

export interface PlanOptions {
  readonly formats: readonly JsonFormat[]
  readonly ids: ReadonlyMap<JsonFormat, FormatIds>
  readonly tables: EventTables
  readonly maxKeySize: number
}

interface Leaf {
  readonly token: number
  readonly path: string
  readonly kind: number
}

interface Step {
  readonly leaf: Leaf
  readonly code: number
  readonly field: string
  readonly arg: number
  readonly isFlagged: boolean
}

/** Labels of an event. */
const maxLabels = 64

const noIds: FormatIds = { plain: 0, access: 0 }

/** `refused`: a format that has looked at the value of its `secondsKey`. */
export function planOf(tokens: JsonTokens, options: PlanOptions, refused?: JsonFormat): Plan {
  const leaves: Leaf[] = []
  const isOdd = !tokens.isTrusted && !collectLeaves(tokens, options.maxKeySize, leaves)
  if (tokens.isTrusted) collectLeaves(tokens, Infinity, leaves)
  const has = hasKey(leaves)
  const format = options.formats.find((one) => one !== refused && one.accepts(has))
  const winners: ReadonlyMap<string, Winner> = format === undefined ? new Map() : winnersOf(leaves, format)
  const steps = stepsOf(leaves, winners)
  const fields = options.tables.fields
  const fallbacks = steps.map((step) => `attributes.${step.leaf.path}`)
  return {
    hash: tokens.hash,
    keys: Int32Array.from({ length: tokens.listEnd / tokenRow }, (_, i) => tokens.list[i * tokenRow]!),
    isOdd,
    format,
    ids: (format && options.ids.get(format)) ?? noIds,
    seconds: leaves.find(({ path, kind }) => path === format?.secondsKey && kind === tokenKind.number)?.token ?? -1,
    other: undefined,
    hasPayload: winners.has('payload'),
    tokens: Int32Array.from(steps, (step) => step.leaf.token),
    codes: Uint8Array.from(steps, (step) => step.code),
    fields: Int32Array.from(steps, (step) => (step.field === '' ? 0 : fields.id(step.field))),
    args: Float64Array.from(steps, (step) => step.arg),
    fallbacks: Int32Array.from(fallbacks, (name) => fields.id(name)),
    flagged: Uint8Array.from(steps, (step) => (step.isFlagged ? 1 : 0)),
    names: steps.map((step) => step.field),
    fallbackNames: fallbacks,
    hasMessage: winners.has('message'),
    hasErrorType: winners.has('error.type'),
    hasErrorMessage: winners.get('error.message')?.candidate.code === stepCode.copy,
    errorMessage: winners.get('error.message')?.leaf.token ?? -1,
    stream: streamOf(winners),
  }
}

/** Fills `leaves` with all that is not absent; false if keys are doubled, or have to be renamed. */
function collectLeaves(tokens: JsonTokens, maxKeySize: number, leaves: Leaf[]): boolean {
  const { tree } = tokens
  const nodes = new Set<number>()
  const paths = new Set<string>()
  let isPlain = true
  for (let token = 0; token < tokens.listEnd; token += tokenRow) {
    const key = tokens.list[token]!
    const kind = key & 7
    const node = key - kind
    if (nodes.has(node) || tree.sizeOf(node) > maxKeySize || !isPlainKey(tree.key(node))) isPlain = false
    nodes.add(node)
    if (kind === tokenKind.object) continue
    const path = tokens.isTrusted ? textOfKey(tree.key(node)) : tree.path(node)
    if (paths.has(path)) isPlain = false
    paths.add(path)
    if (kind !== tokenKind.absent) leaves.push({ token, path, kind })
  }
  return isPlain
}

/** The object path writes keys with escapes where they need them. */
function textOfKey(key: string): string {
  return key.includes('\\') ? String(JSON.parse(`"${key}"`)) : key
}

const kindNames = ['', 'string', 'number', 'boolean', 'array', 'object'] as const

function hasKey(leaves: readonly Leaf[]): HasKey {
  const kinds = new Map<string, string>()
  for (const { path, kind } of leaves) {
    kinds.set(path, kindNames[kind]!)
    for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
      const outer = path.slice(0, dot)
      if (!kinds.has(outer)) kinds.set(outer, 'object')
    }
  }
  return (key, kind) => (kind === undefined ? kinds.has(key) : kinds.get(key) === kind)
}

interface Winner {
  readonly leaf: Leaf
  readonly candidate: Candidate
}

/** Who wins each slot: the lowest rank, then the first. All candidates for the time stay, in the order of their ranks. */
function winnersOf(leaves: readonly Leaf[], format: JsonFormat): Map<string, Winner> {
  const all: Winner[] = []
  for (const leaf of leaves) for (const candidate of candidatesOf(leaf, format, leaves)) all.push({ leaf, candidate })
  all.sort((a, b) => a.candidate.rank - b.candidate.rank)
  const isRequest = all.some(
    ({ candidate }) => candidate.slot === 'http.request.method' || candidate.slot === 'url.original',
  )
  const winners = new Map<string, Winner>()
  let labels = 0
  let times = 0
  for (const winner of all) {
    const { slot, rank } = winner.candidate
    if (slot === 'status' && rank >= genericRank && !isRequest) continue
    if (slot === 'time') winners.set(`time ${times++}`, winner)
    else if (!winners.has(slot) && (!slot.startsWith('labels.') || labels++ < maxLabels)) winners.set(slot, winner)
  }
  return winners
}

function candidatesOf(leaf: Leaf, format: JsonFormat, leaves: readonly Leaf[]): Candidate[] {
  const { path, kind } = leaf
  const named = namedTarget(path, format)
  const found: Candidate[] = []
  for (const target of named === undefined ? [] : [named.target].flat()) {
    const candidate =
      target.to === 'under'
        ? underCandidate(`${target.prefix}.${named?.rest ?? path}`, kind)
        : candidateOf(target, path, kind)
    if (candidate !== undefined) found.push(candidate)
  }
  if (named !== undefined) return found
  const ecs = ecsCandidate(leaf, format, leaves)
  if (ecs !== undefined) return [ecs]
  const generic = genericTarget(path)
  const candidate = generic === undefined ? undefined : candidateOf(generic, path, kind)
  return candidate === undefined ? [] : [candidate]
}

/** The row of a format's table for a dotted key, and what of the key its `*` stands for. */
function namedTarget(
  path: string,
  format: JsonFormat,
): { target: JsonTarget | readonly JsonTarget[]; rest: string } | undefined {
  const exact = Object.hasOwn(format.keys, path) ? format.keys[path] : undefined
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const prefix = `${path.slice(0, dot)}.*`
    const target = Object.hasOwn(format.keys, prefix) ? format.keys[prefix] : undefined
    if (target !== undefined) return { target: exact ?? target, rest: path.slice(dot + 1) }
  }
  return exact === undefined ? undefined : { target: exact, rest: '' }
}

/** Labels are text. */
function underCandidate(field: string, kind: number): Candidate | undefined {
  if (kind === tokenKind.array) return undefined
  const known = fieldKind(field)
  if (known !== undefined) return fieldCandidate(field, kind, 0)
  const code = kind === tokenKind.string ? stepCode.copy : stepCode.asText
  return { slot: field, rank: 0, code, field, arg: 0, isFlagged: false }
}

/** Never taken from input: metadata of requests, and what logpipe alone says. */
const notFromInput = /^(?:event\.ingested$|data_stream\.|logpipe\.)/

function ecsCandidate({ path, kind }: Leaf, format: JsonFormat, leaves: readonly Leaf[]): Candidate | undefined {
  if (path === 'ecs.version') return candidateOf({ to: 'nothing' }, path, kind)
  if (notFromInput.test(path)) return undefined
  if (format.passesEcs === true && path.startsWith('labels.')) return underCandidate(path, kind)
  if (!path.includes('.') && (format.passesEcs !== true || path !== 'tags')) return undefined
  if (path === 'url.original' && !leaves.some((leaf) => leaf.path === 'url.path')) {
    return candidateOf({ to: 'url', rank: ecsRank }, path, kind)
  }
  return fieldCandidate(path, kind, ecsRank)
}

function stepsOf(leaves: readonly Leaf[], winners: ReadonlyMap<string, Winner>): Step[] {
  const times: Step[] = []
  const steps: Step[] = []
  const placed = new Set<number>()
  for (const { leaf, candidate } of winners.values()) {
    placed.add(leaf.token)
    const step = { ...candidate, leaf }
    if (candidate.code === stepCode.time) times.push(step)
    else if (candidate.code !== stepCode.nothing) steps.push(step)
  }
  for (const leaf of leaves) {
    if (placed.has(leaf.token)) continue
    steps.push({ leaf, code: stepCode.copy, field: `attributes.${leaf.path}`, arg: 0, isFlagged: false })
  }
  steps.sort((a, b) => a.leaf.token - b.leaf.token)
  return [...times, ...steps]
}

/** Slots of which the first present group tells a stream (`docs/formats.md` section 11). */
const streamSlots = [
  ['container.id', 'log.iostream'],
  ['kubernetes.pod.uid', 'kubernetes.container.name', 'log.iostream'],
  ['log.file.path', 'host.name'],
  ['log.iostream'],
]

function streamOf(winners: ReadonlyMap<string, Winner>): Int32Array {
  const slots = streamSlots.find(([first = '']) => winners.has(first)) ?? []
  return Int32Array.from(slots.flatMap((slot) => winners.get(slot)?.leaf.token ?? []))
}
