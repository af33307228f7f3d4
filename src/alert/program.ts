import type { AlertDefinition, CompiledRule } from '../core/component.ts'
import { LogpipeError } from '../core/error.ts'
import { contentHash, type DeriveSpec, type OccurrenceSpec } from '../core/program.ts'
import { seriesKey } from '../core/series.ts'
import { ruleFaults, severities, type RuleKeys, type Severity } from './rule.ts'
import { compileTemplate, type Template } from './template.ts'

/** A rule as config hands it over. */
export interface RuleSpec {
  readonly id: string
  readonly type: string
  /** Output of `Rule`. */
  readonly keys: RuleKeys
  /** Output of the schema of its type. */
  readonly config: Readonly<Record<string, unknown>>
  /** The pipeline whose file holds it; undefined for rules of the project. */
  readonly pipeline: string | undefined
}

/** A rule ready to run; one with `levels` becomes one for each level. */
export interface RuleInstance {
  readonly id: string
  readonly name: string
  /** Changes with everything that changes an alert of it. */
  readonly hash: string
  readonly isShadow: boolean
  readonly severity: Severity
  /** Place among the levels of the rule, from the highest severity on; 0 if it has none. */
  readonly level: number
  readonly pipelines: readonly string[]
  readonly by: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: readonly (readonly [name: string, template: Template])[]
  readonly rule: CompiledRule['rule']
  /** Keys without events are watched, too: see `CompiledRule`. */
  readonly silence: CompiledRule['silence'] | undefined
  /** Id and output of the derive that a condition rule watches. */
  readonly derive: string | undefined
  readonly output: string
  readonly lookBackMs: number
  readonly threshold: number
  /** Canonical keys that are watched from the start. */
  readonly expected: readonly string[]
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly resolveAfterMs: number
  readonly noValue: RuleKeys['no_value']
  readonly limitInstances: number
  readonly samples: number
}

export interface CompiledRules {
  /** By id and level. Rules that are off are left out. */
  readonly rules: readonly RuleInstance[]
  /** The given derives with the samples that rules want, then the anonymous ones of rules. */
  readonly derives: readonly DeriveSpec[]
  readonly occurrences: readonly OccurrenceSpec[]
}

export interface RuleContext {
  readonly definitions: readonly AlertDefinition[]
  /** The derives that config names. */
  readonly derives: readonly DeriveSpec[]
  /** For the derives of rules. */
  readonly maxSeries: number
  readonly allowedLatenessMs: number
}

/** Builds the rules of a project. Throws LP_CONFIG_INVALID for what `config` should have found. */
export function compileRules(specs: readonly RuleSpec[], context: RuleContext): CompiledRules {
  const rules: RuleInstance[] = []
  const anonymous: DeriveSpec[] = []
  const occurrences: OccurrenceSpec[] = []
  const samples = new Map<string, number>()
  for (const spec of specs) {
    if (spec.keys.run === 'off') continue
    const definition = context.definitions.find(({ type }) => type === spec.type)
    if (definition === undefined) throw wrong(spec, `there is no type ${spec.type}`)
    const [fault] = ruleFaults(definition, spec.keys, spec.config)
    if (fault !== undefined) throw wrong(spec, fault.message)
    const compiled = compileLevels(spec, definition)
    const first = compiled[0]!.rule
    const watched = deriveOf(spec, first, context)
    if (watched.isAnonymous) anonymous.push(watched.derive)
    if (first.rule.kind === 'occurrence') occurrences.push({ rule: spec.id, ...scopeOf(spec) })
    else samples.set(watched.derive.id, Math.max(spec.keys.samples, samples.get(watched.derive.id) ?? 0))
    for (const level of compiled) rules.push(instanceOf(spec, level, watched))
  }
  const derives = [...context.derives, ...anonymous].map((derive) => ({
    ...derive,
    samples: samples.get(derive.id) ?? 0,
  }))
  return {
    rules: rules.sort((a, b) => (a.id === b.id ? a.level - b.level : a.id < b.id ? -1 : 1)),
    derives,
    occurrences,
  }
}

function wrong(spec: RuleSpec, message: string): LogpipeError {
  return new LogpipeError('LP_CONFIG_INVALID', `building the rule ${spec.id}: ${message}`)
}

interface CompiledLevel {
  readonly severity: Severity
  readonly rule: CompiledRule
}

/** From the highest severity on. */
function compileLevels(spec: RuleSpec, definition: AlertDefinition): CompiledLevel[] {
  const { levels, severity } = spec.keys
  if (levels === undefined) return [{ severity: severity ?? 'medium', rule: definition.build(spec.config) }]
  return levels
    .map(({ severity: of, ...limits }) => ({ severity: of, rule: definition.build({ ...spec.config, ...limits }) }))
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

function scopeOf(spec: RuleSpec): Pick<DeriveSpec, 'by' | 'pipelines' | 'where' | 'anyOf' | 'noneOf'> {
  const { keys, pipeline } = spec
  return {
    by: keys.by,
    pipelines: pipeline === undefined ? keys.pipelines : [pipeline],
    where: keys.where,
    anyOf: keys.any_of,
    noneOf: keys.none_of,
  }
}

interface Watched {
  readonly derive: DeriveSpec
  readonly output: string
  readonly isAnonymous: boolean
}

/** What a rule watches; for occurrence rules a derive that is used by none. */
function deriveOf(spec: RuleSpec, { derive, metric }: CompiledRule, context: RuleContext): Watched {
  if (metric !== undefined) {
    const [id = '', output = ''] = metric.split('.')
    const known = context.derives.find((one) => one.id === id)
    if (known === undefined) throw wrong(spec, `there is no derive ${id}`)
    return { derive: known, output, isAnonymous: false }
  }
  const { maxSeries, allowedLatenessMs } = context
  const { type = '', config = {}, output = '' } = derive ?? {}
  const own = { id: spec.id, type, config, ...scopeOf(spec), allowedLatenessMs, maxSeries, samples: 0 }
  return { derive: own, output, isAnonymous: derive !== undefined }
}

function instanceOf(spec: RuleSpec, { rule, severity }: CompiledLevel, watched: Watched): RuleInstance {
  const { keys } = spec
  const { by, pipelines } = watched.derive
  const levels = (keys.levels ?? []).map((level) => severities.indexOf(level.severity)).sort((a, b) => a - b)
  return {
    id: spec.id,
    name: keys.name ?? spec.id,
    hash: contentHash({ ...spec, severity, derive: watched.derive.config, by, pipelines }),
    isShadow: keys.run === 'shadow',
    severity,
    level: Math.max(0, levels.indexOf(severities.indexOf(severity))),
    pipelines,
    by,
    labels: keys.labels,
    annotations: annotationsOf(spec),
    rule: rule.rule,
    silence: silenceOf(spec, rule, watched),
    derive: rule.rule.kind === 'condition' ? watched.derive.id : undefined,
    output: watched.output,
    lookBackMs: rule.lookBackMs ?? 0,
    threshold: rule.threshold,
    expected: (rule.expected ?? []).map((values) => seriesKey(by.map((field) => values[field] ?? ''))),
    forMs: keys.for,
    keepFiringForMs: keys.keep_firing_for,
    resolveAfterMs: keys.resolve_after,
    noValue: keys.no_value,
    limitInstances: keys.limit_instances,
    samples: keys.samples,
  }
}

/** A rule that fires without a value goes on watching keys that have gone quiet. */
function silenceOf(spec: RuleSpec, rule: CompiledRule, watched: Watched): RuleInstance['silence'] {
  if (rule.silence !== undefined || spec.keys.no_value !== 'fire') return rule.silence
  const window = watched.derive.config['window']
  return { windowMs: typeof window === 'number' ? window : 0, forgetsKeys: false }
}

function annotationsOf(spec: RuleSpec): [string, Template][] {
  const texts = Object.entries(spec.keys.annotations).map(([name, text]): [string, Template] => {
    const { template, fault } = compileTemplate(text)
    if (fault !== undefined) throw wrong(spec, `annotation ${name}: ${fault}`)
    return [name, template]
  })
  const runbook = spec.keys.runbook_url
  return runbook === undefined ? texts : [...texts, ['runbook_url', { render: () => runbook }]]
}
