import type { Components, MetricUnit } from '../core/component.ts'
import { parseCondition } from '../core/condition.ts'
import { threshold, unfitUnit } from '../core/config-field.ts'
import { fieldKind, knownFieldNames } from '../core/field.ts'
import { formatDuration, parseDuration } from '../core/quantity-text.ts'
import type { Documents, LoadedTree } from './documents.ts'
import type { Finding } from './finding.ts'
import { walk } from './json-schema.ts'
import { compiledDerive, idsAt, metricTable, unitOfRule, type MetricTable } from './metric-table.ts'
import { didYouMean } from './nearest.ts'
import type { Drafts, FileDraft, PipelineDraft } from './project.ts'
import { isRecord, type ConfigTree, type Path, type Value } from './tree.ts'

/** What the checks of one project share. */
interface Scope {
  readonly drafts: Drafts
  readonly components: Components
  readonly metrics: MetricTable
  readonly findings: Finding[]
}

/** The second pass: what every file says for itself may be right, and still not go together. */
export function checkMeaning(drafts: Drafts, documents: Documents, components: Components, findings: Finding[]): void {
  const scope = { drafts, components, metrics: metricTable(drafts, components), findings }
  checkIds(scope)
  checkInputs(scope)
  for (const file of drafts.pipelines) {
    walk(documents.kinds.pipeline.described, file.tree.root, [], (schema, value, path) =>
      checkValue(scope, file, { unit: schema.unit, value, path }),
    )
    checkRules(scope, file, file.name)
  }
  for (const file of drafts.ruleFiles) {
    walk(documents.kinds.rules.described, file.tree.root, [], (schema, value, path) =>
      checkValue(scope, file, { unit: schema.unit, value, path }),
    )
    checkRules(scope, file, undefined)
  }
}

/** An entry of `outputs:` of a type that takes no such documents would do nothing. */
export function checkOutputs(trees: readonly LoadedTree[], { sinks }: Components, findings: Finding[]): void {
  const tree = trees.find(({ word }) => word === 'installation')?.tree
  for (const kind of ['metrics', 'alerts', 'dead_letters'] as const) {
    for (const [i, entry] of listOf(tree?.at(['outputs', kind]))) {
      const definition = sinks.find(({ type }) => isRecord(entry) && entry['type'] === type)
      if (tree === undefined || definition === undefined || definition.documents?.kinds.includes(kind) === true)
        continue
      const words = kind.replace('_', ' ')
      const able = sinks.filter(({ documents }) => documents?.kinds.includes(kind)).map(({ type }) => type)
      const hint = able.length === 0 ? `${words} are in the store anyway` : `these do: ${able.join(', ')}`
      findings.push(
        tree.finding(['outputs', kind, i, 'type'], 'not_allowed', `${definition.type} takes no ${words}`, { hint }),
      )
    }
  }
}

interface PlacedValue {
  readonly unit: string | undefined
  readonly value: Value
  readonly path: Path
}

function checkValue(scope: Scope, file: FileDraft, placed: PlacedValue): void {
  const { value, path } = placed
  if (file.tree.isDoubtful(path)) return
  if (placed.unit === 'duration' && path.at(-1) === 'window' && path[0] !== 'tests')
    return checkWindow(scope, file.tree, path)
  if (placed.unit === 'threshold') return checkLimit(scope, file, path)
  if (placed.unit === 'conditions') return checkConditions(scope, file.tree, path)
  if (typeof value !== 'string') return
  if (placed.unit === 'metric') checkMetric(scope, file, path, value)
  if (placed.unit === 'field') checkField(scope, file.tree, path, value)
}

/** A field that nobody knows is a warning: user formats bring fields of their own. */
function checkField(scope: Scope, tree: ConfigTree, path: Path, name: string): void {
  if (isKnownField(name)) return
  const hint = didYouMean(name, knownFieldNames())
  scope.findings.push(
    tree.finding(path, 'unknown_field', `neither ECS nor logpipe knows the field ${name}`, { hint, isWarning: true }),
  )
}

function checkConditions(scope: Scope, tree: ConfigTree, path: Path): void {
  for (const [i, text] of listOf(tree.at(path))) {
    const at = [...path, i]
    if (typeof text !== 'string' || tree.isDoubtful(at)) continue
    const { condition } = parseCondition(text)
    if (condition !== undefined) checkField(scope, tree, at, condition.field)
  }
}

function isKnownField(name: string): boolean {
  return fieldKind(name) !== undefined || /^(attributes|labels|kubernetes\.labels|container\.labels)\./.test(name)
}

function checkWindow(scope: Scope, tree: ConfigTree, path: Path): void {
  const written = String(tree.at(path))
  const ms = parseDuration(written) // A bare number other than 0 is none.
  const { tickMs } = scope.drafts
  if (ms === undefined || (ms > 0 && ms % tickMs === 0)) return
  const tick = formatDuration(tickMs)
  const near = Math.max(1, Math.round(ms / tickMs)) * tickMs
  scope.findings.push(
    tree.finding(path, 'window_not_on_tick', `a window of ${written} is not a multiple of the tick, ${tick}`, {
      hint: `did you mean ${near % 60_000 === 0 ? `${near / 60_000}m` : `${near / 1000}s`}?`,
    }),
  )
}

function checkLimit(scope: Scope, file: FileDraft, path: Path): void {
  const rule = path[0] === 'rules' ? file.rules.find((draft) => draft.path[1] === path[1]) : undefined
  const unit = rule === undefined ? undefined : unitOfRule(rule, scope.metrics, scope.components)
  const limit = threshold({ about: '' }).safeParse(file.tree.at(path))
  if (unit === undefined || !limit.success || unfitUnit(limit.data, unit) === undefined) return
  const { word, example } = unitWords[unit]
  const { text } = limit.data
  const message = `${text} does not fit: this is compared with ${word}`
  scope.findings.push(file.tree.finding(path, 'unfit_unit', message, { hint: `write it as in ${example}` }))
}

const unitWords: Readonly<Record<MetricUnit, { readonly word: string; readonly example: string }>> = {
  count: { word: 'a count', example: '1000' },
  share: { word: 'a share', example: '5%' },
  ns: { word: 'a duration', example: '800ms' },
  bytes: { word: 'a size', example: '5MB' },
  per_second: { word: 'a rate', example: '20/s' },
  number: { word: 'a plain number', example: '1000' },
}

/** Rules of a pipeline see its own metrics, those of the project see all. */
function checkMetric(scope: Scope, file: FileDraft, path: Path, name: string): void {
  const { byName, doubtful } = scope.metrics
  const id = name.slice(0, name.indexOf('.'))
  if (!name.includes('.') || doubtful.has(id)) return
  const own = ownPipeline(scope, file)
  const known = byName.get(name)
  if (known !== undefined && (own === undefined || known.pipeline === own.name)) return
  const visible = [...byName]
    .filter(([, metric]) => own === undefined || metric.pipeline === own.name)
    .map(([metric]) => metric)
  const outputs = visible.filter((metric) => metric.startsWith(`${id}.`))
  let hint = didYouMean(name, visible)
  if (known !== undefined) hint = `it is made in the pipeline ${known.pipeline}: put the rule there or into rules/`
  else if (hint === undefined && outputs.length > 0) hint = `there are ${outputs.join(', ')}`
  scope.findings.push(file.tree.finding(path, 'unknown_metric', `no derive gives the metric ${name}`, { hint }))
}

function ownPipeline(scope: Scope, file: FileDraft): PipelineDraft | undefined {
  return scope.drafts.pipelines.find((pipeline) => pipeline.tree === file.tree)
}

/** Derive ids, rule ids and rule names are unique over all files; a short form takes its id as that of its derive. */
function checkIds(scope: Scope): void {
  const { drafts, components, findings } = scope
  const derives = new Map<string, string>()
  const rules = new Map<string, string>()
  const names = new Map<string, string>()
  function claim(known: Map<string, string>, what: string, tree: ConfigTree, path: Path): void {
    const word = tree.at(path)
    if (typeof word !== 'string') return
    const first = known.get(word)
    if (first === undefined) known.set(word, `${tree.name}:${tree.lineOf(path)}`)
    else
      findings.push(
        tree.finding(path, 'duplicate_id', `the ${what} ${word} stands twice`, { hint: `the first is ${first}` }),
      )
  }

  for (const file of drafts.pipelines) {
    for (const { index } of idsAt(file, 'derive')) claim(derives, 'derive id', file.tree, ['derive', index, 'id'])
  }
  for (const file of [...drafts.pipelines, ...drafts.ruleFiles]) {
    for (const { index } of idsAt(file, 'rules')) {
      const path = ['rules', index]
      claim(rules, 'rule id', file.tree, [...path, 'id'])
      if (file.tree.at([...path, 'name']) !== undefined) claim(names, 'rule name', file.tree, [...path, 'name'])
      const rule = file.rules.find((draft) => draft.path[1] === index)
      const derive = derives.get(String(rule?.keys['id']))
      if (rule === undefined || derive === undefined || compiledDerive(rule, components) === undefined) continue
      findings.push(
        file.tree.finding([...path, 'id'], 'duplicate_id', 'a rule with a window of its own has the id of a derive', {
          hint: `the derive is ${derive}`,
        }),
      )
    }
  }
}

/** The same input in two pipelines would count every line twice. */
function checkInputs(scope: Scope): void {
  const known = new Map<string, string>()
  for (const { source, tree, name } of scope.drafts.pipelines) {
    if (source === undefined) continue
    for (const key of ['paths', 'topics', 'path']) {
      const value = tree.at(['source', key])
      const inputs = Array.isArray(value) ? value : [value]
      for (const [i, input] of inputs.entries()) {
        if (typeof input !== 'string') continue
        const path = Array.isArray(value) ? ['source', key, i] : ['source', key]
        const first = known.get(`${source.type} ${input}`)
        if (first === undefined) known.set(`${source.type} ${input}`, name)
        else if (first !== name)
          scope.findings.push(tree.finding(path, 'shared_input', `the pipeline ${first} reads ${input}, too`))
      }
    }
  }
}

/** Keys that do not go together, and names that rules and tests refer to. `own`: the pipeline whose file this is. */
function checkRules(scope: Scope, file: FileDraft, own: string | undefined): void {
  for (const rule of file.rules) {
    const definition = scope.components.alerts.find((candidate) => candidate.type === rule.type)
    const refuse = (key: string, message: string): void => {
      const path = [...rule.path, key]
      const options = { isAtKey: true }
      if (!file.tree.isDoubtful(path)) scope.findings.push(file.tree.finding(path, 'not_allowed', message, options))
    }
    const isGiven = (key: string): boolean => file.tree.at([...rule.path, key]) !== undefined
    if (definition?.kind === 'condition' && isGiven('resolve_after')) {
      refuse('resolve_after', `${rule.type} resolves when its condition is gone: no resolve_after`)
    }
    if (own !== undefined && isGiven('pipelines')) refuse('pipelines', 'a rule of a pipeline sees that pipeline alone')
    if (own === undefined) checkPipelines(scope, file.tree, rule.path)
    if (definition === undefined || !rule.isWhole) continue
    for (const fault of scope.components.ruleFaults(definition, rule.keys, rule.config))
      refuse(fault.key, fault.message)
  }
  checkTests(scope, file, own)
}

function checkPipelines({ drafts, findings }: Scope, tree: ConfigTree, rule: Path): void {
  const known = drafts.pipelines.map((pipeline) => pipeline.name)
  const path = [...rule, 'pipelines']
  for (const [i, name] of listOf(tree.at(path))) {
    if (typeof name !== 'string' || known.includes(name)) continue
    findings.push(
      tree.finding([...path, i], 'unknown_pipeline', `there is no pipeline ${name}`, { hint: didYouMean(name, known) }),
    )
  }
}

function checkTests({ findings, components, metrics }: Scope, file: FileDraft, own: string | undefined): void {
  const blocks = file.tree.at(['tests'])
  const ruleIds = idsAt(file, 'rules').map(({ id }) => id)
  const deriveIds = [...new Set([...metrics.byName.keys()].map((name) => name.slice(0, name.indexOf('.'))))]
  const formats = components.formats.map((format) => format.name)
  for (const [i, block] of Array.isArray(blocks) ? blocks.entries() : []) {
    if (!isRecord(block)) continue
    const { format } = block
    for (const [j, id] of listOf(block['rules'])) {
      if (typeof id !== 'string' || ruleIds.includes(id)) continue
      findings.push(
        file.tree.finding(['tests', i, 'rules', j], 'unknown_rule', `this file has no rule ${id}`, {
          hint: didYouMean(id, ruleIds),
        }),
      )
    }
    for (const [j, expected] of listOf(isRecord(block['expect']) ? block['expect']['metrics'] : undefined)) {
      const id = isRecord(expected) ? expected['derive'] : undefined
      if (typeof id !== 'string' || deriveIds.includes(id) || ruleIds.includes(id) || metrics.doubtful.has(id)) continue
      findings.push(
        file.tree.finding(
          ['tests', i, 'expect', 'metrics', j, 'derive'],
          'unknown_metric',
          `there is no derive ${id}`,
          { hint: didYouMean(id, deriveIds) },
        ),
      )
    }
    const path = ['tests', i, 'format']
    if (own !== undefined && format !== undefined)
      findings.push(
        file.tree.finding(path, 'not_allowed', 'format is for rule files: a pipeline has parse', { isAtKey: true }),
      )
    else if (typeof format === 'string' && format !== 'auto' && !formats.includes(format))
      findings.push(
        file.tree.finding(path, 'bad_value', `there is no format ${format}`, { hint: didYouMean(format, formats) }),
      )
    else if (own === undefined && format === undefined && listOf(block['given']).some(([, item]) => isRaw(item)))
      findings.push(file.tree.finding(['tests', i], 'missing_key', 'raw records in a rule file need the key format'))
  }
}

function listOf(value: Value): [number, Value][] {
  return Array.isArray(value) ? [...value.entries()] : []
}

function isRaw(item: Value): boolean {
  return (
    typeof item === 'string' || (isRecord(item) && !Object.hasOwn(item, 'events') && !Object.hasOwn(item, 'series'))
  )
}
