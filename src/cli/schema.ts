import type { Command } from 'commander'
import { didYouMean } from '../config/nearest.ts'
import { usageError, type Invocation } from './invocation.ts'

export function defineSchema(command: Command, { output }: Invocation): void {
  command.argument('[name]', 'logpipe, pipeline, rules or routing', 'pipeline').action(async (name: string) => {
    const { configSchemas } = await import('../app/project.ts')
    const schemas = configSchemas()
    const text = schemas.get(name)
    if (text === undefined) {
      const hint = didYouMean(name, schemas.keys()) ?? `there are ${[...schemas.keys()].join(', ')}.`
      throw usageError(`reading the command line: there is no schema ${name}`, hint)
    }
    await output.line(text.trimEnd())
  })
}
