import { z } from 'zod'
import type { AlertDefinition } from '../core/component.ts'
import { conditions, count, duration, fieldName, identifier, text } from '../core/config-field.ts'
import { limitKeys } from './limits.ts'
import { compileTemplate } from './template.ts'

/** Severities from the worst on. */
export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const
export type Severity = (typeof severities)[number]

const labelText = z.string().max(1024)
const labelKey = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'must be a label name: letters, digits and _')
const template = z
  .string()
  .max(4096)
  .superRefine((value, context) => {
    const { fault, ...place } = compileTemplate(value)
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: fault, params: { finding: 'bad_value', ...place } })
  })

const Level = z.strictObject({
  severity: z.enum(severities).meta({ description: 'How bad it is.' }),
  ...limitKeys,
})

/** Keys of every rule beside `type` and what its type adds. */
export const Rule = z.strictObject({
  id: identifier({ about: 'Stable identity of the rule; unique over the project.' }),
  name: text({ about: 'Becomes the label `alertname`; unique, too. Absent: the id.' }).optional(),
  run: z
    .enum(['live', 'shadow', 'off'])
    .meta({ description: '`shadow`: evaluated and recorded, never notified.' })
    .prefault('live'),
  severity: z.enum(severities).meta({ description: 'How bad it is; or `levels`.' }).optional(),
  levels: z
    .array(Level)
    .min(1)
    .max(5)
    .meta({ description: 'One instance per level, each with its own limits; a higher one inhibits the lower.' })
    .optional(),
  pipelines: z
    .array(z.string())
    .meta({ description: 'Names of the pipelines whose events it sees. Empty: all, or the one whose file holds it.' })
    .prefault([]),
  where: conditions({ about: 'Only events that meet all of these are seen.' }),
  any_of: conditions({ about: 'Only events that meet at least one of these are seen, if there are any.' }),
  none_of: conditions({ about: 'Events that meet one of these are not seen.' }),
  by: z
    .array(fieldName({ about: 'A field.' }))
    .max(8)
    .meta({ description: 'Fields that split the rule into instances; each becomes a label.' })
    .prefault([]),
  for: duration({ default: '0', about: 'Condition rules: how long it must hold before it fires.' }),
  keep_firing_for: duration({
    default: '0',
    about: 'Condition rules: how long it goes on firing when it no longer holds.',
  }),
  resolve_after: duration({ default: '5m', about: 'Occurrence rules: it resolves so long after the last occurrence.' }),
  no_value: z
    .enum(['clear', 'keep', 'fire'])
    .meta({ description: 'Condition rules: what a window without a value counts as: false, the answer before, true.' })
    .prefault('clear'),
  limit_instances: count({
    default: 1000,
    min: 1,
    about: 'Pending and firing instances at most; further ones are counted only.',
  }),
  samples: count({ default: 3, max: 20, about: 'Log lines that are kept with an alert.' }),
  labels: z.record(labelKey, labelText).meta({ description: 'Labels beside those of `by`; they win.' }).prefault({}),
  annotations: z
    .record(labelKey, template)
    .meta({ description: 'Texts with `{{ value }}`, `{{ threshold }}`, `{{ window }}` and `{{ labels.x }}`.' })
    .prefault({}),
  runbook_url: text({ about: 'Where a person finds what to do.' }).optional(),
})

export type RuleKeys = z.output<typeof Rule>

export interface RuleFault {
  readonly key: string
  readonly message: string
}

/** What is wrong between the keys of a rule, beside what each key says for itself. */
export function ruleFaults(
  definition: AlertDefinition,
  keys: RuleKeys,
  config: Readonly<Record<string, unknown>>,
): RuleFault[] {
  const faults: RuleFault[] = []
  function add(key: string, message: string): void {
    faults.push({ key, message })
  }
  if ((keys.severity === undefined) === (keys.levels === undefined))
    add('severity', 'a rule has either severity or levels')
  if (definition.kind === 'occurrence') {
    for (const key of ['for', 'keep_firing_for'] as const) {
      if (keys[key] > 0)
        add(key, `${definition.type} fires at the first occurrence and resolves by resolve_after: no ${key}`)
    }
    if (keys.no_value !== 'clear') add('no_value', `${definition.type} looks at events, not at values`)
    if (keys.levels !== undefined) add('levels', `${definition.type} has no limits, so it has one severity`)
  }
  if (config['metric'] !== undefined) {
    for (const key of ['where', 'any_of', 'none_of', 'by'] as const) {
      if (keys[key].length > 0) add(key, `the derive of a metric says ${key}, not the rule`)
    }
  }
  const limits = ['above', 'below'] as const
  const hasLimits = 'above' in keysOfShape(definition)
  if (hasLimits && keys.levels === undefined && limits.every((key) => config[key] === undefined)) {
    add('above', 'the rule needs a limit: above or below')
  }
  for (const level of keys.levels ?? []) {
    if (hasLimits && limits.every((key) => level[key] === undefined))
      add('levels', `the level ${level.severity} needs above or below`)
  }
  if (definition.type === 'threshold' && config['metric'] === undefined && config['window'] === undefined) {
    add('window', 'without metric the events in a window are counted: how long is it?')
  }
  return faults
}

function keysOfShape(definition: AlertDefinition): Readonly<Record<string, unknown>> {
  return definition.config instanceof z.ZodObject ? definition.config.shape : {}
}
