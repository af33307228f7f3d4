import './warm.ts' // planted: logpipe(no-module-state) no import for its side effect

let count = 0 // planted: logpipe(no-module-state) no module-level mutable state
const cache = new Map<string, number>() // planted: logpipe(no-module-state) no module-level mutable state
export const list: number[] = [] // planted: logpipe(no-module-state) no module-level mutable state

export const rows: readonly number[] = []
export const known: ReadonlyMap<string, number> = new Map()
const names = new Set(['a', 'b'])

export function touch(name: string): number {
  if (names.has(name)) cache.set(name, count)
  count += 1
  return count
}
