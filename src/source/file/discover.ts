import { glob, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { BigIntStats } from 'node:fs'
import { LogpipeError } from '../../core/error.ts'

export interface FoundFile {
  /** Absolute. */
  readonly path: string
  /** Device and inode: the same for all names of a file. */
  readonly inode: string
  readonly size: number
  /** Epoch ms, an integer. */
  readonly mtimeMs: number
}

export interface SearchSettings {
  /** Files, directories (read with all that is below) and globs. */
  readonly paths: readonly string[]
  /** Globs of absolute paths, or of names if they have no slash. */
  readonly exclude: readonly string[]
}

/** Takes what cannot be read; `path` is what the message is about. */
export type Complain = (path: string, error: LogpipeError) => void

/**
 * The regular files that the settings name, sorted by path, each file once even if it has several names. What is named
 * but cannot be read is complained about; the others go on. Below a directory, names that begin with a dot are left
 * out, and links to directories are followed once.
 */
export async function findFiles(settings: SearchSettings, complain: Complain): Promise<FoundFile[]> {
  const search = new Search(settings.exclude, complain)
  for (const pattern of settings.paths) {
    const whole = path.resolve(pattern)
    if (!/[*?[{]/.test(whole) || (await statOf(whole)) instanceof Object) await search.add(whole, 'named')
    else for (const found of (await listed(glob(whole))).sort()) await search.add(found, 'matched')
  }
  return search.files()
}

/** Files of the directory of `file` by inode: where a renamed file may be. */
export async function siblingsOf(file: string): Promise<Map<string, FoundFile>> {
  const directory = path.dirname(file)
  const siblings = new Map<string, FoundFile>()
  for (const name of await readdir(directory).catch(() => [])) {
    const found = foundFile(path.join(directory, name), await statOf(path.join(directory, name)))
    if (found !== undefined) siblings.set(found.inode, found)
  }
  return siblings
}

class Search {
  readonly #exclude: readonly string[]
  readonly #complain: Complain
  readonly #byInode = new Map<string, FoundFile>()
  readonly #directories = new Set<string>()

  constructor(exclude: readonly string[], complain: Complain) {
    this.#exclude = exclude
    this.#complain = complain
  }

  files(): FoundFile[] {
    return [...this.#byInode.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** A directory that a glob matches is no file and is passed over; one that is named is walked. */
  async add(file: string, how: 'named' | 'matched' | 'walked'): Promise<void> {
    if (this.#isExcluded(file)) return
    const stats = await statOf(file)
    if (!(stats instanceof Object)) {
      // A file may vanish between the listing and here.
      if (how === 'named' || stats !== 'ENOENT') this.#refuse(file, stats)
      return
    }
    if (stats.isDirectory()) {
      if (how !== 'matched') await this.#walk(file, stats)
      return
    }
    const found = foundFile(file, stats)
    if (found === undefined) return this.#refuse(file, kindOf(stats))
    const other = this.#byInode.get(found.inode)
    if (other === undefined || found.path < other.path) this.#byInode.set(found.inode, found)
  }

  async #walk(directory: string, stats: BigIntStats): Promise<void> {
    const inode = inodeOf(stats)
    if (this.#directories.has(inode)) return
    this.#directories.add(inode)
    try {
      const names = await readdir(directory)
      for (const name of names.sort()) {
        if (!name.startsWith('.')) await this.add(path.join(directory, name), 'walked')
      }
    } catch (cause) {
      this.#complain(directory, new LogpipeError('LP_SOURCE_READ', `listing ${directory}`, { cause }))
    }
  }

  #isExcluded(file: string): boolean {
    const name = path.basename(file)
    return this.#exclude.some((pattern) => path.matchesGlob(pattern.includes('/') ? file : name, pattern))
  }

  #refuse(file: string, why: string): void {
    this.#complain(file, new LogpipeError('LP_SOURCE_READ', `reading ${file}: ${reasons[why] ?? why}`))
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  ELOOP: 'its links form a loop',
}

/** The stats, following links, or the error code. */
async function statOf(file: string): Promise<BigIntStats | string> {
  try {
    return await stat(file, { bigint: true })
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

function foundFile(file: string, stats: BigIntStats | string): FoundFile | undefined {
  if (!(stats instanceof Object) || !stats.isFile()) return undefined
  return { path: file, inode: inodeOf(stats), size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) }
}

/** Device and inode, for `FoundFile.inode`. */
export function inodeOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'it is a named pipe, not a file'
  if (stats.isSocket()) return 'it is a socket, not a file'
  return 'it is a device, not a file'
}

async function listed(names: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = []
  for await (const name of names) list.push(name)
  return list
}
