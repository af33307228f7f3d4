/**
 * Every failure that a person may see has one of these codes. A code becomes a metric label and a heading of
 * `docs/errors.md`, so it is stable and carries no user text.
 */
export const errorCodes = {
  LP_CONFIG_INVALID: 'The configuration has findings.',
  LP_CONFIG_READ: 'A configuration file cannot be read.',
  LP_USAGE: 'The command line is wrong.',
  LP_SOURCE_READ: 'An input cannot be read.',
  LP_SINK_WRITE: 'An output cannot be written.',
  LP_STORE_OPEN: 'The store cannot be opened.',
  LP_STORE_WRITE: 'The store cannot be written.',
  LP_STORE_FULL: 'The disk of the store is full.',
  LP_STORE_DAMAGED: 'The store is damaged.',
  LP_STORE_LOCKED: 'Another process owns the store.',
  LP_STATE_VERSION: 'The saved state is of an unknown version.',
  LP_STATE_FENCED: 'Another owner has taken over.',
  LP_REPLAY_RANGE: 'A part of the range cannot be replayed.',
  LP_SERVER_LISTEN: 'The HTTP server cannot start.',
  LP_NOTIFY_SEND: 'A notice cannot be delivered.',
  LP_INTERNAL: 'A bug in logpipe.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** What to do where the place that fails knows nothing better; the cases stand in `docs/errors.md`. */
const usualRemedies: Readonly<Record<ErrorCode, string>> = {
  LP_CONFIG_INVALID: 'Mend the findings; logpipe validate lists them.',
  LP_CONFIG_READ: 'Check the path given by --config or --pipelines, and that this user may read it.',
  LP_USAGE: 'See logpipe COMMAND --help.',
  LP_SOURCE_READ: 'Check that it exists and that this user may read it; reading goes on at the saved position.',
  LP_SINK_WRITE: 'Check its disk, permissions or connection; nothing has to be repeated by hand.',
  LP_STORE_OPEN: 'Check that the folder exists, is writable for this user and is not on a read-only disk.',
  LP_STORE_WRITE: 'Look at the cause, then start again: work goes on at the last commit.',
  LP_STORE_FULL: 'Free space or shorten the retention, then start again: work goes on at the last commit.',
  LP_STORE_DAMAGED:
    'Keep a copy of the folder, then restore a backup or start with a new folder and replay the inputs.',
  LP_STORE_LOCKED: 'End that process, or give this one its own folder with --data.',
  LP_STATE_VERSION: 'Run the version of logpipe that wrote it, or a newer one.',
  LP_STATE_FENCED: 'See that only one instance has this data folder or group; this one stops writing.',
  LP_REPLAY_RANGE: 'Choose a later start, or replay from the original files.',
  LP_SERVER_LISTEN: 'End what uses it, or name another port (server.port in logpipe.yaml, --port, --listen).',
  LP_NOTIFY_SEND: 'Check the address and the credentials of the channel.',
  LP_INTERNAL: 'This is a bug: please report it with the output of logpipe version; --verbose shows where.',
}

const brand = Symbol.for('logpipe.error')

/** Failed work. Bad data never becomes one of these: it is a value (`core/result.ts`). */
export class LogpipeError extends Error {
  readonly code: ErrorCode
  /** True if the same call may succeed later without a change by a person. */
  readonly retryable: boolean
  /** What to do next, one sentence: that of the case, else the usual one of the code. */
  readonly remedy: string
  /** How long the other side asks to wait before the same call, ms; undefined: it does not say. */
  readonly retryAfterMs: number | undefined

  /** `message` is a gerund phrase with bounded context, such as "opening data/logpipe.db". */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown
      retryable?: boolean
      remedy?: string | undefined
      retryAfterMs?: number | undefined
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LogpipeError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.remedy = options.remedy ?? usualRemedies[code]
    this.retryAfterMs = options.retryAfterMs
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Also true for errors of another copy of this module. */
export function isLogpipeError(error: unknown): error is LogpipeError {
  return typeof error === 'object' && error !== null && brand in error
}

/** The message of an error and of its causes, from the outside in: `opening a: disk is full`. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at instanceof Error && parts.length < 8; at = at.cause) parts.push(at.message)
  return parts.length > 0 ? parts.join(': ') : String(error)
}
