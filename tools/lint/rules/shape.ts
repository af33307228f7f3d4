import { calledName, isFunction, type Node, type NodeOf, type Rule } from '../ast.ts'
import { placeOf } from '../place.ts'

/** Syntax that Node cannot strip, and syntax that hides where a thing comes from. */
export const plainSyntax: Rule = {
  create(context) {
    const ban = (node: Node, message: string): void => context.report({ node, message })
    return {
      TSEnumDeclaration: (node) => ban(node, 'no enums: a union of literals, or a const record'),
      TSModuleDeclaration(node) {
        if (node.id.type === 'Identifier' && node.kind !== 'global') ban(node, 'no namespaces: a file is one')
      },
      Decorator: (node) => ban(node, 'no decorators'),
    }
  },
}

/** Whoever imports a thing names the file that defines it; only src/index.ts passes things on, one by one. */
export const noBarrels: Rule = {
  create(context) {
    const { inSrc } = placeOf(context.filename)
    if (inSrc === undefined) return {}
    return {
      ExportAllDeclaration: (node) => context.report({ node, message: 'no `export *`: exports are listed by hand' }),
      ExportNamedDeclaration(node) {
        if (node.source !== null && inSrc !== 'index.ts')
          context.report({ node, message: 'no re-exports inside src: import the file that defines it' })
      },
    }
  },
}

function isEmptyCollection(init: Node | null): boolean {
  if (init?.type === 'NewExpression')
    return (
      init.callee.type === 'Identifier' &&
      /^(?:Weak)?(?:Map|Set)$/.test(init.callee.name) &&
      init.arguments.length === 0
    )
  if (init?.type === 'ArrayExpression') return init.elements.length === 0
  return init?.type === 'ObjectExpression' && init.properties.length === 0
}

/** An empty collection is there to be filled, unless its type forbids it. */
function isFillable({ id, init }: NodeOf<'VariableDeclarator'>): boolean {
  const type = id.type === 'Identifier' ? id.typeAnnotation?.typeAnnotation : undefined
  if (type?.type === 'TSTypeOperator' && type.operator === 'readonly') return false
  if (
    type?.type === 'TSTypeReference' &&
    type.typeName.type === 'Identifier' &&
    type.typeName.name.startsWith('Readonly')
  )
    return false
  return isEmptyCollection(init)
}

/** Importing a module twice, or in a test, must change nothing. */
export const noModuleState: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const message = 'no module-level mutable state: it belongs to a value that somebody builds'
    const check = (node: Node): void => {
      if (node.type !== 'VariableDeclaration') return
      const isMutable = node.kind === 'let' || node.kind === 'var' || node.declarations.some(isFillable)
      if (isMutable) context.report({ node, message })
    }
    return {
      Program(program) {
        for (const statement of program.body) {
          if (statement.type === 'ExportNamedDeclaration') {
            if (statement.declaration !== null) check(statement.declaration)
          } else check(statement)
        }
      },
      ImportDeclaration(node) {
        if (node.specifiers.length === 0 && !/^import\s+(?:type\s*)?\{/.test(context.sourceCode.getText(node)))
          context.report({ node, message: 'no import for its side effect' })
      },
    }
  },
}

/** Only errors and the classes of packages are extended; components share code by calling it. */
export const noInheritance: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const fromPackages = new Set<string>()
    const check = (node: NodeOf<'ClassDeclaration' | 'ClassExpression'>): void => {
      const parent = node.superClass
      if (parent === null) return
      const isKnown = parent.type === 'Identifier' && (parent.name.endsWith('Error') || fromPackages.has(parent.name))
      if (!isKnown) context.report({ node, message: 'no inheritance between components: share code by calling it' })
    }
    return {
      ImportDeclaration(node) {
        if (node.source.value.startsWith('.')) return
        for (const one of node.specifiers) fromPackages.add(one.local.name)
      },
      ClassDeclaration: check,
      ClassExpression: check,
    }
  },
}

/** A reader of an exported function learns its result without reading its body. */
export const returnType: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const message = 'an exported function writes its return type'
    return {
      ExportNamedDeclaration({ declaration }) {
        if (declaration?.type === 'FunctionDeclaration' && !declaration.returnType)
          context.report({ node: declaration, message })
        if (declaration?.type !== 'VariableDeclaration') return
        for (const one of declaration.declarations) {
          if (isFunction(one.init) && !one.init.returnType && one.id.type === 'Identifier' && !one.id.typeAnnotation)
            context.report({ node: one, message })
        }
      },
    }
  },
}

/** A cast switches the compiler off, so a comment on its line or just above its statement proves that it holds. */
export const castComment: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    const commented = new Set<number>()
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const { start, end } = comment.loc
          for (let line = start.line; line <= end.line; line++) commented.add(line)
        }
      },
      TSAsExpression(node) {
        const type = node.typeAnnotation
        if (type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const')
          return
        const first = statementOf(node).loc.start.line
        for (const line of [node.loc.start.line, node.loc.end.line, node.loc.start.line - 1, first, first - 1]) {
          if (commented.has(line)) return
        }
        context.report({ node, message: 'a cast needs a comment with its proof' })
      },
    }
  },
}

function statementOf(node: Node): Node {
  let at: Node = node
  while (at.parent !== null && !/Statement$|Declaration$|^Property/.test(at.type)) at = at.parent
  return at
}

/** `!` is for `list[i]!` in loops, where the bound was just checked; elsewhere absence is handled. */
export const nonNull: Rule = {
  create(context) {
    if (placeOf(context.filename).inSrc === undefined) return {}
    return {
      TSNonNullExpression(node) {
        const { expression } = node
        const isIndexed = expression.type === 'MemberExpression' && expression.computed
        if (!isIndexed && !(expression.type === 'CallExpression' && calledName(expression) === 'at'))
          context.report({ node, message: '`!` only on indexed access: handle the absence' })
      },
    }
  },
}
