import { isoText } from '../core/time-text.ts'
import { isJsonObject, valueAt, wordOf, type Json, type JsonObject } from '../core/event-batch.ts'
import { compilePattern } from '../core/pattern.ts'

/** One place where what was got is not what was expected. */
export interface Difference {
  /** Dotted path; empty: the whole. */
  readonly path: string
  readonly expected: string
  readonly got: string
}

/** Share by which a number may differ from `$approx: number`. */
const closeness = 1e-3

/**
 * Where `got` does not match; none: it matches. Objects match as subsets, and their keys may be dotted paths; arrays
 * match item by item, as a whole. `{$absent: true}`, `{$any: true}`, `{$regex: text}` (anywhere in a text) and
 * `{$approx: number}` (to a thousandth) or `{$approx: [number, tolerance]}` stand for values.
 */
export function differences(expected: Json, got: Json | undefined, path = ''): Difference[] {
  if (isJsonObject(expected)) {
    const operator = Object.keys(expected).find((key) => key.startsWith('$'))
    if (operator !== undefined) return operatorFits(operator, expected[operator]!, got) ? [] : [differs()]
    if (!isJsonObject(got)) return [differs()]
    return Object.entries(expected).flatMap(([key, value]) => differences(value, memberOf(got, key), join(path, key)))
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return [differs()]
    return expected.flatMap((value, i) => differences(value, got[i], join(path, String(i))))
  }
  return expected === got ? [] : [differs()]

  function differs(): Difference {
    return { path, expected: textOf(expected), got: textOf(got) }
  }
}

function operatorFits(operator: string, argument: Json, got: Json | undefined): boolean {
  switch (operator) {
    case '$absent':
      return (got === undefined) === (argument !== false)
    case '$any':
      return (got !== undefined) === (argument !== false)
    case '$regex':
      return typeof got === 'string' && compilePattern(wordOf(argument), false).pattern?.test(got) === true
    case '$approx': {
      const [value, tolerance] = Array.isArray(argument) ? argument : [argument, undefined]
      if (typeof got !== 'number' || typeof value !== 'number') return false
      return Math.abs(got - value) <= (typeof tolerance === 'number' ? tolerance : Math.abs(value) * closeness)
    }
    default:
      return false
  }
}

function memberOf(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : valueAt(object, key)
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function textOf(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

/**
 * Compares whole lists in any order: each expected item needs an item of its own. Returns what to print, one line each;
 * none: they are equal.
 */
export function compareLists(title: string, expected: readonly Json[], got: readonly Json[]): string[] {
  const pairs = pairsOf(expected, got)
  const missing = pairs.missing.map((item) => expected[item]!)
  const extra = pairs.extra.map((at) => got[at]!)
  if (missing.length === 0 && extra.length === 0) return []
  const lines = [`${title}: ${expected.length} expected, ${got.length} found`]
  for (const item of missing) lines.push(`  - ${JSON.stringify(item)}`, ...nearest(item, extra))
  const shown = extra.slice(0, maxShown)
  for (const item of shown) lines.push(`  + ${JSON.stringify(item)}`)
  if (extra.length > shown.length) lines.push(`  + ${extra.length - shown.length} more`)
  return lines
}

/** Indices of the expected items that have no counterpart, and of those that came and are nobody's. */
export function pairsOf(expected: readonly Json[], got: readonly Json[]): { missing: number[]; extra: number[] } {
  const fits = expected.map((item) => {
    return new Set(got.flatMap((other, at) => (differences(item, other).length === 0 ? [at] : [])))
  })
  const takenBy = assign(fits, got.length)
  const taken = new Set(takenBy.filter((item) => item >= 0))
  return {
    missing: [...expected.keys()].filter((item) => !taken.has(item)),
    extra: [...got.keys()].filter((at) => takenBy[at] === -1),
  }
}

/** Items that were not expected and are printed. */
const maxShown = 20

/** By item of `got`: the expected item that takes it, or -1; as many as can be matched (Kuhn's augmenting paths). */
function assign(fits: readonly ReadonlySet<number>[], size: number): number[] {
  const takenBy = Array.from({ length: size }, () => -1)
  function take(item: number, tried: Set<number>): boolean {
    for (const at of fits[item]!) {
      if (tried.has(at)) continue
      tried.add(at)
      if (takenBy[at] === -1 || take(takenBy[at]!, tried)) {
        takenBy[at] = item
        return true
      }
    }
    return false
  }
  fits.forEach((_, item) => take(item, new Set()))
  return takenBy
}

/** What keeps the most similar item from matching; nothing if none is similar in any part. */
function nearest(expected: Json, got: readonly Json[]): string[] {
  let best: Difference[] | undefined
  for (const item of got) {
    const found = differences(expected, item)
    if (best === undefined || found.length < best.length) best = found
  }
  if (best === undefined || best.some(({ path }) => path === '')) return []
  return best.map(({ path, expected: wanted, got: found }) => `      ${path}: expected ${wanted}, got ${found}`)
}

/** A time in lists of expectations: instants are shown as people write them. */
export function timeText(ms: number): string {
  return isoText(ms).replace('.000Z', 'Z')
}
