import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Entry, SourceKeys } from '../config/entry.ts'
import { loadProject } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import { LogpipeError } from '../core/error.ts'
import { components, sources } from '../registry.ts'

/** The pipelines and rules that come with logpipe. */
const shipped = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'pipelines')

const files = ['default.yaml', 'rules/services.yaml', 'rules/hosts.yaml'].map((name) => path.join(shipped, name))

/** What a command without config reads: a source by its type, with its keys as they are written in a file. */
export interface Input {
  readonly type: 'file' | 'stdin' | 'http' | 'generator'
  readonly config: Readonly<Record<string, unknown>>
}

/**
 * The shipped pipeline and rules over other inputs, one pipeline for each: what `serve` and `demo` run. Throws LP_USAGE
 * if an input has keys that its type refuses.
 */
export function shippedProject(inputs: readonly Input[]): Project {
  const { project, findings } = loadProject({ files }, components)
  const pipeline = project?.pipelines[0]
  if (project === undefined || pipeline === undefined) {
    throw new LogpipeError('LP_INTERNAL', `reading the shipped pipelines: ${findings[0]?.message ?? 'there are none'}`)
  }
  const names = inputs.length === 1 ? ['default'] : inputs.map(({ type }) => type)
  const derives = pipeline.derives.map((entry) => ({ ...entry, pipelines: names }))
  const pipelines = inputs.map((input, i) => ({
    ...pipeline,
    name: names[i]!,
    source: sourceOf(input, pipeline.source),
    // Ids of metrics are unique over the project: the first one has them, and they count the events of all.
    derives: i === 0 ? derives : [],
  }))
  return { ...project, pipelines }
}

function sourceOf({ type, config }: Input, shippedSource: Entry<SourceKeys>): Entry<SourceKeys> {
  const definition = sources.find((one) => one.type === type)
  const parsed = definition?.config.safeParse(config)
  if (parsed?.success !== true) {
    throw new LogpipeError(
      'LP_USAGE',
      `reading the input ${type}: ${parsed?.error.issues[0]?.message ?? 'no such type'}`,
    )
  }
  // A config is a record of its keys.
  return { type, keys: shippedSource.keys, config: parsed.data as Record<string, unknown> }
}
