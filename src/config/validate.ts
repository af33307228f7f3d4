import { z } from 'zod'
import { Secret } from '../core/config-field.ts'
import type { Environment } from './environment.ts'
import { findingCodes, type Finding, type FindingCode } from './finding.ts'
import { propertiesAt, type Described } from './json-schema.ts'
import { didYouMean } from './nearest.ts'
import { resolveSecret } from './secret.ts'
import { isRecord, type ConfigTree, type Path, type Value } from './tree.ts'

type Issue = z.core.$ZodIssue

/** How a document is checked: the schema that finds mistakes, and its description for hints. */
export interface DocumentKind {
  readonly schema: z.ZodType
  readonly described: Described
}

/**
 * Finds all mistakes of shape in a tree. On the way secrets take the place of their references, and lone references
 * become numbers or true and false where the schema asks for one, so the tree is ready to be read afterwards.
 */
export function validate(tree: ConfigTree, kind: DocumentKind, env: Environment, findings: Finding[]): void {
  const secrets = new Set<string>()
  let issues: readonly Issue[]
  let isChanged: boolean
  do {
    issues = kind.schema.safeParse(tree.root).error?.issues ?? []
    isChanged = false
    for (const issue of issues) {
      if (isSecretIssue(issue)) {
        secrets.add(JSON.stringify(issue.path))
        if (putSecret(tree, pathOf(issue), env, findings)) isChanged = true
      } else if (putScalar(tree, issue)) isChanged = true
    }
  } while (isChanged)
  for (const { path, expansion } of tree.problems()) {
    if (secrets.has(JSON.stringify(path))) continue
    for (const problem of expansion.problems)
      findings.push(tree.finding(path, problem.code, problem.message, { offset: problem.offset }))
    tree.doubt(path)
  }
  for (const issue of issues) report(tree, kind, issue, pathOf(issue), findings)
}

/** Keys of config are texts and places in lists. */
function pathOf(issue: { readonly path: readonly PropertyKey[] }): Path {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
}

function isSecretIssue(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.['finding'] === 'secret_literal'
}

/** True if the value was replaced; a literal stays, and the issue speaks of it. */
function putSecret(tree: ConfigTree, path: Path, env: Environment, findings: Finding[]): boolean {
  const raw = tree.raw(path)
  const outcome = raw === undefined ? undefined : resolveSecret(raw, env)
  if (outcome === undefined) return false
  if ('secret' in outcome) tree.replace(path, outcome.secret)
  else {
    findings.push(tree.finding(path, outcome.code, outcome.message))
    tree.replace(path, new Secret('')) // Only so that the schema asks no more; nothing starts with findings.
  }
  return true
}

/** `"${PORT}"` is a text; where a number, true or false is asked for it becomes one. */
function putScalar(tree: ConfigTree, issue: Issue): boolean {
  if (issue.code !== 'invalid_type' || tree.expansion(pathOf(issue))?.isLone !== true) return false
  const path = pathOf(issue)
  const text = tree.at(path)
  if (issue.expected === 'boolean' && (text === 'true' || text === 'false')) tree.replace(path, text === 'true')
  else if (issue.expected === 'number' && typeof text === 'string' && /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) {
    tree.replace(path, Number(text))
  } else return false
  return true
}

function report(tree: ConfigTree, kind: DocumentKind, issue: Issue, path: Path, findings: Finding[]): void {
  if (tree.isDoubtful(path)) return
  function add(code: FindingCode, message: string, hint?: string, offset?: number): void {
    findings.push(tree.finding(path, code, message, { hint, offset }))
  }
  const value = tree.at(path)
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? add('missing_key', `the key ${String(path.at(-1))} is missing`)
        : add('wrong_type', unlike([issue.expected], value))
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const known = propertiesAt(kind.described, tree.root, path)
        const options = { isAtKey: true, hint: didYouMean(key, known) }
        findings.push(tree.finding([...path, key], 'unknown_key', `nothing reads the key ${key}`, options))
      }
      return
    case 'invalid_value': {
      const words = issue.values.map(String)
      const hint = (typeof value === 'string' ? didYouMean(value, words) : undefined) ?? `one of ${words.join(', ')}`
      return value === undefined
        ? add('missing_key', `the key ${String(path.at(-1))} is missing`)
        : add('bad_value', `${shown(value)} is not one of the words allowed here`, hint)
    }
    case 'too_small':
      return add('out_of_range', `${measured(value, issue.origin)} must be at least ${issue.minimum}`)
    case 'too_big':
      return add('out_of_range', `${measured(value, issue.origin)} must be at most ${issue.maximum}`)
    case 'invalid_union':
      return reportUnion(tree, kind, issue, path, findings)
    case 'invalid_key':
    case 'invalid_element':
      for (const inner of issue.issues) report(tree, kind, inner, [...path, ...pathOf(inner)], findings)
      return
    case 'custom':
      return add(
        codeOf(issue.params?.['finding']),
        issue.message,
        textOf(issue.params?.['hint']),
        numberOf(issue.params?.['offset']),
      )
    case 'invalid_format':
    case 'not_multiple_of':
      return add(
        'bad_value',
        `${shown(value)} ${issue.message.startsWith('Invalid') ? 'has not the form needed here' : issue.message}`,
      )
  }
}

/** A union without `type` speaks by the branch that got furthest; if none got inside, all their types are named. */
function reportUnion(
  tree: ConfigTree,
  kind: DocumentKind,
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  findings: Finding[],
): void {
  const value = tree.at(path)
  if (value === undefined) {
    findings.push(tree.finding(path, 'missing_key', `the key ${String(path.at(-1))} is missing`))
    return
  }
  let best: readonly Issue[] | undefined
  const expected: string[] = []
  for (const branch of issue.errors) {
    const refusal = branch.find((inner) => inner.code === 'invalid_type' && inner.path.length === 0)
    if (refusal?.code === 'invalid_type') expected.push(refusal.expected)
    else if (best === undefined || branch.length < best.length) best = branch
  }
  if (best === undefined) findings.push(tree.finding(path, 'wrong_type', unlike(expected, value)))
  else for (const inner of best) report(tree, kind, inner, [...path, ...pathOf(inner)], findings)
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
}

function unlike(expected: readonly string[], value: Value): string {
  return `needs ${expected.map((word) => typeWords[word] ?? word).join(' or ')}, not ${shown(value)}`
}

/** A value in a message, bounded. */
function shown(value: Value): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'a map'
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80)
}

function measured(value: Value, origin: string): string {
  if (origin === 'string') return 'the number of characters'
  return origin === 'array' ? 'the number of entries' : shown(value)
}

function codeOf(word: unknown): FindingCode {
  return typeof word === 'string' && Object.hasOwn(findingCodes, word) ? (word as FindingCode) : 'bad_value' // The table has it.
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
