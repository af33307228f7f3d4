import path from 'node:path'
import type { z } from 'zod'
import type { TestBlock } from '../core/test-block.ts'
import { parseDuration } from '../core/quantity-text.ts'
import type { Documents, LoadedTree } from './documents.ts'
import { readEntry, type DeriveKeys, type Draft, type Entry, type EntryWord, type SourceKeys } from './entry.ts'
import type { Finding } from './finding.ts'
import { configHash, freeze } from './hash.ts'
import type { Installation } from './installation.ts'
import type { DeriveEntry, Pipeline, RuleEntry, RuleFile } from './pipeline.ts'
import { TestBlockConfig } from './test-block.ts'
import { isRecord, type ConfigTree, type Path } from './tree.ts'

/** Everything that config says, in base units, checked as a whole and frozen. */
export interface Project {
  readonly installation: Installation
  /** Where documents go beside the store: `installation.outputs`, read. */
  readonly outputs: Readonly<Record<'metrics' | 'alerts' | 'dead_letters', readonly Entry[]>>
  readonly pipelines: readonly Pipeline[]
  /** Files of project rules. */
  readonly ruleFiles: readonly RuleFile[]
  readonly channels: readonly (Entry & { readonly name: string })[]
  /** Hash over all that changes an output. */
  readonly hash: string
}

/** A file as far as it can be read: see `Draft`. */
export interface FileDraft {
  readonly tree: ConfigTree
  /** Name of the file without folder and ending. */
  readonly name: string
  readonly derives: readonly Draft<DeriveKeys>[]
  readonly rules: readonly Draft[]
}

export interface PipelineDraft extends FileDraft {
  readonly source: Draft<SourceKeys> | undefined
  readonly parse: readonly Draft[]
  readonly sinks: readonly Draft[]
}

export interface Drafts {
  /** Undefined if the file cannot be read. */
  readonly installation: Installation | undefined
  readonly outputs: Project['outputs']
  readonly tickMs: number
  readonly pipelines: readonly PipelineDraft[]
  readonly ruleFiles: readonly FileDraft[]
  readonly channels: Project['channels']
}

/** Reads every entry of every file, with what is wrong left out. */
export function readDrafts(trees: readonly LoadedTree[], documents: Documents, findings: Finding[]): Drafts {
  const main = trees.find((loaded) => loaded.word === 'installation')?.tree
  const installation = main === undefined ? undefined : installationOf(main, documents.kinds.installation.schema)
  const pipelines: PipelineDraft[] = []
  const ruleFiles: FileDraft[] = []
  const channels: (Entry & { name: string })[] = []
  const names = new Map<string, string>()
  for (const { word, tree } of trees) {
    const { name } = path.parse(tree.name)
    const draft = { tree, name, derives: list<DeriveKeys>('derive', 'derive'), rules: list('rules', 'rule') }
    function list<Keys = Entry['keys']>(key: string, entry: EntryWord): Draft<Keys>[] {
      return entriesAt<Keys>(tree, [key], documents, entry)
    }
    if (word === 'rules') ruleFiles.push(draft)
    if (word === 'routing') {
      for (const { path: at, type, keys, config } of entriesAt(tree, ['channels'], documents, 'channel')) {
        channels.push({ name: String(at.at(-1)), type, keys, config })
      }
    }
    if (word !== 'pipeline') continue
    const first = names.get(name)
    if (first !== undefined)
      findings.push(
        tree.finding([], 'duplicate_id', `there are two pipelines ${name}`, { hint: `the other is ${first}` }),
      )
    names.set(name, tree.name)
    putDefaults(tree)
    pipelines.push({
      ...draft,
      source: readEntry<SourceKeys>(documents.entries.source, tree, ['source']),
      parse: list('parse', 'parse'),
      sinks: list('sink', 'sink'),
    })
  }
  const outputs = {
    metrics: main === undefined ? [] : entriesAt(main, ['outputs', 'metrics'], documents, 'sink').map(bare),
    alerts: main === undefined ? [] : entriesAt(main, ['outputs', 'alerts'], documents, 'sink').map(bare),
    dead_letters: main === undefined ? [] : entriesAt(main, ['outputs', 'dead_letters'], documents, 'sink').map(bare),
  }
  return { installation, outputs, tickMs: tickOf(main), pipelines, ruleFiles, channels }
}

/** What a pipeline that says nothing gets: any format, and its events in the store. */
function putDefaults(tree: ConfigTree): void {
  if (!isRecord(tree.root)) return
  tree.root['parse'] ??= [{ type: 'auto' }]
  tree.root['sink'] ??= [{ type: 'store' }]
}

function installationOf(tree: ConfigTree, schema: z.ZodType): Installation | undefined {
  const result = schema.safeParse(tree.root)
  return result.success ? (result.data as Installation) : undefined // The schema of the file, whose output this is.
}

/** The tick as written, also where other keys of the file have mistakes; ms. */
function tickOf(main: ConfigTree | undefined): number {
  const written = main?.at(['tick'])
  const ms = typeof written === 'string' ? parseDuration(written) : undefined
  return ms === undefined || ms === 0 ? 15_000 : ms
}

/** Entries of a list, or of a map of names, that are known by type. */
function entriesAt<Keys = Entry['keys']>(
  tree: ConfigTree,
  at: Path,
  documents: Documents,
  word: EntryWord,
): Draft<Keys>[] {
  const value = tree.at(at)
  const parts = Array.isArray(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : []
  const drafts = parts.map((part) => readEntry<Keys>(documents.entries[word], tree, [...at, part]))
  return drafts.filter((draft) => draft !== undefined)
}

function bare<Keys>(draft: Draft<Keys>): Entry<Keys> {
  return { type: draft.type, keys: draft.keys as Keys, config: draft.config } // Only called once there are no findings, so nothing was left out.
}

/** Call only without errors among the findings. */
export function buildProject(drafts: Drafts): Project | undefined {
  const { installation } = drafts
  if (installation === undefined) return undefined
  const pipelines = drafts.pipelines
    .map((draft) => buildPipeline(draft, installation))
    .filter((built) => built !== undefined)
  const ruleFiles = drafts.ruleFiles.map((draft) => ({
    file: draft.tree.name,
    rules: draft.rules.map((rule) => ruleEntry(rule, undefined)),
    tests: testsOf(draft.tree),
  }))
  const { outputs, channels } = drafts
  const hash = configHash([
    installation,
    outputs,
    channels,
    pipelines.map((pipeline) => [pipeline.name, pipeline.hash]),
    ruleFiles.map(rulesForHash),
  ])
  return freeze({ installation, outputs, pipelines, ruleFiles, channels, hash })
}

function buildPipeline(draft: PipelineDraft, installation: Installation): Pipeline | undefined {
  const { tree, name, source } = draft
  const [parse] = draft.parse
  if (source === undefined || parse === undefined) return undefined
  const body = {
    source: bare<SourceKeys>(source),
    parse: bare(parse),
    derives: draft.derives.map((derive): DeriveEntry => ({ ...bare<DeriveKeys>(derive), id: String(derive.keys.id) })),
    rules: draft.rules.map((rule) => ruleEntry(rule, name)),
    sinks: draft.sinks.map(bare),
    maxSeries: numberAt(tree, ['limits', 'max_series']) ?? installation.limits.max_series,
  }
  const hash = configHash({ ...body, rules: rulesForHash(body), name, tick: installation.tick, app: installation.app })
  const summary = tree.at(['summary'])
  return {
    name,
    file: tree.name,
    summary: typeof summary === 'string' ? summary : '',
    ...body,
    tests: testsOf(tree),
    hash,
  }
}

/** Rules as far as they change an output: lines move with every comment. */
function rulesForHash({ rules }: { readonly rules: readonly RuleEntry[] }): unknown {
  return rules.map(({ id, type, keys, config, pipeline }) => ({ id, type, keys, config, pipeline }))
}

function ruleEntry(draft: Draft, pipeline: string | undefined): RuleEntry {
  return { ...bare(draft), id: String(draft.keys['id']), place: placeOf(draft.tree, draft.path), pipeline }
}

function placeOf(tree: ConfigTree, at: Path): string {
  return `${tree.name}:${tree.lineOf(at)}`
}

function numberAt(tree: ConfigTree, at: Path): number | undefined {
  const value = tree.at(at)
  return typeof value === 'number' ? value : undefined
}

function testsOf(tree: ConfigTree): TestBlock[] {
  const value = tree.at(['tests'])
  const blocks = Array.isArray(value) ? value : []
  return blocks.map((block, i) => ({ ...TestBlockConfig.parse(block), place: placeOf(tree, ['tests', i]) }))
}
