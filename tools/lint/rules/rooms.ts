import type { Node, NodeOf, Rule } from '../ast.ts'
import { isInside, placeOf, resolveInSrc, roomOf } from '../place.ts'
import { type Fence, fences, nodeFences, otherNodeModules, pureCrypto, pureRooms, rooms } from '../rooms.ts'

interface Imported {
  readonly node: Node
  readonly specifier: string
  readonly isType: boolean
  /** Undefined when everything is taken, as `* as x` and `import()` do. */
  readonly names: readonly string[] | undefined
}

/** Who may import whom, and which room may use which package: all of it from the table in rooms.ts. */
export const roomsRule: Rule = {
  create(context) {
    const { inSrc, room } = placeOf(context.filename)
    if (inSrc === undefined) return {}
    const report = (node: Node, message: string): void => context.report({ node, message })

    const check = (imported: Imported): void => {
      const { specifier, node } = imported
      const problem = specifier.startsWith('.') ? wrongRoom(inSrc, specifier) : wrongPackage(inSrc, imported)
      if (problem !== undefined) report(node, problem)
    }
    return {
      Program(node) {
        if (rooms[room] === undefined) report(node, `src/${room} is no room: the rooms are rows of tools/lint/rooms.ts`)
      },
      ImportDeclaration(node) {
        check({ node, specifier: node.source.value, isType: isTypeImport(node), names: importedNames(node) })
      },
      ExportNamedDeclaration(node) {
        if (node.source !== null)
          check({ node, specifier: node.source.value, isType: node.exportKind === 'type', names: undefined })
      },
      ExportAllDeclaration(node) {
        check({ node, specifier: node.source.value, isType: node.exportKind === 'type', names: undefined })
      },
      ImportExpression(node) {
        if (node.source.type === 'Literal' && typeof node.source.value === 'string')
          check({ node, specifier: node.source.value, isType: false, names: undefined })
        else report(node, 'import() of a computed name cannot be checked: write the name out')
      },
      TSImportType(node) {
        check({ node, specifier: node.source.value, isType: true, names: undefined })
      },
    }
  },
}

function isTypeImport(node: NodeOf<'ImportDeclaration'>): boolean {
  if (node.importKind === 'type') return true
  return (
    node.specifiers.length > 0 &&
    node.specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')
  )
}

function importedNames(node: NodeOf<'ImportDeclaration'>): string[] | undefined {
  const names: string[] = []
  for (const one of node.specifiers) {
    if (one.type !== 'ImportSpecifier') return undefined
    names.push(one.imported.type === 'Identifier' ? one.imported.name : one.imported.value)
  }
  return names
}

function wrongRoom(inSrc: string, specifier: string): string | undefined {
  const target = resolveInSrc(inSrc, specifier)
  if (target === undefined) return `src may not import ${specifier} from outside src`
  const from = roomOf(inSrc)
  const to = roomOf(target)
  if (from === to) return undefined
  const allowed = rooms[from] ?? []
  if (allowed.includes(to) || allowed.includes(target)) return undefined
  return `${from} may not import ${target} (it may import ${allowed.join(', ') || 'no other room'})`
}

function wrongPackage(inSrc: string, imported: Imported): string | undefined {
  const { specifier, isType, names } = imported
  const fence = fenceOf(inSrc, specifier)
  if (fence === undefined) return `${specifier} has no fence: a new package needs a row in tools/lint/rooms.ts`
  if (isInside(inSrc, fence.inside)) {
    const extra = fence.names === undefined ? [] : (names ?? ['*']).filter((name) => !fence.names?.includes(name))
    return extra.length > 0
      ? `${roomOf(inSrc)} may import only ${fence.names?.join(', ')} from ${specifier}`
      : undefined
  }
  if (fence.typesOnly !== undefined && isInside(inSrc, fence.typesOnly)) {
    return isType ? undefined : `${roomOf(inSrc)} may import only types from ${specifier}`
  }
  return `${specifier} is fenced: only ${fence.inside.join(', ')} may import it`
}

function fenceOf(inSrc: string, specifier: string): Fence | undefined {
  if (specifier === 'node:crypto' && pureRooms.includes(roomOf(inSrc))) return pureCrypto
  if (specifier.startsWith('node:')) return nodeFences[specifier] ?? otherNodeModules
  const parts = specifier.split('/')
  return fences[specifier.startsWith('@') ? `${parts[0]}/${parts[1]}` : (parts[0] ?? '')]
}
