import { calledName, hasProperty, memberPath, type Node, type NodeOf, type Rule } from '../ast.ts'
import { placeOf } from '../place.ts'
import { pureRooms } from '../rooms.ts'

const clockGlobals: readonly string[] = [
  'Intl',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'crypto',
  'fetch',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]
const clockMembers: readonly string[] = ['Date.now', 'Date.parse', 'Math.random', 'process.hrtime', 'process.uptime']
const localeMethods = /^(?:toLocale\w+|localeCompare|getTimezoneOffset)$/

/** In the pure core time and chance are values: the same batch gives the same output, today and in a replay. */
export const pureCore: Rule = {
  create(context) {
    const { room } = placeOf(context.filename)
    if (!pureRooms.includes(room)) return {}
    const ban = (node: Node, what: string): void =>
      context.report({
        node,
        message: `${what} is banned in the pure core (${pureRooms.join(', ')}): time, chance and locale come in as values`,
      })
    return {
      Identifier(node) {
        if (!clockGlobals.includes(node.name) || isTypeOrFixedZone(node)) return
        if (context.sourceCode.isGlobalReference(node)) ban(node, node.name)
      },
      MemberExpression(node) {
        const path = memberPath(node)
        if (path !== undefined && clockMembers.includes(path)) ban(node, path)
      },
      NewExpression(node) {
        if (isDate(node.callee)) ban(node, 'new Date')
      },
      CallExpression(node) {
        if (isDate(node.callee)) ban(node, 'Date()')
        if (localeMethods.test(calledName(node) ?? '')) ban(node, calledName(node) ?? '')
      },
    }
  },
}

/**
 * `typeof fetch` and `Intl.X` as types do nothing. `new Intl.DateTimeFormat('en-US', { timeZone })` names both its locale
 * and its zone, so it asks the machine for neither: zone rules have no other source.
 */
function isTypeOrFixedZone(node: NodeOf<'Identifier'>): boolean {
  const { parent } = node
  if (parent.type === 'TSTypeQuery' || parent.type === 'TSQualifiedName') return true
  if (memberPath(parent) !== 'Intl.DateTimeFormat' || parent.parent?.type !== 'NewExpression') return false
  const [locale, options] = parent.parent.arguments
  return locale?.type === 'Literal' && hasProperty(options, 'timeZone')
}

function isDate(node: Node): boolean {
  return node.type === 'Identifier' && node.name === 'Date'
}

/** Names of epoch milliseconds end in `Ms` by the house rules, so that this can be checked without types. */
function isMilliseconds(node: Node): boolean {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'number'
    case 'Identifier':
      return /(?:Ms|^ms)$/.test(node.name)
    case 'MemberExpression':
      return node.computed || (node.property.type === 'Identifier' && /(?:Ms|^ms)$/.test(node.property.name))
    case 'BinaryExpression':
      return node.operator !== '+' || (isMilliseconds(node.left) && isMilliseconds(node.right))
    case 'UnaryExpression':
      return node.operator === '+' || node.operator === '-'
    case 'CallExpression':
      return (
        ['Date.now', 'Date.UTC'].includes(memberPath(node.callee) ?? '') ||
        /^(?:Number|floor|round|ceil|trunc|min|max|now|nowMs|\w+Ms)$/.test(calledName(node) ?? '')
      )
    case 'TSNonNullExpression':
      return isMilliseconds(node.expression)
    default:
      return false
  }
}

/** Date reads text in the machine's time zone and guesses at the rest: our own reader in `core` says what it accepts. */
export const noDateFromText: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const message =
      'new Date takes epoch milliseconds only (a name that ends in Ms): text is read by our own reader in core'
    return {
      NewExpression(node) {
        if (!isDate(node.callee) || node.arguments.length === 0) return
        const [first] = node.arguments
        if (node.arguments.length > 1 || first === undefined || !isMilliseconds(first))
          context.report({ node, message })
      },
      CallExpression(node) {
        if (memberPath(node.callee) === 'Date.parse') context.report({ node, message })
      },
    }
  },
}
