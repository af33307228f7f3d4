import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  type Node,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Environment } from './environment.ts'
import type { Finding, FindingCode } from './finding.ts'
import { expand, type Expansion } from './interpolate.ts'
import { maxDepth, type YamlFile } from './read.ts'

export type Path = readonly (string | number)[]

/** What a value of a tree may be: JSON, and what `validate` puts in place of references (secrets). */
export type Value = unknown

const maxAliases = 100
const maxNodes = 100_000

interface Place {
  /** Offset of the value. */
  readonly value: number
  /** Offset of the key, -1 in lists. */
  readonly key: number
  /** Node of a text scalar. */
  readonly scalar: Scalar | undefined
  readonly expansion: Expansion | undefined
}

/**
 * The values of a config file with the place of each. References in texts are expanded; findings about them wait in
 * `expansion`, since a secret field reads its text by other rules.
 */
export class ConfigTree {
  readonly name: string
  readonly #file: YamlFile
  readonly #places = new Map<string, Place>()
  /** Paths whose value is in doubt: what a schema says about them is not repeated. */
  readonly #doubtful = new Set<string>()
  root: Value

  constructor(file: YamlFile, env: Environment, findings: Finding[]) {
    this.name = file.name
    this.#file = file
    this.root = new Walk(file, env, findings, this.#places, this.#doubtful).value(file.document.contents, [], -1, 0)
  }

  /** The value at a path; undefined if there is none. */
  at(path: Path): Value {
    return valueAt(this.root, path)
  }

  /** Puts another value at a path that exists. */
  replace(path: Path, value: Value): void {
    const parent = this.at(path.slice(0, -1))
    if (path.length === 0) this.root = value
    else (parent as Record<string | number, Value>)[path.at(-1)!] = value // The path exists, so its parent is a map or list.
  }

  /** The text of a scalar as it is written, before references were expanded; undefined for what is not text. */
  raw(path: Path): string | undefined {
    const scalar = this.#places.get(keyOf(path))?.scalar
    return scalar === undefined ? undefined : String(scalar.value)
  }

  expansion(path: Path): Expansion | undefined {
    return this.#places.get(keyOf(path))?.expansion
  }

  /** The file itself has a value at this path. */
  isWritten(path: Path): boolean {
    return this.#places.has(keyOf(path))
  }

  /** Paths of all texts with references that had problems. */
  *problems(): Generator<{ path: Path; expansion: Expansion }> {
    for (const [key, place] of this.#places) {
      if (place.expansion !== undefined && place.expansion.problems.length > 0) {
        yield { path: JSON.parse(key) as Path, expansion: place.expansion } // `keyOf` wrote it.
      }
    }
  }

  /** Says nothing more about this path or what is below it. */
  doubt(path: Path): void {
    this.#doubtful.add(keyOf(path))
  }

  isDoubtful(path: Path): boolean {
    return path.some((_, i) => this.#doubtful.has(keyOf(path.slice(0, i + 1))))
  }

  /**
   * A finding at the value of a path, at its key, or `offset` characters into its text. A path that does not exist
   * stands for its nearest parent.
   */
  finding(path: Path, code: FindingCode, message: string, more: FindingOptions = {}): Finding {
    let place: Place | undefined
    let isExact = true
    for (let length = path.length; length >= 0 && place === undefined; length--) {
      place = this.#places.get(keyOf(path.slice(0, length)))
      if (place === undefined) isExact = false
    }
    let offset = place?.value ?? 0
    if (isExact && more.isAtKey === true && place !== undefined && place.key >= 0) offset = place.key
    if (isExact && more.offset !== undefined && place !== undefined) offset = offsetInside(place, more.offset)
    return makeFinding(this.#file, offset, code, message, more)
  }

  /** 1-based line of a path, for reports. */
  lineOf(path: Path): number {
    return this.finding(path, 'bad_value', '').line
  }
}

export interface FindingOptions {
  readonly hint?: string | undefined
  readonly isWarning?: boolean
  readonly isAtKey?: boolean
  /** Characters into the text of the value. */
  readonly offset?: number | undefined
}

function makeFinding(
  file: YamlFile,
  offset: number,
  code: FindingCode,
  message: string,
  more: FindingOptions = {},
): Finding {
  const { line, col } = file.lines.linePos(offset)
  const severity = more.isWarning === true ? 'warning' : 'error'
  return { file: file.name, line: Math.max(1, line), col: Math.max(1, col), severity, code, message, hint: more.hint }
}

/** Where a character of a text stands in the file; the start of the value where escapes or references move it. */
function offsetInside(place: Place, offset: number): number {
  const { scalar } = place
  if (scalar?.range === undefined || scalar.range === null) return place.value
  if ((place.expansion?.variables.length ?? 0) > 0) return place.value
  const written = String(scalar.value)
  const start = scalar.range[0] + (scalar.type === Scalar.QUOTE_DOUBLE || scalar.type === Scalar.QUOTE_SINGLE ? 1 : 0)
  const isStraight =
    scalar.source === written && scalar.type !== Scalar.BLOCK_FOLDED && scalar.type !== Scalar.BLOCK_LITERAL
  // Quoted texts with escapes and folded lines are longer in the file than in memory.
  const isWhole = scalar.range[1] - start - (start - scalar.range[0]) === written.length
  return isStraight && isWhole ? start + offset : place.value
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}

/** Nodes to values, with limits on aliases, depth and count; what cannot be a config value is a finding. */
class Walk {
  readonly #file: YamlFile
  readonly #env: Environment
  readonly #findings: Finding[]
  readonly #places: Map<string, Place>
  readonly #doubtful: Set<string>
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #aliases = 0
  #nodes = 0

  constructor(
    file: YamlFile,
    env: Environment,
    findings: Finding[],
    places: Map<string, Place>,
    doubtful: Set<string>,
  ) {
    this.#file = file
    this.#env = env
    this.#findings = findings
    this.#places = places
    this.#doubtful = doubtful
  }

  value(node: ParsedNode | Node | null, path: Path, key: number, after: number): Value {
    const offset = node?.range?.[0] ?? after
    this.#nodes++
    if (this.#nodes > maxNodes) {
      // Said once: what follows would be as many findings as nodes.
      return this.#nodes === maxNodes + 1
        ? this.#refuse(path, offset, 'too_large', `more than ${maxNodes} values`)
        : null
    }
    if (path.length > maxDepth) return this.#refuse(path, offset, 'too_deep', `nested more than ${maxDepth} deep`)
    const scalar = isScalar(node) && typeof node.value === 'string' ? node : undefined
    const expansion = scalar === undefined ? undefined : expand(String(scalar.value), this.#env)
    this.#places.set(keyOf(path), { value: offset, key, scalar, expansion })
    if (node === null) return null
    if (isAlias(node)) return this.#alias(node.source, path, offset, key)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined && !/^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(node.tag)) {
      return this.#refuse(
        path,
        offset,
        'bad_tag',
        `the tag ${node.tag.replace('tag:yaml.org,2002:', '!!')} is not read`,
      )
    }
    if (isMap(node) || isSeq(node)) return this.#collection(node, path, offset)
    if (expansion !== undefined) return expansion.text
    if (!isScalar(node)) return null
    if (typeof node.value === 'number') this.#checkNumber(node.value, node.source ?? '', path, offset)
    return node.value
  }

  #alias(name: string, path: Path, offset: number, key: number): Value {
    const target = this.#anchors.get(name)
    this.#aliases++
    if (target === undefined) return this.#refuse(path, offset, 'bad_alias', `there is no anchor ${name} before this`)
    if (this.#open.has(target)) return this.#refuse(path, offset, 'bad_alias', `the anchor ${name} holds itself`)
    if (this.#aliases > maxAliases)
      return this.#refuse(path, offset, 'bad_alias', `more than ${maxAliases} aliases are unfolded`)
    return this.value(target, path, key, offset)
  }

  #collection(node: YAMLMap | YAMLSeq, path: Path, offset: number): Value {
    this.#open.add(node)
    // Parsed collections hold pairs and nodes, which the wide type of `items` does not say.
    const value = isMap(node)
      ? this.#map(node.items as Pair<ParsedNode, ParsedNode | null>[], path)
      : (node.items as ParsedNode[]).map((item, i) => this.value(item, [...path, i], -1, offset))
    this.#open.delete(node)
    return value
  }

  #map(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], path: Path): Value {
    const map: Record<string, Value> = {}
    const lines = new Map<string, number>()
    for (const pair of pairs) {
      const offset = pair.key.range[0]
      if (!isScalar(pair.key)) {
        this.#add(offset, 'reserved_key', 'a key is a word, not a list or map')
        continue
      }
      const key = pair.key.source ?? String(pair.key.value)
      const reserved = reservedKey(key)
      if (reserved !== undefined) {
        this.#add(offset, reserved, `the key ${key} is not read`)
        continue
      }
      const first = lines.get(key)
      if (first !== undefined) {
        this.#add(offset, 'duplicate_key', `the key ${key} stands twice`, `the first is in line ${first}`)
        continue
      }
      lines.set(key, this.#file.lines.linePos(offset).line)
      map[key] = this.value(pair.value, [...path, key], offset, pair.key.range[2])
    }
    return map
  }

  /** YAML 1.2 reads 017 as 17 and 0o17 as 15, and JavaScript loses digits beyond 2^53: nobody means that. */
  #checkNumber(value: number, source: string, path: Path, offset: number): void {
    const isOdd = !Number.isFinite(value) || /^[-+]?0[0-9ox]/.test(source)
    const isCut = Number.isInteger(value) && !Number.isSafeInteger(value)
    if (!isOdd && !isCut) return
    const why = !Number.isFinite(value)
      ? 'is no finite number'
      : isOdd
        ? `would be read as ${value}`
        : 'would lose digits'
    this.#refuse(path, offset, 'odd_number', `${source} ${why}`, 'quote it if it is a text')
  }

  #refuse(path: Path, offset: number, code: FindingCode, message: string, hint?: string): null {
    this.#doubtful.add(keyOf(path))
    this.#add(offset, code, message, hint)
    return null
  }

  #add(offset: number, code: FindingCode, message: string, hint?: string): void {
    this.#findings.push(makeFinding(this.#file, offset, code, message, { hint }))
  }
}

function reservedKey(key: string): FindingCode | undefined {
  if (key === '<<') return 'merge_key'
  return ['__proto__', 'constructor', 'prototype'].includes(key) ? 'reserved_key' : undefined
}

/** The value below `root` at a path; undefined if there is none. */
export function valueAt(root: Value, path: Path): Value {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, Value>)[part] // An object that has the key: checked above.
  }
  return value
}

/** True for maps; lists, texts, secrets and the rest are none. */
export function isRecord(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
