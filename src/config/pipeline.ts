import { z } from 'zod'
import { count, identifier, text } from '../core/config-field.ts'
import type { TestBlock } from '../core/test-block.ts'
import type { DeriveKeys, Entry, EntryForm, SourceKeys } from './entry.ts'
import { TestBlockConfig } from './test-block.ts'

const version = z.literal(1).meta({ description: 'Version of the form of this file.' })

const tests = z
  .array(TestBlockConfig)
  .meta({ description: 'Cases that `logpipe test` runs through the real stages.' })
  .prefault([])

/** A list of entries that may be left out. */
function entries(form: EntryForm, word: Parameters<EntryForm>[0], about: string) {
  return z.array(form(word)).meta({ description: about }).optional()
}

/** A file of `pipelines/`: one input on its way through parse, derive and rules to its sinks. */
export function pipelineSchema(form: EntryForm): z.ZodType {
  return z.strictObject({
    version,
    summary: text({ about: 'What the pipeline is for, one sentence.' }).optional(),
    source: form('source').meta({ description: 'Where records come from.' }),
    parse: z
      .array(form('parse'))
      .min(1)
      .max(1)
      .meta({ description: 'How records become events. Absent: `auto`.' })
      .optional(),
    derive: entries(form, 'derive', 'Metrics over windows of event time.'),
    rules: entries(form, 'rule', 'Rules over the events and metrics of this pipeline alone.'),
    sink: entries(form, 'sink', 'Where its events go. Absent: the store.'),
    limits: z
      .strictObject({
        max_series: count({
          about: 'Series of one metric. Absent: as in logpipe.yaml.',
          min: 1,
          max: 1_000_000,
        }).optional(),
      })
      .meta({ description: 'Limits of this pipeline.' })
      .optional(),
    tests,
  })
}

/** A file of `pipelines/rules/`: rules over all pipelines, or over those that a rule names. */
export function ruleFileSchema(form: EntryForm): z.ZodType {
  return z.strictObject({ version, rules: z.array(form('rule')).meta({ description: 'Rules of the project.' }), tests })
}

/** `pipelines/notify/routing.yaml`: the channels that are told of every transition. */
export function routingSchema(form: EntryForm): z.ZodType {
  return z.strictObject({
    version,
    channels: z
      .record(identifier({ about: 'Name of the channel.' }), form('channel'))
      .meta({ description: 'Name to channel.' }),
  })
}

/** A rule with its place; keys are those of `Components.rule`. */
export interface RuleEntry extends Entry {
  readonly id: string
  /** `file:line` of the entry. */
  readonly place: string
  /** The pipeline whose file holds it; undefined for rules of the project. */
  readonly pipeline: string | undefined
}

export interface DeriveEntry extends Entry<DeriveKeys> {
  readonly id: string
  /** Names of the pipelines whose events it counts; absent: the one that has it. No file says so. */
  readonly pipelines?: readonly string[]
}

export interface Pipeline {
  /** Name of its file without the ending. */
  readonly name: string
  readonly file: string
  readonly summary: string
  readonly source: Entry<SourceKeys>
  readonly parse: Entry
  readonly derives: readonly DeriveEntry[]
  /** Its own rules; those of the project stand in `Project.rules`. */
  readonly rules: readonly RuleEntry[]
  readonly sinks: readonly Entry[]
  /** Series of one metric. */
  readonly maxSeries: number
  readonly tests: readonly TestBlock[]
  /** Hash over everything that changes an output: not over summary and tests, and never over secrets. */
  readonly hash: string
}

export interface RuleFile {
  readonly file: string
  readonly rules: readonly RuleEntry[]
  readonly tests: readonly TestBlock[]
}
