import { z } from 'zod'
import { isRecord, valueAt, type Path, type Value } from './tree.ts'

/** The part of JSON Schema (draft-07) that descriptions of config use. `unit` is the meaning of a field of ours. */
export interface Described {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly unit?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Described>>
  readonly required?: readonly string[]
  readonly items?: Described
  readonly additionalProperties?: Described | boolean
  readonly anyOf?: readonly Described[]
  readonly oneOf?: readonly Described[]
  readonly minimum?: number
  readonly maximum?: number
}

/** What people write, before defaults and transforms. */
export function describe(schema: z.ZodType): Described {
  // zod writes what the interface above names, and more.
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as Described
}

/** The branch of a union that a value means: by its constants (`type:`), else by its JSON type. */
export function branchOf(schema: Described, value: Value): Described {
  const branches = schema.anyOf ?? schema.oneOf
  if (branches === undefined) return schema
  const fitting = branches.filter((branch) => fits(branch, value))
  const branch = fitting.find((candidate) => candidate.properties !== undefined) ?? fitting[0]
  return branch === undefined
    ? schema
    : branchOf({ ...(schema.unit === undefined ? {} : { unit: schema.unit }), ...branch }, value)
}

function fits(branch: Described, value: Value): boolean {
  if (branch.type === 'object' || branch.properties !== undefined) {
    if (!isRecord(value)) return false
    return Object.entries(branch.properties ?? {}).every(([key, property]) => {
      if (property.const !== undefined) return value[key] === property.const
      return property.enum === undefined || key !== 'type' || property.enum.includes(value[key])
    })
  }
  if (branch.type === 'array') return Array.isArray(value)
  return !isRecord(value) && !Array.isArray(value)
}

/** Names that may stand at a path, for "did you mean". */
export function propertiesAt(described: Described, root: Value, path: Path): string[] {
  let schema = branchOf(described, root)
  for (const [i, part] of path.entries()) {
    const next = typeof part === 'number' ? schema.items : (schema.properties?.[part] ?? restOf(schema))
    if (next === undefined) return []
    schema = branchOf(next, valueAt(root, path.slice(0, i + 1)))
  }
  return Object.keys(schema.properties ?? {})
}

function restOf(schema: Described): Described | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** Calls `visit` for a value and everything below it with the description that holds there. */
export function walk(
  described: Described,
  value: Value,
  path: Path,
  visit: (schema: Described, value: Value, path: Path) => void,
): void {
  const schema = branchOf(described, value)
  visit(schema, value, path)
  if (Array.isArray(value)) {
    if (schema.items !== undefined)
      for (const [i, item] of value.entries()) walk(schema.items, item, [...path, i], visit)
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      const inner = schema.properties?.[key] ?? restOf(schema)
      if (inner !== undefined) walk(inner, item, [...path, key], visit)
    }
  }
}

/** Texts of each unit, so that an editor refuses `window: 60` while it is typed. */
const unitPatterns: Readonly<Record<string, string>> = {
  duration: '(\\d+(\\.\\d+)?(ms|[smhdw]))+|0',
  size: '\\d+(\\.\\d+)?([KMGT]i?)?B|0',
  share: '\\d+(\\.\\d+)?%?',
  secret: 'env:[A-Za-z_][A-Za-z0-9_]*|file:/.+',
}

/**
 * The form for editors: without our `unit`, with patterns in its place, and with `${...}` allowed wherever a single
 * value may stand.
 */
export function forEditors(schema: Described): Described {
  const { unit, properties, items, additionalProperties, anyOf, oneOf, ...rest } = schema
  const pattern = unit === undefined ? undefined : unitPatterns[unit]
  if (pattern !== undefined) return patterned(rest, pattern, unit === 'share')
  if (rest.type === 'number' || rest.type === 'integer' || rest.type === 'boolean') return orReference(rest)
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, forEditors(value)])) }),
    ...(items === undefined ? {} : { items: forEditors(items) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? forEditors(additionalProperties) : additionalProperties,
        }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(forEditors) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(forEditors) }),
  }
}

function patterned(rest: Described, pattern: string, allowsNumber: boolean): Described {
  const text = `^(${pattern}|.*\\$\\{.*)$`
  const { default: preset, description } = rest
  const bare = allowsNumber ? { type: 'number', minimum: 0, maximum: 1 } : { const: 0 }
  return {
    ...(preset === undefined ? {} : { default: preset }),
    ...(description === undefined ? {} : { description }),
    ...(pattern.startsWith('env')
      ? { type: 'string', pattern: text }
      : { anyOf: [{ type: 'string', pattern: text }, bare] }),
  }
}

function orReference(rest: Described): Described {
  const { default: preset, description, ...value } = rest
  return {
    ...(preset === undefined ? {} : { default: preset }),
    ...(description === undefined ? {} : { description }),
    anyOf: [value, { type: 'string', pattern: '^\\$\\{[^}]*\\}$' }],
  }
}
