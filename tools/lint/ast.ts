import type { RuleTester } from 'oxlint/plugins-dev'

export type Rule = Exclude<Parameters<RuleTester['run']>[1], { createOnce: unknown }>
type Context = Parameters<Rule['create']>[0]
/** Any node of the syntax tree; `type` tells the kinds apart. */
export type Node = NonNullable<Context['sourceCode']['ast']['body'][number]['parent']>
export type NodeOf<K extends Node['type']> = Extract<Node, { type: K }>
export type Call = NodeOf<'CallExpression'>

/** The name of `f(…)` and of `a.f(…)`; undefined for a computed one. */
export function calledName(call: NodeOf<'CallExpression'>): string | undefined {
  const { callee } = call
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier')
    return callee.property.name
  return undefined
}

/** `Date.now` as 'Date.now'; undefined for anything but two plain names. */
export function memberPath(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return undefined
  if (!node.computed && node.property.type === 'Identifier') return `${node.object.name}.${node.property.name}`
  if (node.computed && node.property.type === 'Literal') return `${node.object.name}.${String(node.property.value)}`
  return undefined
}

export function isFunction(
  node: Node | null | undefined,
): node is NodeOf<'FunctionExpression' | 'ArrowFunctionExpression'> {
  return node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression'
}

/** True for `{ …, name: …, … }`. */
export function hasProperty(argument: Node | undefined, name: string): boolean {
  if (argument?.type !== 'ObjectExpression') return false
  for (const property of argument.properties) {
    if (property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === name) return true
  }
  return false
}
