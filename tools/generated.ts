import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, getFileInfo, resolveConfig } from 'prettier'

/** Path from the root of the repository to text. */
export type Files = ReadonlyMap<string, string>

export interface Generator {
  readonly name: string
  /** Folders that hold nothing but what this generator makes: what it no longer makes is removed. */
  readonly folders: readonly string[]
  /** Reads the definitions and returns all its files, laid out or not. Called once; it writes nothing itself. */
  make(): Promise<Files>
}

/** What has to change on disk; undefined text means that the file has to go. */
export type Changes = ReadonlyMap<string, string | undefined>

export async function differences(root: string, generator: Generator): Promise<Changes> {
  const files = await generator.make()
  const changes = new Map<string, string | undefined>()
  for (const [name, raw] of files) {
    const text = await layOut(path.join(root, name), raw)
    if (readText(path.join(root, name)) !== text) changes.set(name, text)
  }
  for (const folder of generator.folders) {
    for (const name of namesIn(root, folder)) if (!files.has(name)) changes.set(name, undefined)
  }
  return changes
}

/** Generated files pass the same format gate as all others. Prettier leaves kinds that it does not know alone. */
async function layOut(file: string, text: string): Promise<string> {
  const { inferredParser } = await getFileInfo(file)
  if (inferredParser === null) return text
  return format(text, { ...(await resolveConfig(file)), filepath: file })
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function namesIn(root: string, folder: string): string[] {
  let entries
  try {
    entries = readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
  } catch {
    return []
  }
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return files.map((file) => path.relative(root, file).split(path.sep).join('/')).sort()
}

export function write(root: string, changes: Changes): void {
  for (const [name, text] of changes) {
    const file = path.join(root, name)
    if (text === undefined) rmSync(file)
    else {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }
}
