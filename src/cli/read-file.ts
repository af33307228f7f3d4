import { openSync } from 'node:fs'
import { LogpipeError } from '../core/error.ts'

/** Opens a file for reading; throws LP_SOURCE_READ. */
export function openFile(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    throw new LogpipeError('LP_SOURCE_READ', `opening ${file}`, {
      cause,
      remedy: 'Check that the file exists and that this user may read it.',
    })
  }
}
