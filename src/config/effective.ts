import type { Components } from '../core/component.ts'
import { Secret } from '../core/config-field.ts'
import { documentsOf } from './documents.ts'
import { branchOf, type Described } from './json-schema.ts'
import type { Loaded } from './load.ts'
import { isRecord, type ConfigTree, type Path, type Value } from './tree.ts'

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly line: number; readonly col: number }
  | { readonly kind: 'env'; readonly line: number; readonly col: number; readonly variables: readonly string[] }

/** One value that is in force. */
export interface EffectiveValue {
  readonly file: string
  /** `derive[0].window`. */
  readonly path: string
  /** As written, after `${...}`; secrets are `[secret]`. */
  readonly value: string | number | boolean | null | readonly never[] | Readonly<Record<string, never>>
  readonly origin: Origin
}

/** Every value that is in force with its origin, in the order of the files: data of `logpipe config show --effective`. */
export function effectiveConfig(loaded: Loaded, components: Components): EffectiveValue[] {
  const { kinds } = documentsOf(components)
  const found: EffectiveValue[] = []
  for (const { word, tree } of loaded.trees)
    collect(tree, { schema: kinds[word].described, value: tree.root, path: [], isDefault: false }, found)
  return found
}

interface Node {
  readonly schema: Described | undefined
  readonly value: Value
  readonly path: Path
  readonly isDefault: boolean
}

function collect(tree: ConfigTree, node: Node, found: EffectiveValue[]): void {
  const { value, path, isDefault } = node
  const schema = node.schema === undefined ? undefined : branchOf(node.schema, value)
  if (Array.isArray(value) && value.length > 0) {
    for (const [i, item] of value.entries())
      collect(tree, { schema: schema?.items, value: item, path: [...path, i], isDefault }, found)
    return
  }
  if (isRecord(value)) {
    const defaults = Object.entries(schema?.properties ?? {}).filter(
      ([key, inner]) => value[key] === undefined && inner.default !== undefined,
    )
    const rest = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
    for (const [key, item] of Object.entries(value)) {
      collect(tree, { schema: schema?.properties?.[key] ?? rest, value: item, path: [...path, key], isDefault }, found)
    }
    for (const [key, inner] of defaults)
      collect(tree, { schema: inner, value: inner.default, path: [...path, key], isDefault: true }, found)
    if (Object.keys(value).length + defaults.length > 0) return
  }
  found.push({ file: tree.name, path: pathText(path), value: shown(value), origin: originOf(tree, path, isDefault) })
}

function originOf(tree: ConfigTree, path: Path, isDefault: boolean): Origin {
  // What is not in the file stands there as a default, too: a pipeline without sink.
  if (isDefault || !tree.isWritten(path)) return { kind: 'default' }
  const { line, col } = tree.finding(path, 'bad_value', '')
  const variables = tree.expansion(path)?.variables ?? []
  return variables.length === 0 ? { kind: 'file', line, col } : { kind: 'env', line, col, variables }
}

/** Leaves alone come here: scalars, secrets, empty lists and maps. */
function shown(value: Value): EffectiveValue['value'] {
  if (value instanceof Secret) return '[secret]'
  if (Array.isArray(value)) return []
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value === null ? null : {}
}

function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}
