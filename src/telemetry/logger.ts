import { pino, type Logger } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerSettings {
  readonly level: LogLevel
  /** `pretty`: one short line for a person; `json`: pino's own form. */
  readonly format: 'pretty' | 'json'
  readonly write: (line: string) => void
}

interface Line {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

const words: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

/** Own logs go to stderr through `write`, never into a pipeline. */
export function createLogger(settings: LoggerSettings): Logger {
  const options = { level: settings.level, base: null, redact: ['*.password', '*.secret', '*.token', '*.api_key'] }
  const write = settings.format === 'json' ? settings.write : (line: string) => settings.write(prettyLine(line))
  return pino(options, { write })
}

/** `warn  message  key=value key=value`. */
function prettyLine(line: string): string {
  // pino wrote it.
  const { level, time: _time, msg, ...fields } = JSON.parse(line) as Line
  const tail = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `${[(words[level] ?? String(level)).padEnd(5), msg, ...tail].join(' ')}\n`
}
