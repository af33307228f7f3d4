import { isFunction, type Node, type Rule } from '../ast.ts'
import { placeOf } from '../place.ts'

/** A drawer takes everything in: what a file holds is to be read from its name. */
const drawers: ReadonlySet<string> = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'misc',
  'types',
  'constants',
])
/** Whole words at the end of an identifier: `serviceName` passes, `AlertService` does not. */
const vagueEnd =
  /[a-z0-9](?:Manager|Handler|Processor|Service|Helper|Helpers|Util|Utils)$|^(?:Manager|Handler|Processor|Service|Helper)$/
const baseStart = /^Base[A-Z]/
const typeMarks = /^I(?!P)[A-Z][a-z]|[a-z](?:Type|Data|Schema)$/
const kebab = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/

export const fileNames: Rule = {
  create(context) {
    const { file } = placeOf(context.filename)
    if (!/^(?:src|test|bench|tools)\//.test(file)) return {}
    return {
      Program(node) {
        for (const part of file.split('/')) {
          const name = part.replace(/(?:\.test)?\.\w+$/, '')
          if (drawers.has(name))
            context.report({ node, message: `${name} is a drawer: name the file for what it holds` })
          else if (!kebab.test(name)) context.report({ node, message: `${part} is not kebab-case` })
        }
        if (/^src\/.+\/index\.ts$/.test(file))
          context.report({ node, message: 'no index.ts inside src: import the file itself' })
      },
    }
  },
}

export const identifierNames: Rule = {
  create(context) {
    const { file } = placeOf(context.filename)
    if (!/^(?:src|test|bench|tools)\//.test(file)) return {}
    const check = (id: Node | null, isType: boolean): void => {
      if (id?.type !== 'Identifier') return
      if (vagueEnd.test(id.name) || baseStart.test(id.name))
        context.report({
          node: id,
          message: `${id.name} does not say what it does: no Manager, Handler, Processor, Service, Helper, Base`,
        })
      else if (isType && typeMarks.test(id.name))
        context.report({ node: id, message: `${id.name}: types carry no I, Type, Data or Schema` })
    }
    return {
      ClassDeclaration: (node) => check(node.id, true),
      ClassExpression: (node) => check(node.id, true),
      TSInterfaceDeclaration: (node) => check(node.id, true),
      TSTypeAliasDeclaration: (node) => check(node.id, true),
      FunctionDeclaration: (node) => check(node.id, false),
      VariableDeclarator(node) {
        if (isFunction(node.init) || node.init?.type === 'ClassExpression') check(node.id, false)
        if (node.id.type === 'Identifier' && node.id.name.endsWith('$'))
          context.report({ node: node.id, message: `${node.id.name}: no $ suffix, the type says Observable` })
      },
    }
  },
}
