import { watch, type FSWatcher } from 'node:fs'
import path from 'node:path'

/** An editor writes a file in several steps. */
const settleMs = 300

/**
 * Calls `run` after a change of a file in one of the folders, once for changes that come close together. Folders that
 * are not there are passed over. Returns what ends it.
 */
export function watchConfig(folders: Iterable<string>, run: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const watchers: FSWatcher[] = []
  for (const folder of new Set([...folders].map((name) => path.resolve(name)))) {
    try {
      const watcher = watch(folder, (_, name) => {
        if (name !== null && !/\.(yaml|yml|json)$|^\.\.data$/.test(name)) return // `..data`: a mounted Kubernetes volume.
        clearTimeout(timer)
        timer = setTimeout(run, settleMs)
      })
      watcher.on('error', () => watcher.close())
      watchers.push(watcher)
    } catch {
      continue
    }
  }
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
