import type { Components, DeriveDefinition, MetricUnit } from '../core/component.ts'
import type { Draft } from './entry.ts'
import type { Drafts, FileDraft } from './project.ts'
import { isRecord } from './tree.ts'

export interface Metric {
  readonly unit: MetricUnit
  /** Pipeline that it is made in. */
  readonly pipeline: string
}

/** The metrics of a project by name, `<derive id>.<output>`. */
export interface MetricTable {
  readonly byName: ReadonlyMap<string, Metric>
  /** Ids of derives whose outputs cannot be known, since their entry has mistakes: nothing is said about them. */
  readonly doubtful: ReadonlySet<string>
}

export function metricTable(drafts: Drafts, components: Components): MetricTable {
  const byName = new Map<string, Metric>()
  const doubtful = new Set<string>()
  for (const pipeline of drafts.pipelines) {
    for (const id of idsAt(pipeline, 'derive')) doubtful.add(id.id)
    for (const derive of pipeline.derives) {
      const definition = components.derives.find((candidate) => candidate.type === derive.type)
      const outputs = definition === undefined ? undefined : outputsOf(definition, derive.config)
      if (outputs === undefined || derive.keys.id === undefined) continue
      doubtful.delete(derive.keys.id)
      for (const [output, unit] of Object.entries(outputs))
        byName.set(`${derive.keys.id}.${output}`, { unit, pipeline: pipeline.name })
    }
  }
  return { byName, doubtful }
}

/** Outputs and units of a derive with this config; undefined if the config is not whole enough to tell. */
function outputsOf(
  definition: DeriveDefinition,
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, MetricUnit>> | undefined {
  if (typeof definition.outputs !== 'function') return definition.outputs
  try {
    return definition.outputs(config)
  } catch {
    return undefined
  }
}

/** Unit of what a rule compares its limits with; undefined if that cannot be told. */
export function unitOfRule(rule: Draft, metrics: MetricTable, components: Components): MetricUnit | undefined {
  const metric = rule.config['metric']
  if (typeof metric === 'string') return metrics.byName.get(metric)?.unit
  const derive = compiledDerive(rule, components)
  const definition = components.derives.find((candidate) => candidate.type === derive?.type)
  if (derive === undefined || definition === undefined) return undefined
  const config = definition.config.safeParse(derive.config)
  return outputsOf(definition, config.success && isRecord(config.data) ? config.data : derive.config)?.[derive.output]
}

/** The anonymous derive of a short form; undefined if there is none, or the rule has mistakes that keep it from building. */
export function compiledDerive(
  rule: Draft,
  components: Components,
): { type: string; config: Record<string, unknown>; output: string } | undefined {
  try {
    return components.alerts.find((candidate) => candidate.type === rule.type)?.build(rule.config).derive
  } catch {
    return undefined
  }
}

export interface PlacedId {
  readonly id: string
  readonly index: number
}

/** Ids of the entries of a list as they are written, also of those that cannot be read. */
export function idsAt(file: FileDraft, key: 'derive' | 'rules'): PlacedId[] {
  const value = file.tree.at([key])
  const found: PlacedId[] = []
  for (const [index, entry] of Array.isArray(value) ? value.entries() : []) {
    if (isRecord(entry) && typeof entry['id'] === 'string') found.push({ id: entry['id'], index })
  }
  return found
}
