import { parseDuration, parseSize } from '../core/quantity-text.ts'
import { parseMoment } from '../core/moment.ts'

/** What is asked of one field. Numbers are in base units: ns, bytes, epoch ms. */
export type FieldTest =
  | { readonly is: 'present' }
  /** Any of these; `*` stands for any characters. */
  | { readonly is: 'any'; readonly values: readonly string[] }
  | { readonly is: 'between'; readonly min: number; readonly max: number; readonly includes: Ends }

interface Ends {
  readonly min: boolean
  readonly max: boolean
}

export type Term = { readonly column: number; readonly isNegated: boolean } & (
  | { readonly kind: 'words'; readonly words: string; readonly isPrefix: boolean }
  | { readonly kind: 'field'; readonly field: string; readonly test: FieldTest }
)

/** A query that was read. All terms have to hold; times are epoch ms, half-open. */
export interface Expression {
  readonly terms: readonly Term[]
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
}

/** What is wrong with an expression; `column` counts characters from 1. */
export interface ExpressionProblem {
  readonly column: number
  readonly message: string
}

export type Parsed<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: ExpressionProblem }

/** Short names for fields that are often asked for. */
const aliases: Readonly<Record<string, string>> = {
  level: 'logpipe.level',
  service: 'service.name',
  status: 'http.response.status_code',
  duration: 'event.duration',
  format: 'logpipe.format',
  source: 'logpipe.source',
  time: '@timestamp',
  host: 'host.name',
  method: 'http.request.method',
  path: 'url.path',
  route: 'logpipe.http.route',
  dataset: 'event.dataset',
  trace: 'trace.id',
}

/** The full name of a field that may be given by its short one. */
export function fieldNamed(name: string): string {
  return Object.hasOwn(aliases, name) ? aliases[name]! : name
}

const comparisons = ['>=', '<=', '>', '<'] as const

/**
 * Reads `level:error service:pay status:>=500 "timeout" -debug -2h..now`. Terms are joined by "and"; a comma means "or"
 * within a field; `-` before a term means "not"; `time*` searches for a beginning. `nowMs` is what relative times count
 * from.
 */
export function parseExpression(text: string, nowMs: number): Parsed<Expression> {
  const terms: Term[] = []
  let [fromMs, toMs]: (number | undefined)[] = []
  for (const match of text.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*("|$))+/gs)) {
    const column = match.index + 1
    const token = match[0]
    const range = timeRange(token, nowMs)
    if (range !== undefined) {
      ;[fromMs, toMs] = [range.fromMs ?? fromMs, range.toMs ?? toMs]
      continue
    }
    const term = termOf(token, column, nowMs)
    if (!term.ok) return term
    if (term.value !== undefined) terms.push(term.value)
  }
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    return bad(1, 'the time range is empty: its end is not after its start')
  }
  return { ok: true, value: { terms, fromMs, toMs } }
}

function bad(column: number, message: string): { ok: false; problem: ExpressionProblem } {
  return { ok: false, problem: { column, message } }
}

function timeRange(token: string, nowMs: number): { fromMs?: number; toMs?: number } | undefined {
  const dots = token.indexOf('..')
  if (dots < 0 || token.length === 2) return undefined
  const [from, to] = [token.slice(0, dots), token.slice(dots + 2)]
  const fromMs = from === '' ? undefined : parseMoment(from, nowMs)
  const toMs = to === '' ? undefined : parseMoment(to, nowMs)
  if ((from !== '' && fromMs === undefined) || (to !== '' && toMs === undefined)) return undefined
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
}

function termOf(token: string, column: number, nowMs: number): Parsed<Term | undefined> {
  const isNegated = token.startsWith('-') && token.length > 1
  const body = isNegated ? token.slice(1) : token
  if (body === 'AND' || body === '&&') return { ok: true, value: undefined }
  if (body === 'OR' || body === '||' || body === 'NOT') {
    return bad(column, `${body} is no operator here: write field:a,b for "or" and -term for "not"`)
  }
  const field = /^([\p{L}_@][^\s:"]*):(?!\/\/)/u.exec(body)
  if (field !== null) return fieldTerm(field[1]!, body, { column, isNegated, nowMs })
  const words = unquoted(body)
  if (words === undefined) return bad(column, 'a quote is not closed')
  const isPrefix = body.endsWith('*')
  return {
    ok: true,
    value: { kind: 'words', column, isNegated, words: isPrefix ? words.slice(0, -1) : words, isPrefix },
  }
}

function fieldTerm(
  name: string,
  body: string,
  at: { column: number; isNegated: boolean; nowMs: number },
): Parsed<Term | undefined> {
  const { column, isNegated, nowMs } = at
  const valueColumn = column + Number(isNegated) + name.length + 1
  const text = body.slice(name.length + 1)
  const field = fieldNamed(name)
  const test = testOf(field, text, { column: valueColumn, nowMs })
  return test.ok ? { ok: true, value: { kind: 'field', column, isNegated, field, test: test.value } } : test
}

function testOf(field: string, text: string, at: { column: number; nowMs: number }): Parsed<FieldTest> {
  if (text === '') return bad(at.column, `a value is missing after ${field}:`)
  if (text === '*') return { ok: true, value: { is: 'present' } }
  const sign = comparisons.find((one) => text.startsWith(one))
  if (sign !== undefined) return comparisonOf(field, text.slice(sign.length), { ...at, sign })
  const dots = text.startsWith('"') ? -1 : text.indexOf('..')
  if (dots > 0) {
    const min = numberIn(field, text.slice(0, dots), at.nowMs)
    const max = numberIn(field, text.slice(dots + 2), at.nowMs)
    if (min !== undefined && max !== undefined) {
      return { ok: true, value: { is: 'between', min, max, includes: { min: true, max: true } } }
    }
  }
  const values: string[] = []
  for (const part of text.matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*("|$))+/gs)) {
    const value = unquoted(part[0])
    if (value === undefined) return bad(at.column + part.index, 'a quote is not closed')
    if (field === 'logpipe.level' && numberIn(field, value, at.nowMs) === undefined) {
      return bad(at.column + part.index, `${JSON.stringify(value)} is not ${quantityOf(field)}`)
    }
    values.push(value)
  }
  return values.length > 0 ? { ok: true, value: { is: 'any', values } } : bad(at.column, 'a value is missing')
}

function comparisonOf(
  field: string,
  text: string,
  at: { column: number; nowMs: number; sign: (typeof comparisons)[number] },
): Parsed<FieldTest> {
  const { sign } = at
  const value = numberIn(field, text, at.nowMs)
  if (value === undefined) return bad(at.column + sign.length, `${JSON.stringify(text)} is not ${quantityOf(field)}`)
  const [min, max] = sign.startsWith('>') ? [value, Infinity] : [-Infinity, value]
  return { ok: true, value: { is: 'between', min, max, includes: { min: sign !== '>', max: sign !== '<' } } }
}

/** Words of `logpipe.level` in their order; the index is the number in the store. */
export const levelWords: readonly string[] = ['', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']

function quantityOf(field: string): string {
  if (field === 'logpipe.level') return `a level (${levelWords.slice(1).join(' ')})`
  if (field === '@timestamp') return 'a time'
  return field === 'event.duration' ? 'a duration: 500ms, 2s, or a number of ns' : 'a number'
}

function numberIn(field: string, text: string, nowMs: number): number | undefined {
  if (field === 'logpipe.level')
    return levelWords.indexOf(text.toLowerCase()) > 0 ? levelWords.indexOf(text.toLowerCase()) : undefined
  if (field === '@timestamp') return parseMoment(text, nowMs)
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Number(text)
  const ms = field.endsWith('duration') ? parseDuration(text) : undefined
  return ms === undefined ? parseSize(text) : ms * 1e6
}

/** Text without its quotes and their escapes; undefined if a quote is not closed. */
function unquoted(text: string): string | undefined {
  let isOpen = false
  const plain = text.replace(/\\(["\\])|"/g, (_, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped
    isOpen = !isOpen
    return ''
  })
  return isOpen ? undefined : plain
}
