import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { filesIn } from './markers.ts'

const stages: readonly string[] = ['source', 'parse', 'derive', 'alert', 'notify', 'sink']
const definition = /=\s*define[A-Z]\w*\(/

/** Not components: the keys that all entries of a kind have, which config gets through the registry. */
const entryKeys: ReadonlySet<string> = new Set(['parse/config.ts', 'alert/rule.ts'])

/** Registry = disk, both ways: a component that nobody can reach, and a row whose file defines none. */
export function checkRegistry(root: string): string[] {
  const src = path.join(root, 'src')
  const registered = new Set(importsOf(path.join(src, 'registry.ts')))
  const problems: string[] = []
  for (const stage of stages) {
    const folder = path.join(src, stage)
    if (!existsSync(folder)) continue
    for (const file of filesIn(folder)) {
      const name = path.relative(src, file).split(path.sep).join('/')
      const isComponent = definition.test(readFileSync(file, 'utf8'))
      if (isComponent && !registered.has(name))
        problems.push(`${name} defines a component that src/registry.ts does not import`)
      if (!isComponent && registered.has(name) && !entryKeys.has(name))
        problems.push(`src/registry.ts imports ${name}, which defines no component`)
    }
  }
  for (const name of registered) {
    if (!existsSync(path.join(src, name))) problems.push(`src/registry.ts imports ${name}, which does not exist`)
  }
  return problems
}

/** Imports of the stage folders. Type imports are not rows. */
function importsOf(registry: string): string[] {
  const names: string[] = []
  for (const found of readFileSync(registry, 'utf8').matchAll(/^import (?!type\b)[^'"]*from '\.\/([^']+)'/gm)) {
    const [, name = ''] = found
    if (stages.includes(name.split('/')[0] ?? '')) names.push(name)
  }
  return names
}
