import { statSync } from 'node:fs'
import path from 'node:path'
import { LogpipeError } from '../core/error.ts'
import { openStoreView, type StoreView } from '../state/store.ts'

/** The store for reading, beside an instance that runs or without one. Throws LP_STORE_OPEN or LP_STORE_DAMAGED. */
export function viewStore(dir: string): StoreView {
  if (statSync(path.join(dir, 'logpipe.db'), { throwIfNoEntry: false }) === undefined) {
    throw new LogpipeError('LP_STORE_OPEN', `opening ${dir}: there is no store`, {
      remedy: 'Name the folder with --data; run or serve makes one.',
    })
  }
  return openStoreView(dir)
}
