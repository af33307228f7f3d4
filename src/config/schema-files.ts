import type { Components } from '../core/component.ts'
import { documentsOf, type DocumentWord } from './documents.ts'
import { forEditors } from './json-schema.ts'

const files: readonly { readonly word: DocumentWord; readonly name: string; readonly title: string }[] = [
  { word: 'installation', name: 'logpipe', title: 'logpipe.yaml: one installation of logpipe' },
  { word: 'pipeline', name: 'pipeline', title: 'A pipeline of logpipe: pipelines/*.yaml' },
  { word: 'rules', name: 'rules', title: 'Rules of a logpipe project: pipelines/rules/*.yaml' },
  { word: 'routing', name: 'routing', title: 'Channels of a logpipe project: pipelines/notify/routing.yaml' },
]

/** JSON Schemas (draft-07) of what people write, by path from the root of the project. */
export function generateSchemas(components: Components): Map<string, string> {
  const { kinds } = documentsOf(components)
  return new Map(
    files.map(({ word, name, title }) => {
      const { $schema, ...schema } = forEditors(kinds[word].described)
      return [`schemas/json/${name}.schema.json`, `${JSON.stringify({ $schema, title, ...schema }, undefined, 2)}\n`]
    }),
  )
}
