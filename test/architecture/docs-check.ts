import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'

export interface Block {
  readonly file: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
}

/** Code blocks of README.md and docs/*.md. Blocks inside of lists lose their indent. */
export function readBlocks(root: string): Block[] {
  const blocks: Block[] = []
  for (const file of markdownFiles(root)) {
    const text = readFileSync(path.join(root, file), 'utf8')
    for (const found of text.matchAll(/^([ \t]*)```(\w*)[^\n]*\n([\s\S]*?)^\1```[ \t]*$/gm)) {
      const [, indent = '', language = '', body = ''] = found
      const line = text.slice(0, found.index).split('\n').length
      blocks.push({ file, line, language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') })
    }
  }
  return blocks
}

function markdownFiles(root: string): string[] {
  const files = existsSync(path.join(root, 'README.md')) ? ['README.md'] : []
  const docs = path.join(root, 'docs')
  if (!existsSync(docs)) return files
  for (const name of readdirSync(docs).sort()) if (name.endsWith('.md')) files.push(`docs/${name}`)
  return files
}

/** Returns undefined for a block that is fine. */
export function checkBlock(block: Block): string | undefined {
  const problem = problemOf(block)
  return problem === undefined ? undefined : `${block.file}:${block.line} ${block.language}: ${problem}`
}

function problemOf({ language, text }: Block): string | undefined {
  switch (language) {
    case 'yaml':
      return checkYaml(text)
    case 'json':
      return thrownBy(() => JSON.parse(text))
    case 'ts':
      return thrownBy(() => stripTypeScriptTypes(text))
    case 'sh':
      return checkShell(text)
    // Not code: pictures, output, grammar.
    case '':
    case 'text':
    case 'mermaid':
      return undefined
    default:
      return 'no check exists for this language'
  }
}

/** The one place for YAML of the docs: here a block that is a pipeline or a logpipe.yaml gets validated as one. */
function checkYaml(text: string): string | undefined {
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors
    if (error !== undefined) return firstLine(error.message)
  }
  return undefined
}

function checkShell(text: string): string | undefined {
  const run = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
  return run.status === 0 ? undefined : firstLine(run.stderr)
}

function thrownBy(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    return firstLine(String(error))
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}

/** The arrows of the first mermaid block, as `from to`; a label is the one file of a room that is open. */
export function readArrows(root: string): string[] {
  const picture = readBlocks(root).find(
    (block) => block.file === 'docs/architecture.md' && block.language === 'mermaid',
  )
  const arrows: string[] = []
  for (const line of picture?.text.split('\n') ?? []) {
    const [, from, file, targets] = /^\s*(\w+) -->(?:\|([^|]+)\|)? (.+)$/.exec(line) ?? []
    for (const to of targets?.split(' & ') ?? [])
      arrows.push(file === undefined ? `${from} ${to}` : `${from} ${to}/${file}`)
  }
  return arrows
}

/** Both ways: picture = table. */
export function checkArrows(arrows: readonly string[], rooms: Readonly<Record<string, readonly string[]>>): string[] {
  const allowed = Object.entries(rooms).flatMap(([from, targets]) => targets.map((to) => `${from} ${to}`))
  return [
    ...arrows.filter((one) => !allowed.includes(one)).map((one) => `drawn but not allowed: ${one}`),
    ...allowed.filter((one) => !arrows.includes(one)).map((one) => `allowed but not drawn: ${one}`),
  ]
}

/** Both ways: docs/errors.md = the codes. Each code has a heading, a cause and a remedy. */
export function checkErrors(root: string, codes: readonly string[]): string[] {
  const text = readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8')
  const sections = new Map<string, string>()
  for (const section of text.split(/^## /m).slice(1)) sections.set(firstLine(section), section)
  const problems: string[] = []
  for (const code of codes) {
    const section = sections.get(code)
    if (section === undefined) problems.push(`${code} has no section`)
    else if (!/^Cause: \S/m.test(section) || !/^Remedy: \S/m.test(section))
      problems.push(`${code} lacks its cause or its remedy`)
  }
  for (const title of sections.keys())
    if (title.startsWith('LP_') && !codes.includes(title)) problems.push(`${title} is no error code`)
  return problems
}

/** Each dependency of package.json that a user installs too is named in the log, as `name`. */
export function checkDecisions(root: string): string[] {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Record<string, string>
  }
  const text = readFileSync(path.join(root, 'docs', 'decisions.md'), 'utf8')
  return Object.keys(manifest.dependencies).filter((name) => !text.includes(`\`${name}\``))
}

/** Decisions are numbered 1, 2, 3 …, so that one can be named by its number for ever. */
export function checkNumbers(root: string): string[] {
  const text = readFileSync(path.join(root, 'docs', 'decisions.md'), 'utf8')
  const numbers = [...text.matchAll(/^## (\d+)\. /gm)].map((found) => Number(found[1]))
  return numbers.flatMap((number, index) =>
    number === index + 1 ? [] : [`decision ${number} stands where ${index + 1} belongs`],
  )
}

/** A document by its path in a comment, in code or a link, and the sections that are said right after it. */
const mention = /(?:\bdocs\/|\]\()([\w/-]+\.md)[`)]?(?:[\s*/]+sections? ([0-9]+)(?: and ([0-9]+))?)?/g

/** Documents and sections that are named but do not exist, as `file: name`. Planted mistakes are no part of it. */
export function checkMentions(root: string): string[] {
  const headings = new Map<string, ReadonlySet<string> | undefined>()
  const problems: string[] = []
  for (const folder of ['src', 'test', 'tools', 'docs']) {
    for (const file of sourceFiles(path.join(root, folder))) {
      for (const [, name = '', ...sections] of readFileSync(file, 'utf8').matchAll(mention)) {
        if (!headings.has(name)) headings.set(name, numberedHeadings(path.join(root, 'docs', name)))
        const known = headings.get(name)
        const from = path.relative(root, file)
        if (known === undefined) problems.push(`${from}: docs/${name} does not exist`)
        for (const section of sections) {
          if (section === undefined || known === undefined || known.has(section)) continue
          problems.push(`${from}: docs/${name} has no section ${section}`)
        }
      }
    }
  }
  return problems
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|md)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(folder, file).startsWith(path.join('architecture', 'planted')))
    .sort()
}

/** Numbers of the headings `## 7. Title`; undefined: there is no such file. */
function numberedHeadings(file: string): ReadonlySet<string> | undefined {
  if (!existsSync(file)) return undefined
  return new Set(Array.from(readFileSync(file, 'utf8').matchAll(/^## (\d+)\. /gm), ([, number = '']) => number))
}
