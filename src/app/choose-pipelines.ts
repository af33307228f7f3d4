import { configHash } from '../config/hash.ts'
import { didYouMean } from '../config/nearest.ts'
import type { RuleEntry } from '../config/pipeline.ts'
import type { Project } from '../config/project.ts'
import { LogpipeError } from '../core/error.ts'

/**
 * The project with these pipelines alone, and with the project rules that still have something to watch; all of it if no
 * name is given. Throws LP_USAGE for a name that there is not.
 */
export function choosePipelines(project: Project, names: readonly string[]): Project {
  if (names.length === 0) return project
  const known = project.pipelines.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new LogpipeError('LP_USAGE', `choosing pipelines: there is no ${unknown}`, {
      remedy: didYouMean(unknown, known) ?? `there are ${known.join(', ')}`,
    })
  }
  const pipelines = project.pipelines.filter(({ name }) => names.includes(name))
  if (pipelines.length === project.pipelines.length) return project
  const derives = new Set(pipelines.flatMap((pipeline) => pipeline.derives.map(({ id }) => id)))
  const ruleFiles = project.ruleFiles.map((file) => ({
    ...file,
    rules: file.rules.flatMap((rule) => ruleWithin(rule, names, derives)),
  }))
  const hash = configHash([project.hash, pipelines.map(({ name }) => name)])
  return { ...project, pipelines, ruleFiles, hash }
}

/** Nothing if all that the rule watches is in other pipelines. */
function ruleWithin(rule: RuleEntry, names: readonly string[], derives: ReadonlySet<string>): RuleEntry[] {
  const { metric } = rule.config
  if (typeof metric === 'string' && !derives.has(metric.slice(0, metric.indexOf('.')))) return []
  const asked = rule.keys['pipelines']
  if (!Array.isArray(asked) || asked.length === 0) return [rule]
  const left = asked.filter((name) => names.includes(String(name)))
  return left.length === 0 ? [] : [{ ...rule, keys: { ...rule.keys, pipelines: left } }]
}
