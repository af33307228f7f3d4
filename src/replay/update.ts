import { isJsonObject, valueAt, type Json, type JsonObject } from '../core/event-batch.ts'
import { differences, pairsOf } from './match.ts'

type Path = readonly (string | number)[]

/** A change of what a block expects; a `value` that is undefined takes the place out. Paths begin below `expect`. */
export interface Change {
  readonly path: Path
  readonly value: Json | undefined
}

/** One list of an expectation beside what came. `places`: where each expected item stands in the written list. */
export interface Comparison {
  readonly key: string
  readonly title: string
  readonly places: readonly number[]
  readonly expected: readonly Json[]
  readonly got: readonly Json[]
  /** Places that say that nothing comes. */
  readonly nones?: readonly number[]
}

/**
 * What makes the list fit: an expected item takes the values of the most similar one that came, in the keys that it has
 * already; what is left over goes, and what is new is added with the keys of the first item. Takings out come last, from
 * the end on, so that paths hold while they are applied in order.
 */
export function updatesOf({ key, places, expected, got, nones = [] }: Comparison, size: number): Change[] {
  const { missing, extra } = pairsOf(expected, got)
  const changes: Change[] = []
  const gone: number[] = got.length > 0 ? [...nones] : []
  const left = new Set(extra)
  for (const item of missing) {
    const nearest = nearestOf(expected[item]!, got, left)
    if (nearest === undefined) gone.push(places[item]!)
    else {
      left.delete(nearest)
      changes.push(...valueChanges(expected[item]!, got[nearest], [key, places[item]!]))
    }
  }
  let end = size
  for (const at of left) changes.push({ path: [key, end++], value: shapedLike(expected[0], got[at]!) })
  for (const place of gone.sort((a, b) => b - a)) changes.push({ path: [key, place], value: undefined })
  return changes
}

function nearestOf(expected: Json, got: readonly Json[], left: ReadonlySet<number>): number | undefined {
  let best: number | undefined
  let least = Infinity
  for (const at of left) {
    const count = differences(expected, got[at]).length
    if (count < least) [best, least] = [at, count]
  }
  return best
}

function valueChanges(expected: Json, got: Json | undefined, path: Path): Change[] {
  if (differences(expected, got).length === 0) return []
  const isPlain = isJsonObject(expected) && !Object.keys(expected).some((key) => key.startsWith('$'))
  if (!isPlain || !isJsonObject(got)) return [{ path, value: got ?? { $absent: true } }]
  return Object.entries(expected).flatMap(([key, value]) => valueChanges(value, memberOf(got, key), [...path, key]))
}

function shapedLike(model: Json | undefined, got: Json): Json {
  if (model === undefined || !isJsonObject(model) || !isJsonObject(got)) return got
  const shaped: JsonObject = {}
  for (const key of Object.keys(model)) {
    const value = memberOf(got, key)
    if (value !== undefined) shaped[key] = value
  }
  return shaped
}

function memberOf(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : valueAt(object, key)
}
