import type { z } from 'zod'
import type { Components } from '../core/component.ts'
import { checkedEntry, describedEntry, entryKinds, type EntryForm, type EntryKinds } from './entry.ts'
import { installationSchema } from './installation.ts'
import { describe } from './json-schema.ts'
import { pipelineSchema, routingSchema, ruleFileSchema } from './pipeline.ts'
import type { ConfigTree } from './tree.ts'
import type { DocumentKind } from './validate.ts'

export type DocumentWord = 'installation' | 'pipeline' | 'rules' | 'routing'

/** A file with what it is. */
export interface LoadedTree {
  readonly word: DocumentWord
  readonly tree: ConfigTree
}

/** The kinds of config files for a set of components. Building them takes some milliseconds: once per load. */
export interface Documents {
  readonly entries: EntryKinds
  readonly kinds: Readonly<Record<DocumentWord, DocumentKind>>
}

export function documentsOf(components: Components): Documents {
  const entries = entryKinds(components)
  function kind(schemaOf: (form: EntryForm) => z.ZodType): DocumentKind {
    return {
      schema: schemaOf((word) => checkedEntry(entries[word])),
      described: describe(schemaOf((word) => describedEntry(entries[word]))),
    }
  }
  return {
    entries,
    kinds: {
      installation: kind(installationSchema),
      pipeline: kind(pipelineSchema),
      rules: kind(ruleFileSchema),
      routing: kind(routingSchema),
    },
  }
}
