import path from 'node:path'
import { fileRooms } from './rooms.ts'

const repository = path.dirname(path.dirname(import.meta.dirname))
const planted = path.join(repository, 'test', 'architecture', 'planted', 'lint')

export interface Place {
  /** Path from the root of the repository, with slashes. A planted violation counts from the folder of its gate. */
  readonly file: string
  /** Path below `src`, or undefined for a file outside of it. */
  readonly inSrc: string | undefined
  /** The room, or '' outside `src`. A name that is no row of the rooms table is the rule's to report. */
  readonly room: string
}

export function placeOf(filename: string): Place {
  let root = repository
  const underPlanted = path.relative(planted, filename)
  if (!underPlanted.startsWith('..')) root = path.join(planted, underPlanted.split(path.sep)[0] ?? '')
  const file = path.relative(root, filename).split(path.sep).join('/')
  if (!file.startsWith('src/')) return { file, inSrc: undefined, room: '' }
  const inSrc = file.slice('src/'.length)
  return { file, inSrc, room: roomOf(inSrc) }
}

export function roomOf(inSrc: string): string {
  const [first = '', ...rest] = inSrc.split('/')
  if (rest.length > 0) return first
  const name = first.replace(/\.ts$/, '')
  return fileRooms.includes(name) ? name : first
}

/** Where a relative import of `from` leads, as a path below `src`, or undefined when it leaves `src`. */
export function resolveInSrc(from: string, specifier: string): string | undefined {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier))
  return target.startsWith('..') ? undefined : target
}

/** True for a file in one of the places: a room, a folder, or one file. */
export function isInside(inSrc: string, places: readonly string[]): boolean {
  for (const place of places) {
    if (inSrc === place || inSrc === `${place}.ts` || inSrc.startsWith(`${place}/`)) return true
  }
  return false
}
