import { type Call, calledName, hasProperty, isFunction, memberPath, type Node, type Rule } from '../ast.ts'
import { placeOf } from '../place.ts'

/** Only `topology` starts a stream; everybody else hands one over. */
export const subscribe: Rule = {
  create(context) {
    const { inSrc, room } = placeOf(context.filename)
    if (inSrc === undefined || room === 'topology') return {}
    return {
      CallExpression(node) {
        if (node.callee.type === 'MemberExpression' && calledName(node) === 'subscribe')
          context.report({ node, message: 'subscribe is called only in src/topology: hand the Observable over' })
      },
    }
  },
}

/** Per operator, the position of its concurrency argument. */
const concurrency: ReadonlyMap<string, number> = new Map([
  ['mergeMap', 1],
  ['flatMap', 1],
  ['mergeMapTo', 1],
  ['mergeAll', 0],
  ['mergeScan', 2],
  ['expand', 1],
])

function isMissing(argument: Node | undefined): boolean {
  if (argument === undefined || isFunction(argument)) return true
  return argument.type === 'Identifier' && ['undefined', 'Infinity'].includes(argument.name)
}

function unbounded(name: string, args: readonly Node[]): string | undefined {
  const position = concurrency.get(name)
  if (position !== undefined && isMissing(args[position])) return `${name} needs a concurrency number`
  if (name === 'shareReplay' && args[0]?.type !== 'ObjectExpression')
    return 'shareReplay needs a config object with bufferSize and refCount'
  if (name === 'bufferTime' && isMissing(args[2])) return 'bufferTime needs a count cap as its third argument'
  if (name === 'groupBy' && !hasProperty(args[1], 'duration') && isMissing(args[2]) && !isFunction(args[2]))
    return 'groupBy needs a duration, or its groups live for ever'
  return undefined
}

/** RxJS queues without bound unless it is told otherwise. Only names imported from `rxjs` are looked at. */
export const boundedOperators: Rule = {
  create(context) {
    const operators = new Map<string, string>()
    const namespaces = new Set<string>()
    return {
      ImportDeclaration(node) {
        if (node.source.value !== 'rxjs' && node.source.value !== 'rxjs/operators') return
        for (const one of node.specifiers) {
          if (one.type === 'ImportNamespaceSpecifier') namespaces.add(one.local.name)
          if (one.type === 'ImportSpecifier' && one.imported.type === 'Identifier')
            operators.set(one.local.name, one.imported.name)
        }
      },
      CallExpression(node) {
        const [object, member] = memberPath(node.callee)?.split('.') ?? []
        const name =
          node.callee.type === 'Identifier'
            ? operators.get(node.callee.name)
            : namespaces.has(object ?? '')
              ? member
              : undefined
        const message = name === undefined ? undefined : unbounded(name, node.arguments)
        if (message !== undefined) context.report({ node, message })
      },
    }
  },
}

const synchronous: readonly string[] = ['subscribe', 'tap', 'map', 'filter']

function isAsync(argument: Node): boolean {
  if (isFunction(argument)) return argument.async
  if (argument.type !== 'ObjectExpression') return false
  return argument.properties.some((one) => one.type === 'Property' && isAsync(one.value))
}

/** Their caller does not wait: an error would be lost and order with it. `Promise.all(list.map(async …))` waits. */
export const noAsyncCallback: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    return {
      CallExpression(node) {
        if (!synchronous.includes(calledName(node) ?? '') || isAwaited(node)) return
        for (const argument of node.arguments) {
          if (isAsync(argument))
            context.report({
              node: argument,
              message: `no async function is handed to ${calledName(node)}: nobody waits for it`,
            })
        }
      },
    }
  },
}

function isAwaited(node: Call): boolean {
  return node.parent.type === 'CallExpression' && (memberPath(node.parent.callee)?.startsWith('Promise.') ?? false)
}

const subject = /^(?:Behavior|Replay|Async)?Subject$/

function typeNameOf(node: Node | null | undefined): string | undefined {
  const type = node?.type === 'TSTypeAnnotation' ? node.typeAnnotation : node
  return type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier' ? type.typeName.name : undefined
}

/** A Subject that leaves its file can be pushed into by anybody: only `asObservable()` goes out. */
export const noExportedSubject: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const message = 'no Subject leaves its file: export an Observable'
    return {
      ExportNamedDeclaration(node) {
        const { declaration } = node
        if (declaration?.type === 'FunctionDeclaration' && subject.test(typeNameOf(declaration.returnType) ?? ''))
          context.report({ node, message })
        if (declaration?.type !== 'VariableDeclaration') return
        for (const { id, init } of declaration.declarations) {
          const isNew =
            init?.type === 'NewExpression' && init.callee.type === 'Identifier' && subject.test(init.callee.name)
          const isTyped = id.type === 'Identifier' && subject.test(typeNameOf(id.typeAnnotation) ?? '')
          if (isNew || isTyped) context.report({ node, message })
        }
      },
    }
  },
}
