import type { SQLInputValue } from 'node:sqlite'
import { fieldKind } from '../core/field.ts'
import type { TextSearch } from './text-index.ts'
import { phraseOf, textFields } from './event-text.ts'
import { levelWords, type Expression, type FieldTest, type Parsed, type Term } from './query-expression.ts'

/** A piece of SQL over `events AS e`, and the values of its `?`, in order. Text of a user is in `values` alone. */
export interface Sql {
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

export interface Where extends Sql {
  /** The full text query of all words that must occur, if there are any: `text` holds its condition already. */
  readonly match: string | undefined
}

/** Columns that hold what a field says as a number; `word`: it is the number of a word. */
const columnsOf: Readonly<Record<string, { readonly column: string; readonly isWord: boolean }>> = {
  'service.name': { column: 'service', isWord: true },
  'logpipe.format': { column: 'format', isWord: true },
  'http.response.status_code': { column: 'status', isWord: false },
  'event.duration': { column: 'duration', isWord: false },
  '@timestamp': { column: 'time', isWord: false },
}

/** All conditions of an expression, joined by AND. */
export function whereOf(expression: Expression, search: TextSearch): Parsed<Where> {
  const parts: Sql[] = []
  const phrases: string[] = []
  if (expression.fromMs !== undefined) parts.push({ text: 'e.time >= ?', values: [expression.fromMs] })
  if (expression.toMs !== undefined) parts.push({ text: 'e.time < ?', values: [expression.toMs] })
  for (const term of expression.terms) {
    if (term.kind === 'field') {
      parts.push(negated(term, fieldSql(term.field, term.test)))
      continue
    }
    const phrase = phraseOf(term.words, term.isPrefix)
    if (phrase === undefined) {
      const problem = {
        column: term.column,
        message: `${JSON.stringify(term.words)} has no letter and no digit to search for`,
      }
      return { ok: false, problem }
    }
    if (search === 'like') parts.push(negated(term, likeSql(term.words)))
    else if (term.isNegated) parts.push(negated(term, matchSql(phrase)))
    else phrases.push(phrase)
  }
  const match = phrases.length > 0 ? phrases.join(' AND ') : undefined
  if (match !== undefined) parts.push(matchSql(match))
  const text = parts.length > 0 ? parts.map((part) => part.text).join(' AND ') : '1'
  return { ok: true, value: { text, values: parts.flatMap((part) => part.values), match } }
}

/** What a field says, for grouping: NULL where it is absent. Levels and words come as text. */
export function valueSql(field: string): Sql {
  if (field === 'logpipe.level') {
    const cases = levelWords.map((word, code) => (code === 0 ? '' : `WHEN ${code} THEN '${word}'`)).join(' ')
    return { text: `CASE e.level ${cases} END`, values: [] }
  }
  if (field === 'logpipe.source') return { text: '(SELECT name FROM sources WHERE id = e.source)', values: [] }
  const known = Object.hasOwn(columnsOf, field) ? columnsOf[field] : undefined
  if (known?.isWord) return { text: `(SELECT word FROM words WHERE id = e.${known.column})`, values: [] }
  if (known !== undefined) return { text: `e.${known.column}`, values: [] }
  return { text: 'e.doc ->> ?', values: [pathOf(field)] }
}

function negated(term: Term, sql: Sql): Sql {
  // An absent field makes the test NULL: it does not hold, so its negation does.
  return term.isNegated ? { text: `NOT coalesce(${sql.text}, 0)`, values: sql.values } : sql
}

/** Where one word query drives from: a set of rows. */
function matchSql(match: string): Sql {
  return { text: 'e.n IN (SELECT rowid FROM event_text WHERE event_text MATCH ?)', values: [match] }
}

function likeSql(words: string): Sql {
  const text = textFields.map((field) => `coalesce(e.doc ->> '${pathOf(field)}', '')`).join(` || ' ' || `)
  return { text: `(${text}) LIKE ? ESCAPE '\\'`, values: [`%${likePattern(words)}%`] }
}

function fieldSql(field: string, test: FieldTest): Sql {
  switch (test.is) {
    case 'present':
      return field === 'logpipe.level' ? { text: 'e.level > 0', values: [] } : present(valueSql(field))
    case 'between':
      return betweenSql(field, test)
    case 'any':
      return anySql(field, test.values)
  }
}

function present(value: Sql): Sql {
  return { text: `(${value.text}) IS NOT NULL`, values: value.values }
}

function betweenSql(field: string, test: FieldTest & { is: 'between' }): Sql {
  const value = field === 'logpipe.level' ? { text: 'e.level', values: [] } : valueSql(field)
  const tests: Sql[] = []
  // In SQLite every text is greater than every number.
  if (value.text.startsWith('e.doc'))
    tests.push({ text: `typeof(${value.text}) IN ('integer', 'real')`, values: value.values })
  const { min, max, includes } = test
  if (min > -Infinity)
    tests.push({ text: `${value.text} ${includes.min ? '>=' : '>'} ?`, values: [...value.values, min] })
  if (max < Infinity)
    tests.push({ text: `${value.text} ${includes.max ? '<=' : '<'} ?`, values: [...value.values, max] })
  return { text: `(${tests.map((one) => one.text).join(' AND ')})`, values: tests.flatMap((one) => one.values) }
}

function anySql(field: string, values: readonly string[]): Sql {
  const tests = values.map((value) => equalsSql(field, value))
  return { text: `(${tests.map((one) => one.text).join(' OR ')})`, values: tests.flatMap((one) => one.values) }
}

function equalsSql(field: string, value: string): Sql {
  if (field === 'logpipe.level') return { text: 'e.level = ?', values: [levelWords.indexOf(value.toLowerCase())] }
  if (field === 'logpipe.source') {
    return { text: `e.source IN (SELECT id FROM sources WHERE name LIKE ? ESCAPE '\\')`, values: [likePattern(value)] }
  }
  if (field === 'id') return { text: 'e.id = ?', values: [value] }
  const known = Object.hasOwn(columnsOf, field) ? columnsOf[field] : undefined
  if (known?.isWord) {
    const [operator, pattern] = value.includes('*') ? [`LIKE ? ESCAPE '\\'`, likePattern(value)] : ['= ?', value]
    return { text: `e.${known.column} IN (SELECT id FROM words WHERE word ${operator})`, values: [pattern] }
  }
  if (known !== undefined) return { text: `e.${known.column} = ?`, values: [numberOrText(value)] }
  const kind = fieldKind(field)
  if (kind === 'text')
    return { text: `e.doc ->> ? LIKE ? ESCAPE '\\'`, values: [pathOf(field), `%${likePattern(value)}%`] }
  // A field may be a list, unless its type says otherwise: each item counts.
  const isList = kind === undefined || kind === 'keyword[]' || kind === 'object'
  const item = isList ? 'j.value' : 'e.doc ->> ?'
  const test = value.includes('*') ? `${item} LIKE ? ESCAPE '\\'` : `${item} IN (?, ?)`
  const wanted = value.includes('*') ? [likePattern(value)] : [value, numberOrText(value)]
  if (!isList) return { text: test, values: [pathOf(field), ...wanted] }
  return { text: `EXISTS (SELECT 1 FROM json_each(e.doc, ?) AS j WHERE ${test})`, values: [pathOf(field), ...wanted] }
}

/** `true` and `false` are 1 and 0 in SQLite's JSON. */
function numberOrText(value: string): SQLInputValue {
  if (value === 'true' || value === 'false') return Number(value === 'true')
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

/** A JSON path of SQLite. Names never hold a double quote: `parseExpression` ends a name there. */
function pathOf(field: string): string {
  return `$${field
    .split('.')
    .map((part) => `."${part}"`)
    .join('')}`
}

function likePattern(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}
