import type { Project } from '../config/project.ts'
import type { SourceMemory } from '../core/component.ts'
import type { Json } from '../core/event-batch.ts'

const head = 'config/'
/** Hash of the configuration that the first run had. */
export const firstConfigKey = 'config/first'

/** True for what `StoredConfigs` has in the memory of a store. */
export function isStoredConfig(key: string): boolean {
  return key.startsWith(head)
}

/**
 * The configurations that a store was ever run with, by hash, without secrets and tests: what was done under one can be
 * done again only with it. They are durable with the next commit.
 */
export class StoredConfigs {
  readonly #memory: SourceMemory

  constructor(memory: SourceMemory) {
    this.#memory = memory
  }

  /** Called before anything is done with a project. */
  begin(project: Project): void {
    if (this.#memory.get(firstConfigKey) !== undefined) return
    this.keep(project)
    this.#memory.set(firstConfigKey, project.hash)
  }

  keep(project: Project): void {
    if (this.get(project.hash) !== undefined) return
    const pipelines = project.pipelines.map((pipeline) => ({ ...pipeline, tests: [] }))
    const ruleFiles = project.ruleFiles.map((file) => ({ ...file, tests: [] }))
    const text = JSON.stringify({ ...project, pipelines, ruleFiles }) // Secrets write themselves as `[secret]`.
    this.#memory.set(head + project.hash, JSON.parse(text) as Json)
  }

  /** The first one if no hash is given; undefined if it is not known. */
  get(hash: string | undefined): Project | undefined {
    const known = hash ?? this.#memory.get(firstConfigKey)
    if (typeof known !== 'string') return undefined
    return this.#memory.get(head + known) as unknown as Project | undefined // Written by `keep` alone.
  }
}
