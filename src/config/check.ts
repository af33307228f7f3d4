import type { Components } from '../core/component.ts'
import { type Finding } from './finding.ts'
import { loadProject, type LoadOptions } from './load.ts'

/** All findings of a configuration, sorted by file and place; nothing but config and secret files is opened. */
export function check(options: LoadOptions, components: Components): readonly Finding[] {
  return loadProject(options, components).findings
}
