import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createAlertUnit } from '../alert/unit.ts'
import type { AlertState } from '../alert/state.ts'
import type { Pipeline, RuleEntry, RuleFile } from '../config/pipeline.ts'
import type { Project } from '../config/project.ts'
import { describeError } from '../core/error.ts'
import type { Source } from '../core/record-batch.ts'
import type { TestBlock } from '../core/test-block.ts'
import type { DeriveState } from '../derive/state.ts'
import { createDeriveUnit } from '../derive/unit.ts'
import { ParseConfig, settingsOf } from '../parse/config.ts'
import { createParseStage } from '../parse/parser.ts'
import type { ParseSettings } from '../parse/settings.ts'
import { formats } from '../registry.ts'
import type { BlockStages } from '../replay/block-run.ts'
import type { Comparison } from '../replay/update.ts'
import { runTestBlock, type BlockVerdict } from '../replay/test-block.ts'
import { compileProject } from './compile.ts'

export interface TestOptions {
  /** Only blocks of these files, by their names as they were loaded; undefined: of all. */
  readonly files?: readonly string[] | undefined
  /** Only blocks whose name holds this text. */
  readonly filter?: string | undefined
  /** Results of failed blocks have `details`. */
  readonly keepsDetails?: boolean
  /** Called before each block with how many are done. */
  readonly onProgress?: (done: number, total: number) => void
  /** Folder that names of files count from; absent: the current one. */
  readonly cwd?: string
}

export interface TestResult {
  readonly file: string
  readonly name: string
  /** `file:line` of the block. */
  readonly place: string
  /** Lines to print; none: it passed. */
  readonly problems: readonly string[]
  readonly durationMs: number
  /** Of a block that failed, if it was asked for. */
  readonly details?: FailureDetails
}

/** What an update of the block needs. */
export interface FailureDetails {
  /** Place in the `tests:` of its file. */
  readonly index: number
  /** Where times of the block count from, epoch ms. */
  readonly startMs: number
  readonly comparisons: readonly Comparison[]
}

export interface TestReport {
  readonly results: readonly TestResult[]
  readonly passed: number
  readonly failed: number
  /** Ids of all rules of the files, and of those that fired in a block; sorted. */
  readonly rules: { readonly all: readonly string[]; readonly fired: readonly string[] }
  /** Formats that raw records were parsed as, sorted. */
  readonly formats: readonly string[]
}

interface Task {
  readonly file: string
  readonly index: number
  readonly block: TestBlock
  readonly stages: () => BlockStages<DeriveState, AlertState>
}

/** Runs the `tests:` blocks of a project through the real stages on virtual time: no network, no store, no clock. */
export function runTests(project: Project, options: TestOptions = {}): TestReport {
  const isAsked = ({ file, block }: Task): boolean => {
    return (options.files?.includes(file) ?? true) && block.name.includes(options.filter ?? '')
  }
  const files: readonly { readonly file: string; readonly rules: readonly RuleEntry[] }[] = [
    ...project.pipelines,
    ...project.ruleFiles,
  ]
  const tasks = tasksOf(project).filter(isAsked)
  const results: TestResult[] = []
  const fired = new Set<string>()
  const parsed = new Set<string>()
  for (const task of tasks) {
    options.onProgress?.(results.length, tasks.length)
    const startedMs = performance.now()
    const verdict = runTask(task, options.cwd ?? '.')
    const { name, place } = task.block
    const durationMs = performance.now() - startedMs
    const { problems, comparisons } = verdict
    const details = { index: task.index, startMs: task.block.startMs, comparisons }
    const isDetailed = options.keepsDetails === true && problems.length > 0
    results.push({ file: task.file, name, place, problems, durationMs, ...(isDetailed ? { details } : {}) })
    for (const rule of verdict.fired) fired.add(rule)
    for (const format of verdict.formats) parsed.add(format)
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length
  const seen = files.filter(({ file }) => options.files?.includes(file) ?? true)
  const all = seen.flatMap(({ rules }) => rules.map(({ id }) => id))
  return {
    results,
    passed: results.length - failed,
    failed,
    rules: { all: all.sort(), fired: [...fired].sort() },
    formats: [...parsed].sort(),
  }
}

function tasksOf(project: Project): Task[] {
  const ofPipelines = project.pipelines.flatMap((pipeline) =>
    pipeline.tests.map((block, index): Task => {
      return { file: pipeline.file, index, block, stages: () => pipelineStages(project, pipeline, block) }
    }),
  )
  const ofRuleFiles = project.ruleFiles.flatMap((file) =>
    file.tests.map((block, index): Task => {
      return { file: file.file, index, block, stages: () => ruleFileStages(project, file, block) }
    }),
  )
  return [...ofPipelines, ...ofRuleFiles]
}

/** What a block cannot be run for is a problem of it, too: a file that is missing must not end the others. */
function runTask({ file, block, stages }: Task, cwd: string): BlockVerdict {
  try {
    const folder = path.dirname(path.resolve(cwd, file))
    return runTestBlock(block, stages(), (name) => readFileSync(path.resolve(folder, name)))
  } catch (error) {
    return { problems: [describeError(error)], comparisons: [], fired: new Set(), formats: new Set() }
  }
}

function rulesOf(rules: readonly RuleEntry[], { rules: named }: TestBlock): RuleEntry[] {
  return rules.filter(({ id }) => named?.includes(id) ?? true)
}

/** A pipeline with its own rules. */
function pipelineStages(project: Project, pipeline: Pipeline, block: TestBlock): BlockStages<DeriveState, AlertState> {
  const own = { ...pipeline, rules: rulesOf(pipeline.rules, block) }
  // An entry of `parse:` is read by the schema `ParseConfig`.
  const config = pipeline.parse.config as unknown as ParseConfig
  return stagesOf({ ...project, pipelines: [own], ruleFiles: [] }, own, settingsOf(pipeline.parse.type, config))
}

/**
 * The rules of a file, with the derives of all pipelines. They start after parse, so it makes no difference which
 * pipeline an event came from: all rules and derives see all events.
 */
function ruleFileStages(project: Project, file: RuleFile, block: TestBlock): BlockStages<DeriveState, AlertState> {
  const rules = rulesOf(file.rules, block).map((rule) => ({ ...rule, keys: { ...rule.keys, pipelines: [] } }))
  const outOfOrderMs = project.pipelines.map(({ source }) => source.keys.out_of_order)
  const pipeline: Pipeline = {
    name: 'test',
    file: file.file,
    summary: '',
    source: { type: 'test', keys: { out_of_order: Math.max(defaultOutOfOrderMs, ...outOfOrderMs) }, config: {} },
    parse: { type: block.format ?? 'auto', keys: {}, config: {} },
    derives: project.pipelines.flatMap(({ derives }) => derives),
    rules: [],
    sinks: [],
    maxSeries: project.installation.limits.max_series,
    tests: [],
    hash: '',
  }
  const settings = block.format === undefined ? undefined : settingsOf(block.format, ParseConfig.parse({}))
  return stagesOf({ ...project, pipelines: [pipeline], ruleFiles: [{ ...file, rules }] }, pipeline, settings)
}

/** Where no pipeline says how far events are out of order. */
const defaultOutOfOrderMs = 10_000

function stagesOf(
  project: Project,
  pipeline: Pipeline,
  settings: ParseSettings | undefined,
): BlockStages<DeriveState, AlertState> {
  const program = compileProject(project)
  const { name } = pipeline
  const deriveProgram = program.derive(name)
  return {
    pipeline: name,
    constants: constantsOf(pipeline),
    tickMs: program.alert.tickMs,
    configHash: program.alert.configHash,
    derives: program.alert.derives,
    parse(tables, checksTimes) {
      if (settings === undefined) return undefined
      const limits = checksTimes ? settings.limits : { ...settings.limits, maxFutureMs: Infinity, maxPastMs: Infinity }
      return createParseStage({ ...settings, limits }, formats, tables)
    },
    deriveUnit: (source) => createDeriveUnit({ program: deriveProgram, source: source.id, pipeline: name }),
    alertUnit: (derives, onTransition) => createAlertUnit({ ...program.alert, derives }, onTransition),
  }
}

/** What the source of the pipeline says of each of its events, as far as it does not depend on the input. */
function constantsOf({ name, source }: Pipeline): Source['constants'] {
  const service = source.config['service_name']
  return [
    ...(typeof service === 'string' ? [{ field: 'service.name', value: service }] : []),
    { field: 'logpipe.pipeline', value: name },
  ]
}
