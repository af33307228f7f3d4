import process from 'node:process'

/** Variables by name, as config sees them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables of this process as they are now. */
export function environment(): Environment {
  return { ...process.env }
}

/** The variable that stands for a flag: `--log-level` is `LOGPIPE_LOG_LEVEL`. */
export function flagVariable(flag: string): string {
  return `LOGPIPE_${flag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`
}
