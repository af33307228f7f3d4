import { z } from 'zod'
import type { Components } from '../core/component.ts'
import { conditions, count, duration, fieldName, identifier } from '../core/config-field.ts'
import { didYouMean } from './nearest.ts'
import { isRecord, type ConfigTree, type Path, type Value } from './tree.ts'

/** The keys of config that hold components. */
export type EntryWord = 'source' | 'parse' | 'derive' | 'rule' | 'sink' | 'channel'

/** One kind of component as config sees it. */
export interface EntryKind {
  readonly word: EntryWord
  /** Keys that every type of the kind has. */
  readonly common: z.ZodObject
  /** Config of each type by its name. */
  readonly types: ReadonlyMap<string, z.ZodType>
}

export type EntryKinds = Readonly<Record<EntryWord, EntryKind>>

const SourceKeys = z.strictObject({
  out_of_order: duration({
    about: 'How far times of neighbouring records may be apart: windows close this long after the newest event.',
    default: '10s',
  }),
})

const DeriveKeys = z.strictObject({
  id: identifier({ about: 'Its metrics are `<id>.<output>`; unique over the project.' }),
  by: z
    .array(fieldName({ about: 'A field.' }))
    .max(8)
    .meta({ description: 'Fields that split the metric into series; a missing one gives `_missing`.' })
    .prefault([]),
  where: conditions({ about: 'Only events that meet all of these take part.' }),
  allowed_lateness: duration({
    about: 'Events older than this behind the last tick, and in no window, are counted and left out.',
    default: '1h',
  }),
  max_series: count({
    about: 'Series of this metric; further ones count as `__other__`. Absent: as in logpipe.yaml.',
    min: 1,
  }).optional(),
})

const noKeys = z.strictObject({})

export type SourceKeys = z.output<typeof SourceKeys>
export type DeriveKeys = z.output<typeof DeriveKeys>

/** An entry of config: its type, the keys of its kind, and the values for `build` of its definition. */
export interface Entry<Keys = Readonly<Record<string, unknown>>> {
  readonly type: string
  readonly keys: Readonly<Keys>
  readonly config: Readonly<Record<string, unknown>>
}

export function entryKinds(components: Components): EntryKinds {
  function kind(
    word: EntryWord,
    common: z.ZodObject,
    definitions: readonly { type: string; config: z.ZodType }[],
  ): EntryKind {
    return { word, common, types: new Map(definitions.map((definition) => [definition.type, definition.config])) }
  }
  const formats = ['auto', ...components.formats.map((format) => format.name)]
  return {
    source: kind('source', SourceKeys, components.sources),
    parse: kind(
      'parse',
      noKeys,
      formats.map((type) => ({ type, config: components.parse })),
    ),
    derive: kind('derive', DeriveKeys, components.derives),
    rule: kind('rule', components.rule, components.alerts),
    sink: kind('sink', noKeys, components.sinks),
    channel: kind('channel', noKeys, components.channels),
  }
}

/** How entries look in a document: `checkedEntry` to find mistakes, `describedEntry` for schemas and the reference. */
export type EntryForm = (word: EntryWord) => z.ZodType

/** Keys of a config, also of one that is refined or transformed. */
function keysOf(config: z.ZodType): string[] {
  if (config instanceof z.ZodObject) return Object.keys(config.shape)
  if (config instanceof z.ZodPipe) return keysOf(config.in as z.ZodType) // Parts of a pipe are schemas.
  return []
}

/** An entry is read in two parts, so that a mistake in one does not hide those of the other. */
function split(
  kind: EntryKind,
  config: z.ZodType,
  entry: Record<string, Value>,
): { common: Record<string, Value>; own: Record<string, Value> } {
  const commonKeys = new Set(Object.keys(kind.common.shape))
  const ownKeys = new Set(keysOf(config))
  const common: Record<string, Value> = {}
  const own: Record<string, Value> = {}
  for (const [key, value] of Object.entries(entry)) {
    if (key === 'type' && !ownKeys.has(key)) continue
    if (commonKeys.has(key)) common[key] = value
    if (ownKeys.has(key) || !commonKeys.has(key)) own[key] = value
  }
  return { common, own }
}

/** Gives the issues of an entry by its `type` alone; its output is not used. */
export function checkedEntry(kind: EntryKind): z.ZodType {
  return z.unknown().transform((entry, context): unknown => {
    if (!isRecord(entry)) {
      context.issues.push({ code: 'invalid_type', expected: 'object', input: entry })
      return z.NEVER
    }
    const { type } = entry
    const config = typeof type === 'string' ? kind.types.get(type) : undefined
    if (config === undefined) {
      if (typeof type !== 'string')
        context.issues.push({ code: 'invalid_type', expected: 'string', path: ['type'], input: type })
      else {
        const hint =
          didYouMean(type, kind.types.keys()) ?? `there are ${[...kind.types.keys()].slice(0, 12).join(', ')}`
        context.addIssue({
          code: 'custom',
          path: ['type'],
          message: `there is no ${kind.word} of type ${type}`,
          params: { finding: 'unknown_type', hint },
        })
      }
      return z.NEVER
    }
    const parts = split(kind, config, entry)
    for (const result of [kind.common.safeParse(parts.common), config.safeParse(parts.own)]) {
      for (const issue of result.error?.issues ?? []) context.issues.push({ ...issue, input: undefined })
    }
    return entry
  })
}

/** The same entry as one schema: a union over the types, of common and own keys. */
export function describedEntry(kind: EntryKind): z.ZodType {
  const groups = new Map<z.ZodType, string[]>()
  for (const [type, config] of kind.types) groups.set(config, [...(groups.get(config) ?? []), type])
  const branches = [...groups].map(([config, types]) =>
    z.strictObject({ ...kind.common.shape, ...shapeOf(config), type: z.literal(types) }),
  )
  return branches.length === 0 ? z.looseObject({ type: z.string() }) : z.union(branches)
}

function shapeOf(config: z.ZodType): z.ZodRawShape {
  if (config instanceof z.ZodObject) return config.shape as z.ZodRawShape // An object's shape is one.
  return config instanceof z.ZodPipe ? shapeOf(config.in as z.ZodType) : {} // Parts of a pipe are schemas.
}

/** An entry as far as it can be read, so that the second pass has something to say beside other mistakes. */
export interface Draft<Keys = Readonly<Record<string, unknown>>> extends Entry<Partial<Keys>> {
  readonly path: Path
  readonly tree: ConfigTree
  /** Nothing is wrong with any of its keys. */
  readonly isWhole: boolean
}

/** Reads an entry; keys with mistakes are left out. Undefined if not even its type is known. */
export function readEntry<Keys>(kind: EntryKind, tree: ConfigTree, path: Path): Draft<Keys> | undefined {
  const entry = tree.at(path)
  if (!isRecord(entry) || typeof entry['type'] !== 'string') return undefined
  const schema = kind.types.get(entry['type'])
  if (schema === undefined) return undefined
  const { common, own } = split(kind, schema, entry)
  const isWhole = kind.common.safeParse(common).success && schema.safeParse(own).success
  const keys = salvage(kind.common, common) as Partial<Keys> // The schema of the kind gives these, less those that had mistakes.
  return { type: entry['type'], keys, config: salvage(schema, own), path, tree, isWhole }
}

/** Parses with one key less for each that has a mistake; what is required and wrong stays as it is written. */
function salvage(schema: z.ZodType, input: Record<string, Value>): Record<string, Value> {
  const left = { ...input }
  for (;;) {
    const result = schema.safeParse(left)
    if (result.success) return result.data as Record<string, Value> // Configs are objects.
    let isChanged = false
    for (const issue of result.error.issues) {
      const wrong = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])]
      for (const key of wrong) {
        if (!Object.hasOwn(left, key)) continue
        delete left[key]
        isChanged = true
      }
    }
    if (!isChanged) return left
  }
}
