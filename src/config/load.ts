import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import type { Components } from '../core/component.ts'
import { documentsOf, type DocumentWord, type LoadedTree } from './documents.ts'
import { environment, type Environment } from './environment.ts'
import { isUsable, sortFindings, type Finding, type FindingCode } from './finding.ts'
import { checkMeaning, checkOutputs } from './meaning.ts'
import { buildProject, readDrafts, type Project } from './project.ts'
import { readYaml, type ConfigFile } from './read.ts'
import { ConfigTree, isRecord } from './tree.ts'
import { validate } from './validate.ts'

export interface LoadOptions {
  /** `--config`: the one file that is read in place of the search path. */
  readonly config?: string | undefined
  /** `--pipelines`: folder of pipelines. Absent: `pipelines` beside `logpipe.yaml`, or in the current folder. */
  readonly pipelines?: string | undefined
  /** Only these pipeline, rule and routing files are read, no folder. */
  readonly files?: readonly string[] | undefined
  /** Rule files that are read in place of those in `rules/`. */
  readonly rules?: readonly string[] | undefined
  /** Absent: the variables of the process. */
  readonly env?: Environment
  /** Absent: the current folder. */
  readonly cwd?: string
}

export interface Loaded {
  /** Undefined if there is an error among the findings: a project is never half valid. */
  readonly project: Project | undefined
  /** Sorted by file and place. */
  readonly findings: readonly Finding[]
  /** All files that could be read, `logpipe.yaml` first. */
  readonly trees: readonly LoadedTree[]
}

/**
 * Reads and checks the whole configuration. It opens nothing but config and secret files, and reports every mistake at
 * once.
 */
export function loadProject(options: LoadOptions, components: Components): Loaded {
  const findings: Finding[] = []
  const env = options.env ?? environment()
  const files = gather(options, env, findings)
  const documents = documentsOf(components)
  const trees: LoadedTree[] = []
  for (const { word: given, ...file } of files) {
    const yaml = readYaml(file, findings)
    if (yaml === undefined) continue
    const tree = new ConfigTree(yaml, env, findings)
    const word = given ?? wordOf(file.name, tree)
    validate(tree, documents.kinds[word], env, findings)
    trees.push({ word, tree })
  }
  const drafts = readDrafts(trees, documents, findings)
  checkMeaning(drafts, documents, components, findings)
  checkOutputs(trees, components, findings)
  const sorted = sortFindings(findings)
  return { project: isUsable(sorted) ? buildProject(drafts) : undefined, findings: sorted, trees }
}

interface FoundFile extends ConfigFile {
  /** Undefined: told by its content. */
  readonly word: DocumentWord | undefined
}

function gather(options: LoadOptions, env: Environment, findings: Finding[]): FoundFile[] {
  const cwd = options.cwd ?? process.cwd()
  const found: FoundFile[] = []
  function read(name: string, word: DocumentWord | undefined): void {
    try {
      found.push({ name, bytes: readFileSync(path.resolve(cwd, name)), word })
    } catch (error) {
      findings.push(fileFinding(name, 'unreadable', `the file cannot be read: ${reasonOf(error)}`))
    }
  }

  const main = mainFile(options, env, cwd)
  if (main === undefined)
    found.push({ name: 'logpipe.yaml', bytes: new TextEncoder().encode('{}'), word: 'installation' })
  else read(main, 'installation')
  if (options.files !== undefined) {
    for (const name of options.files) read(name, undefined)
    return found
  }
  const beside = main === undefined ? 'pipelines' : path.join(path.dirname(main), 'pipelines')
  const folder = options.pipelines ?? env['LOGPIPE_PIPELINES'] ?? beside
  const isAsked = folder !== beside
  for (const name of configFiles(folder, cwd, isAsked, findings)) read(name, 'pipeline')
  const ruleFiles = options.rules ?? configFiles(path.join(folder, 'rules'), cwd, false, findings)
  for (const name of ruleFiles) read(name, 'rules')
  for (const name of configFiles(path.join(folder, 'notify'), cwd, false, findings)) {
    if (path.parse(name).name === 'routing') read(name, 'routing')
  }
  return found
}

/** The first that is there; a file that was asked for is taken even if it is not. */
function mainFile(options: LoadOptions, env: Environment, cwd: string): string | undefined {
  const asked = options.config ?? env['LOGPIPE_CONFIG']
  if (asked !== undefined && asked !== '') return asked
  const places = ['logpipe.yaml', path.join('config', 'logpipe.yaml'), '/etc/logpipe/logpipe.yaml']
  return places.find((place) => statSync(path.resolve(cwd, place), { throwIfNoEntry: false }) !== undefined)
}

/** Config files of a folder in the order of their names; hidden files and folders are passed over. */
function configFiles(folder: string, cwd: string, isAsked: boolean, findings: Finding[]): string[] {
  try {
    const names = readdirSync(path.resolve(cwd, folder), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /^[^.].*\.(yaml|yml|json)$/.test(entry.name))
      .map((entry) => path.join(folder, entry.name))
    return names.sort()
  } catch (error) {
    const isMissing = reasonOf(error) === 'ENOENT'
    if (!isMissing || isAsked)
      findings.push(fileFinding(folder, 'unreadable', `the folder cannot be read: ${reasonOf(error)}`))
    return []
  }
}

function wordOf(name: string, tree: ConfigTree): DocumentWord {
  if (path.parse(name).name === 'logpipe') return 'installation'
  if (!isRecord(tree.root) || Object.hasOwn(tree.root, 'source')) return 'pipeline'
  if (Object.hasOwn(tree.root, 'channels')) return 'routing'
  return Object.hasOwn(tree.root, 'rules') ? 'rules' : 'pipeline'
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

function fileFinding(file: string, code: FindingCode, message: string): Finding {
  return { file, line: 1, col: 1, severity: 'error', code, message, hint: undefined }
}
