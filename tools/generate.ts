import path from 'node:path'
import { differences, type Generator, write } from './generated.ts'

// `npm run generate` writes every file that is made from code; `npm run drift` (`--check`) writes nothing and fails when
// a file would change.
const root = path.dirname(import.meta.dirname)

/** One row per generator; heavy imports belong inside of its `make`. */
const generators: readonly Generator[] = [
  { name: 'ECS fields', folders: [], make: async () => (await import('./ecs-fields.ts')).ecsFieldsFile(root) },
  {
    name: 'JSON Schemas',
    folders: ['schemas/json'],
    async make() {
      const { generateSchemas } = await import('../src/config/schema-files.ts')
      return generateSchemas((await import('../src/registry.ts')).components)
    },
  },
  {
    name: 'reference',
    folders: ['docs/reference'],
    async make() {
      const { referencePages } = await import('./reference.ts')
      return referencePages((await import('../src/registry.ts')).components)
    },
  },
]

async function main(isCheck: boolean): Promise<void> {
  let count = 0
  for (const generator of generators) {
    const changes = await differences(root, generator)
    for (const name of changes.keys())
      process.stdout.write(`${isCheck ? 'out of date' : 'written'}: ${name} (${generator.name})\n`)
    count += changes.size
    if (!isCheck) write(root, changes)
  }
  if (isCheck && count > 0) {
    process.stdout.write('Run `npm run generate` and commit what it writes.\n')
    process.exitCode = 1
  }
}

await main(process.argv.includes('--check'))
