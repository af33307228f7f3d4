import { numberOf, wordOf, type Json } from './event-batch.ts'
import { fieldKind } from './field.ts'
import { levelNames } from './level.ts'
import { parseDuration, parseSize } from './quantity-text.ts'
import { compilePattern, type Pattern } from './pattern.ts'

/** `=~` and `!~` match the whole value, `matches` any part of it; `contains` is a part of a text, without a pattern. */
export type ConditionOp =
  '=' | '!=' | '=~' | '!~' | 'contains' | 'matches' | '>' | '>=' | '<' | '<=' | 'exists' | 'missing' | 'in'

export type Operand = string | number

/**
 * `field op value`. A field that is absent equals nothing: of all comparisons only `!=` and `!~` hold then. A list
 * meets a condition if one of its entries does, and `!=` and `!~` if none does.
 */
export interface Condition {
  readonly text: string
  readonly field: string
  readonly op: ConditionOp
  /** How values are compared: numbers (text that is a number counts as one), words, or levels by their rank. */
  readonly as: 'number' | 'word' | 'rank'
  readonly operands: readonly Operand[]
  /** For `=~ !~ matches`. */
  readonly pattern: Pattern | undefined
}

export interface ConditionFault {
  readonly finding: 'bad_condition' | 'bad_regex'
  readonly message: string
  /** Where in the text, counted in UTF-16 units. */
  readonly offset: number
}

export type ParsedCondition =
  | { readonly condition: Condition; readonly fault?: undefined }
  | { readonly condition?: undefined; readonly fault: ConditionFault }

const head = /^\s*([@A-Za-z_][A-Za-z0-9_@-]*(?:\.[A-Za-z0-9_@-]+)*)\s*/
const operator = /(?:!=|=~|!~|>=|<=|=|>|<|(?:contains|matches|exists|missing|in)(?![A-Za-z0-9_]))/y
const operand = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"'[\],]+))/y

/** Reads one condition; a mistake has its place, so that config can point at it. */
export function parseCondition(text: string): ParsedCondition {
  const field = head.exec(text)
  if (field === null) return fault('a condition begins with the dotted name of a field', 0)
  operator.lastIndex = field[0].length
  const op = operator.exec(text)?.[0]
  if (op === undefined) {
    return fault('after the field comes = != =~ !~ > >= < <= contains, matches, in, exists or missing', field[0].length)
  }
  // The expression matches these words alone.
  return new OperandReader(text, field[1]!, op as ConditionOp).read(operator.lastIndex)
}

function fault(message: string, offset: number, finding: ConditionFault['finding'] = 'bad_condition'): ParsedCondition {
  return { fault: { finding, message, offset } }
}

interface Word {
  readonly text: string
  readonly isQuoted: boolean
  readonly offset: number
}

/** What follows the operator. */
class OperandReader {
  readonly #text: string
  readonly #field: string
  readonly #op: ConditionOp

  constructor(text: string, field: string, op: ConditionOp) {
    this.#text = text
    this.#field = field
    this.#op = op
  }

  read(from: number): ParsedCondition {
    const words: Word[] = []
    const end = this.#op === 'in' ? this.#list(from, words) : this.#single(from, words)
    if (typeof end !== 'number') return end
    const rest = this.#text.slice(end).search(/\S/)
    if (rest >= 0) return fault('nothing may follow the condition', end + rest)
    return this.#compile(words)
  }

  #word(from: number): { word: Word; end: number } | undefined {
    operand.lastIndex = from
    const match = operand.exec(this.#text)
    if (match === null) return undefined
    const end = operand.lastIndex
    const [whole, double, single, bare] = match
    const offset = from + whole.search(/\S/)
    if (bare !== undefined) return { word: { text: bare, isQuoted: false, offset }, end }
    const text =
      double === undefined ? (single ?? '') : double.replace(/\\(.)/g, (_, char: string) => unescaped(char, this.#op))
    return { word: { text, isQuoted: true, offset: offset + 1 }, end }
  }

  #single(from: number, words: Word[]): number | ParsedCondition {
    if (this.#op === 'exists' || this.#op === 'missing') return from
    const found = this.#word(from)
    if (found === undefined) return fault(`${this.#op} needs a value`, Math.min(from + 1, this.#text.length))
    words.push(found.word)
    return found.end
  }

  #list(from: number, words: Word[]): number | ParsedCondition {
    const open = /\s*\[/y
    open.lastIndex = from
    if (!open.test(this.#text))
      return fault('in needs a list such as ["a", "b"]', Math.min(from + 1, this.#text.length))
    let at = open.lastIndex
    for (;;) {
      const found = this.#word(at)
      if (found === undefined) return fault('the list needs a value here', at)
      words.push(found.word)
      const next = /\s*([,\]])/y
      next.lastIndex = found.end
      const mark = next.exec(this.#text)?.[1]
      if (mark === undefined) return fault('the list needs a comma or ] here', found.end)
      at = next.lastIndex
      if (mark === ']') return at
    }
  }

  #compile(words: readonly Word[]): ParsedCondition {
    const base = { text: this.#text, field: this.#field, op: this.#op }
    if (this.#op === '=~' || this.#op === '!~' || this.#op === 'matches') {
      const compiled = compilePattern(words[0]!.text, this.#op !== 'matches')
      if (compiled.fault !== undefined) return fault(compiled.fault, words[0]!.offset + compiled.offset, 'bad_regex')
      return { condition: { ...base, as: 'word', operands: [], pattern: compiled.pattern } }
    }
    const isOrder = /^[<>]/.test(this.#op)
    const as = this.#comparison(words, isOrder)
    const operands: Operand[] = []
    for (const word of words) {
      const value =
        as === 'number' ? numberIn(word, this.#field) : as === 'rank' ? levelNames.indexOf(word.text) : word.text
      if (value === undefined)
        return fault(`${this.#field} is compared with a number, not with ${word.text}`, word.offset)
      if (value === -1 && as === 'rank')
        return fault(`a level is one of ${levelNames.slice(1).join(', ')}`, word.offset)
      operands.push(value)
    }
    return { condition: { ...base, as, operands, pattern: undefined } }
  }

  #comparison(words: readonly Word[], isOrder: boolean): Condition['as'] {
    if (this.#op === 'contains' || this.#op === 'exists' || this.#op === 'missing') return 'word'
    if (isOrder && this.#field === 'logpipe.level') return 'rank'
    const kind = fieldKind(this.#field)
    if (isOrder || kind === 'long' || kind === 'double') return 'number'
    if (kind !== undefined) return 'word'
    return words.every((word) => !word.isQuoted && numberIn(word, this.#field) !== undefined) ? 'number' : 'word'
  }
}

/** In patterns a backslash belongs to the pattern, except before a quote. */
function unescaped(char: string, op: ConditionOp): string {
  if (op === '=~' || op === '!~' || op === 'matches') return char === '"' ? '"' : `\\${char}`
  return char === 'n' ? '\n' : char === 't' ? '\t' : char
}

const plainNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/** Durations become ns where the field holds ns, sizes become bytes where it holds bytes. */
function numberIn(word: Word, field: string): number | undefined {
  if (plainNumber.test(word.text)) return Number(word.text)
  if (/(^|\.)duration$/.test(field)) {
    const ms = parseDuration(word.text)
    return ms === undefined ? undefined : ms * 1e6
  }
  return /(^|\.)bytes$/.test(field) ? parseSize(word.text) : undefined
}

/** Whether a value meets a condition: the slow twin of `RowFilter`, and its oracle. */
export function holds(condition: Condition, value: Json | undefined): boolean {
  const isAbsent = value === undefined || value === null
  if (condition.op === 'exists') return !isAbsent
  if (condition.op === 'missing') return isAbsent
  const isNegated = condition.op === '!=' || condition.op === '!~'
  if (isAbsent) return isNegated
  const meets = Array.isArray(value) ? value.some((entry) => meetsOne(condition, entry)) : meetsOne(condition, value)
  return meets !== isNegated
}

/** The condition without its negation, for one value. */
function meetsOne(condition: Condition, value: Json): boolean {
  if (condition.pattern !== undefined) return condition.pattern.test(wordOf(value))
  if (condition.as === 'number') return compares(condition, numberOf(value))
  const word = wordOf(value)
  if (condition.as === 'rank') return compares(condition, levelNames.indexOf(word))
  if (condition.op === 'contains') return word.includes(String(condition.operands[0]!))
  return condition.operands.includes(word)
}

/** NaN meets nothing. The operands of such conditions are numbers. */
export function compares(condition: Condition, value: number): boolean {
  const limit = Number(condition.operands[0]!)
  switch (condition.op) {
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    default:
      return condition.operands.includes(value)
  }
}
