import { effectiveConfig, type EffectiveValue } from '../config/effective.ts'
import { loadProject, type Loaded, type LoadOptions } from '../config/load.ts'
import { generateSchemas } from '../config/schema-files.ts'
import { components } from '../registry.ts'

/** Reads and checks the configuration against the components of this build; never throws for what is in the files. */
export function loadConfig(options: LoadOptions): Loaded {
  return loadProject(options, components)
}

/** Every value that is in force with its origin. */
export function effectiveValues(loaded: Loaded): EffectiveValue[] {
  return effectiveConfig(loaded, components)
}

/** JSON Schemas by name: `logpipe`, `pipeline`, `rules`, `routing`. */
export function configSchemas(): Map<string, string> {
  const named = [...generateSchemas(components)].map(([file, text]): [string, string] => {
    return [/([a-z]+)\.schema\.json$/.exec(file)?.[1] ?? file, text]
  })
  return new Map(named)
}
