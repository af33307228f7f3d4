import { fieldKind, type FieldName } from '../../core/field.ts'
import type { JsonTarget, LevelScale } from '../format.ts'
import { tokenKind } from './tokens.ts'

/** What is done with the value of a token. */
export const stepCode = {
  /** The inside of a string, or a literal, as it is. */
  copy: 0,
  /** A number or boolean as text. */
  asText: 1,
  /** One text as an array. */
  asArray: 2,
  long: 3,
  double: 4,
  boolean: 5,
  date: 6,
  ip: 7,
  time: 8,
  word: 9,
  npmWord: 10,
  pino: 11,
  python: 12,
  syslog: 13,
  duration: 14,
  durationText: 15,
  status: 16,
  method: 17,
  url: 18,
  address: 19,
  error: 20,
  stack: 21,
  trace: 22,
  span: 23,
  datadogTrace: 24,
  datadogSpan: 25,
  traceparent: 26,
  image: 27,
  container: 28,
  filePath: 29,
  outcome: 30,
  partial: 31,
  payload: 32,
  nothing: 33,
} as const

/** A place that one token of an object can win, and what is done then. */
export interface Candidate {
  /** The field, or the name of what is set. */
  readonly slot: string
  readonly rank: number
  readonly code: number
  /** Field that is written; empty if the step knows. */
  readonly field: string
  /** Of `long`: the largest value, the smallest one is 0 if it is given; of a duration: ns of its unit; else 0. */
  readonly arg: number
  /** A value that does not fit is worth a flag. */
  readonly isFlagged: boolean
}

const unitNs = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, text: NaN }
const { string, number, boolean, array } = tokenKind

/** The candidate of a target for a value of that kind; undefined if such a value cannot be one. */
export function candidateOf(target: JsonTarget, path: string, kind: number): Candidate | undefined {
  const rank = target.rank ?? 0
  const isText = kind === string
  const isScalar = isText || kind === number
  function made(slot: string, code: number, arg = 0, isFlagged = false): Candidate {
    return { slot, rank, code, field: '', arg, isFlagged }
  }
  switch (target.to) {
    case 'field':
      return fieldCandidate(target.field, kind, rank)
    case 'time':
      return isScalar ? made('time', stepCode.time) : undefined
    case 'level':
      return levelCandidate(target.scale, kind, rank, target.isStrict === true)
    case 'duration':
      if (target.unit === 'text') return isText ? made('duration', stepCode.durationText, NaN) : undefined
      return isScalar ? made('duration', stepCode.duration, unitNs[target.unit], true) : undefined
    case 'status':
      return made('status', stepCode.status, 0, true)
    case 'method':
      return isText ? made('http.request.method', stepCode.method) : undefined
    case 'url':
      return isText ? made('url.original', stepCode.url) : undefined
    case 'address':
      return isText ? made('source.address', stepCode.address) : undefined
    case 'error':
      return errorCandidate(path, kind, rank)
    case 'trace':
    case 'span':
      return isScalar ? made(`${target.to}.id`, traceCode(target.to === 'span', target.isDecimal === true)) : undefined
    case 'traceparent':
      return isText ? made('trace.id', stepCode.traceparent) : undefined
    case 'thread':
      return fieldCandidate(kind === number ? 'process.thread.id' : 'process.thread.name', kind, rank)
    case 'image':
      return isText ? made('container.image.name', stepCode.image) : undefined
    case 'container':
      return isText ? made('container.id', stepCode.container) : undefined
    case 'payload':
      return isText ? made('payload', stepCode.payload) : undefined
    case 'partial':
      return isText || kind === boolean ? made('partial', stepCode.partial) : undefined
    case 'nothing':
      return made(`nothing ${path}`, stepCode.nothing)
    case 'under':
      return undefined
  }
}

function traceCode(isSpan: boolean, isDecimal: boolean): number {
  if (isDecimal) return isSpan ? stepCode.datadogSpan : stepCode.datadogTrace
  return isSpan ? stepCode.span : stepCode.trace
}

const levelCodes = {
  words: stepCode.word,
  npm: stepCode.npmWord,
  pino: stepCode.pino,
  python: stepCode.python,
  syslog: stepCode.syslog,
} as const

/** Numbers need a scale of numbers; text on such a scale is a word. */
function levelCandidate(scale: LevelScale, kind: number, rank: number, isStrict: boolean): Candidate | undefined {
  const isWords = scale === 'words' || scale === 'npm'
  if (kind !== string && (kind !== number || isWords)) return undefined
  const code = kind === string && !isWords ? stepCode.word : levelCodes[scale]
  return { slot: 'level', rank, code, field: 'log.level', arg: isStrict ? 1 : 0, isFlagged: false }
}

const errorParts: ReadonlyMap<string, readonly [field: FieldName, code: number, rank: number]> = new Map([
  ['type', ['error.type', stepCode.copy, 0]],
  ['name', ['error.type', stepCode.copy, 1]],
  ['class', ['error.type', stepCode.copy, 2]],
  ['message', ['error.message', stepCode.copy, 0]],
  ['msg', ['error.message', stepCode.copy, 1]],
  ['stack', ['error.stack_trace', stepCode.stack, 0]],
  ['stack_trace', ['error.stack_trace', stepCode.stack, 0]],
  ['stacktrace', ['error.stack_trace', stepCode.stack, 0]],
  ['code', ['error.code', stepCode.copy, 0]],
])

/** `err.stack` is a part, `stack` alone the trace, other keys alone are a message or a trace. */
function errorCandidate(path: string, kind: number, rank: number): Candidate | undefined {
  const dot = path.indexOf('.')
  if (dot < 0) {
    if (kind !== string) return undefined
    const isStack = /stack/i.test(path)
    const slot = isStack ? 'error.stack_trace' : 'error.message'
    return { slot, rank, code: isStack ? stepCode.stack : stepCode.error, field: slot, arg: 0, isFlagged: false }
  }
  const part = errorParts.get(path.slice(dot + 1).toLowerCase())
  if (part === undefined) return undefined
  const [field, code, partRank] = part
  if (code === stepCode.copy) return fieldCandidate(field, kind, rank + partRank)
  return kind === string ? { slot: field, rank, code, field, arg: 0, isFlagged: false } : undefined
}

/** Fields that have a column of their own, or a form. */
const special: ReadonlyMap<string, JsonTarget> = new Map([
  ['@timestamp', { to: 'time' }],
  ['log.level', { to: 'level', scale: 'words' }],
  ['event.duration', { to: 'duration', unit: 'ns' }],
  ['http.response.status_code', { to: 'status' }],
  ['http.request.method', { to: 'method' }],
  ['trace.id', { to: 'trace' }],
  ['span.id', { to: 'span' }],
])

const maxPort = 65_535

/** A field by its name, for a value of that kind. */
export function fieldCandidate(field: string, kind: number, rank: number): Candidate | undefined {
  const target = special.get(field)
  if (target !== undefined) return candidateOf({ ...target, rank }, field, kind)
  function made(code: number, arg = 0, isFlagged = false): Candidate {
    return { slot: field, rank, code, field, arg, isFlagged }
  }
  if (field === 'event.outcome') return kind === string ? made(stepCode.outcome) : undefined
  if (field === 'log.file.path') return kind === string ? made(stepCode.filePath) : undefined
  switch (fieldKind(field)) {
    case 'keyword':
    case 'text':
      if (kind === string) return made(stepCode.copy)
      return kind === array ? undefined : made(stepCode.asText)
    case 'keyword[]':
      if (kind === array) return made(stepCode.copy)
      return kind === string ? made(stepCode.asArray) : undefined
    case 'long':
      return kind === string || kind === number ? made(stepCode.long, largest(field), true) : undefined
    case 'double':
      if (kind === number) return made(stepCode.copy)
      return kind === string ? made(stepCode.double, 0, true) : undefined
    case 'boolean':
      if (kind === boolean) return made(stepCode.copy)
      return kind === string ? made(stepCode.boolean, 0, true) : undefined
    case 'date':
      return kind === string || kind === number ? made(stepCode.date, 0, true) : undefined
    case 'ip':
      return kind === string ? made(stepCode.ip, 0, true) : undefined
    case 'object':
    case undefined:
      return undefined
  }
}

/** Counts, ports and numbers of processes and lines are not negative; 0: any. */
function largest(field: string): number {
  if (field.endsWith('.port')) return maxPort
  return /(?:pid|bytes|line|packets|size|thread\.id|sequence)$/.test(field) ? Number.MAX_SAFE_INTEGER : 0
}
