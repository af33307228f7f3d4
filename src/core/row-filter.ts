import { bytesOf } from './byte-writer.ts'
import { compares, holds, parseCondition, type Condition } from './condition.ts'
import { LogpipeError } from './error.ts'
import { entryKind, fact, outcomes, type EventBatch, type Json, type RowFilter } from './event-batch.ts'
import { fieldId } from './field.ts'
import { levelNames } from './level.ts'

export interface ConditionLists {
  /** All hold. */
  readonly where?: readonly string[]
  /** At least one holds, if there are any. */
  readonly anyOf?: readonly string[]
  /** None holds. */
  readonly noneOf?: readonly string[]
}

/** Throws LP_CONFIG_INVALID for a condition that cannot be read; `config` has found those before. Undefined: all rows. */
export function compileFilter(lists: ConditionLists): RowFilter | undefined {
  const filters = (lists.where ?? []).map(filterOf)
  if (lists.anyOf !== undefined && lists.anyOf.length > 0) filters.push(marked(lists.anyOf.map(filterOf), true))
  if (lists.noneOf !== undefined && lists.noneOf.length > 0) filters.push(marked(lists.noneOf.map(filterOf), false))
  if (filters.length <= 1) return filters[0]
  return {
    select(batch, rows, count) {
      let left = count
      for (const filter of filters) left = filter.select(batch, rows, left)
      return left
    },
  }
}

/** Keeps the rows that some filter keeps (or that none keeps). */
function marked(filters: readonly RowFilter[], keepsMarked: boolean): RowFilter {
  let marks = new Uint8Array(0)
  let copy = new Int32Array(0)
  return {
    select(batch, rows, count) {
      if (marks.length < batch.count) marks = new Uint8Array(batch.count)
      if (copy.length < count) copy = new Int32Array(count)
      for (let i = 0; i < count; i++) marks[rows[i]!] = 0
      for (const filter of filters) {
        copy.set(rows.subarray(0, count))
        const kept = filter.select(batch, copy, count)
        for (let i = 0; i < kept; i++) marks[copy[i]!] = 1
      }
      let left = 0
      for (let i = 0; i < count; i++) if ((marks[rows[i]!]! === 1) === keepsMarked) rows[left++] = rows[i]!
      return left
    },
  }
}

function filterOf(text: string): RowFilter {
  const { condition, fault } = parseCondition(text)
  if (fault !== undefined)
    throw new LogpipeError('LP_CONFIG_INVALID', `reading the condition ${text}: ${fault.message}`)
  const words = columnWords.get(condition.field)
  if (words !== undefined) return columnFilter(condition, words)
  if (condition.as === 'number') return numberFilter(condition)
  if (condition.op === '=' || condition.op === 'in') return equalFilter(condition)
  return valueFilter(condition)
}

/** Fields that are a column of small numbers: word by number, undefined for absence. */
const columnWords: ReadonlyMap<string, readonly (Json | undefined)[]> = new Map<string, readonly (Json | undefined)[]>(
  Object.entries({
    'logpipe.level': levelNames.map((name) => name || undefined),
    'logpipe.error': [false, true],
    'logpipe.slow': [false, true],
    'event.outcome': outcomes.map((name) => name || undefined),
  }),
)

/** The condition is asked once for each word. `logpipe.error` and `logpipe.slow` that are absent are false. */
function columnFilter(condition: Condition, words: readonly (Json | undefined)[]): RowFilter {
  const asksPresence = condition.op === 'exists' || condition.op === 'missing'
  const answers = Uint8Array.from(words, (word) => (holds(condition, asksPresence ? word || undefined : word) ? 1 : 0))
  const isLevel = condition.field === 'logpipe.level'
  const { mask, shift } = bitsOf(condition.field)
  return {
    select(batch, rows, count) {
      const column = isLevel ? batch.level : batch.facts
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        if (answers[(column[row]! & mask) >> shift] === 1) rows[left++] = row
      }
      return left
    },
  }
}

/** Where in `facts` (of levels: in their own column) the number of a field is. */
function bitsOf(field: string): { mask: number; shift: number } {
  if (field === 'logpipe.level') return { mask: fact.levelMask, shift: 0 }
  if (field === 'event.outcome') return { mask: fact.outcomeMask, shift: fact.outcomeShift }
  const mask = field === 'logpipe.error' ? fact.error : fact.slow
  return { mask, shift: Math.log2(mask) }
}

function numberFilter(condition: Condition): RowFilter {
  const isNegated = condition.op === '!='
  return {
    select(batch, rows, count) {
      const column = batch.numeric(batch.tables.fields.id(condition.field))
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        if (compares(condition, column[row]!) !== isNegated) rows[left++] = row
      }
      return left
    },
  }
}

/** Compares spans byte by byte; what is no plain span goes the way of `valueFilter`. */
function equalFilter(condition: Condition): RowFilter {
  const words = condition.operands.map((word) => bytesOf(String(word)))
  return {
    select(batch, rows, count) {
      const field = batch.tables.fields.id(condition.field)
      const others = new Rest(condition, field)
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        const entry = batch.find(row, field)
        const kind = entry < 0 ? -1 : batch.entryKind[entry]! & 7
        let isKept = false
        if (kind === entryKind.text || (kind === entryKind.jsonText && !batch.isEscaped(entry))) {
          const bytes = batch.bytesOfEntry(entry)
          for (const word of words) isKept ||= equals(bytes, batch.entryStart[entry]!, batch.entryEnd[entry]!, word)
        } else isKept = others.holds(batch, row, entry)
        if (isKept) rows[left++] = row
      }
      return left
    },
  }
}

function equals(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}

/** Patterns, `contains` and `exists`: a string is made for each row that has the field. */
function valueFilter(condition: Condition): RowFilter {
  return {
    select(batch, rows, count) {
      const field = batch.tables.fields.id(condition.field)
      const others = new Rest(condition, field)
      let left = 0
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        if (others.holds(batch, row, batch.find(row, field))) rows[left++] = row
      }
      return left
    },
  }
}

/** The slow way for one batch; the answer for rows without the field is kept per format, whose constants decide it. */
class Rest {
  readonly #condition: Condition
  readonly #field: number
  readonly #answers: (boolean | undefined)[] = []

  constructor(condition: Condition, field: number) {
    this.#condition = condition
    this.#field = field
  }

  holds(batch: EventBatch, row: number, entry: number): boolean {
    if (entry >= 0) return holds(this.#condition, batch.entryValue(entry))
    if (this.#field === durationField || this.#field === statusField || batch.odd.has(row)) {
      return holds(this.#condition, batch.value(row, this.#field))
    }
    const format = batch.format[row]!
    return (this.#answers[format] ??= holds(this.#condition, batch.value(row, this.#field)))
  }
}

const durationField = fieldId('event.duration')
const statusField = fieldId('http.response.status_code')
