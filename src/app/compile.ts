import { compileRules, type CompiledRules, type RuleSpec } from '../alert/program.ts'
import type { RuleKeys } from '../alert/rule.ts'
import type { AlertProgram } from '../alert/state.ts'
import type { Pipeline, RuleEntry } from '../config/pipeline.ts'
import type { Project } from '../config/project.ts'
import type { DeriveProgram, DeriveSpec } from '../core/program.ts'
import { compileDerives, compileOccurrences, ofPipeline } from '../derive/program.ts'
import { alerts, derives } from '../registry.ts'

/** A project ready to run: what the derive units and the alert unit execute. */
export interface Program {
  readonly compiled: CompiledRules
  readonly alert: AlertProgram
  /** What the derive units of a pipeline run; `outOfOrderMs` is that of its source. */
  derive(pipeline: string): DeriveProgram
}

/** Lateness that the derives of rules with a window of their own allow. */
const ruleLatenessMs = 3_600_000

/** Builds the folds and rules of a project that has no findings. */
export function compileProject(project: Project): Program {
  const { installation, pipelines, hash } = project
  const rules = [...pipelines.flatMap((pipeline) => pipeline.rules), ...project.ruleFiles.flatMap((file) => file.rules)]
  const compiled = compileRules(rules.map(ruleSpec), {
    definitions: alerts,
    derives: pipelines.flatMap(deriveSpecs),
    maxSeries: installation.limits.max_series,
    allowedLatenessMs: ruleLatenessMs,
  })
  const compiledDerives = compileDerives(compiled.derives, derives)
  const occurrences = compileOccurrences(compiled.occurrences)
  const tickMs = installation.tick
  return {
    compiled,
    alert: {
      app: installation.app,
      cluster: installation.app,
      externalUrl: `http://${installation.server.host}:${installation.server.port}`,
      tickMs,
      configHash: hash,
      derives: compiledDerives,
      rules: compiled.rules,
    },
    derive(name) {
      const pipeline = pipelines.find((one) => one.name === name)
      return {
        tickMs,
        outOfOrderMs: pipeline?.source.keys.out_of_order ?? 0,
        configHash: hash,
        derives: ofPipeline(compiledDerives, name),
        occurrences: ofPipeline(occurrences, name),
      }
    },
  }
}

function ruleSpec(entry: RuleEntry): RuleSpec {
  // The keys of a rule entry are read by the schema `Rule`.
  const keys = entry.keys as unknown as RuleKeys
  return { id: entry.id, type: entry.type, keys, config: entry.config, pipeline: entry.pipeline }
}

function deriveSpecs(pipeline: Pipeline): DeriveSpec[] {
  return pipeline.derives.map(({ id, type, keys, config, pipelines }) => ({
    id,
    type,
    config,
    by: keys.by,
    where: keys.where,
    pipelines: pipelines ?? [pipeline.name],
    allowedLatenessMs: keys.allowed_lateness,
    maxSeries: keys.max_series ?? pipeline.maxSeries,
    samples: 0,
  }))
}
