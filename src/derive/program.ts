import type { DeriveDefinition } from '../core/component.ts'
import { LogpipeError } from '../core/error.ts'
import {
  contentHash,
  type CompiledDerive,
  type CompiledOccurrence,
  type DeriveSpec,
  type OccurrenceSpec,
} from '../core/program.ts'
import { compileFilter } from '../core/row-filter.ts'

/** Builds the derives of a project; `config` has checked them, so a throw (LP_CONFIG_INVALID) is a bug there. */
export function compileDerives(
  specs: readonly DeriveSpec[],
  definitions: readonly DeriveDefinition[],
): CompiledDerive[] {
  return specs.map((spec) => compileDerive(spec, definitions))
}

function compileDerive(spec: DeriveSpec, definitions: readonly DeriveDefinition[]): CompiledDerive {
  const definition = definitions.find(({ type }) => type === spec.type)
  if (definition === undefined)
    throw new LogpipeError('LP_CONFIG_INVALID', `building the derive ${spec.id}: no type ${spec.type}`)
  const { config, id, by, pipelines } = spec
  const { outputs } = definition
  const conditions = { where: spec.where ?? [], anyOf: spec.anyOf ?? [], noneOf: spec.noneOf ?? [] }
  return {
    id,
    hash: contentHash({ id, type: spec.type, version: definition.stateVersion, config, by, pipelines, conditions }),
    pipelines,
    by,
    filter: compileFilter(conditions),
    requires: definition.requires(config),
    fold: definition.build(config),
    width: definition.cell.length + 1,
    keepsValues: definition.keepsValues,
    outputs: typeof outputs === 'function' ? outputs(config) : outputs,
    allowedLatenessMs: spec.allowedLatenessMs,
    maxSeries: spec.maxSeries,
    samples: spec.samples,
  }
}

/** Builds what finds the events of occurrence rules. */
export function compileOccurrences(specs: readonly OccurrenceSpec[]): CompiledOccurrence[] {
  return specs.map((spec) => ({ rule: spec.rule, by: spec.by, pipelines: spec.pipelines, filter: compileFilter(spec) }))
}

/** Those that see the events of a pipeline. */
export function ofPipeline<Part extends { readonly pipelines: readonly string[] }>(
  parts: readonly Part[],
  pipeline: string,
): Part[] {
  return parts.filter(({ pipelines }) => pipelines.length === 0 || pipelines.includes(pipeline))
}
