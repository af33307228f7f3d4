/**
 * Every failure that a person may see has one of these codes. A code becomes a metric label and a heading of
 * `docs/errors.md`, so it is stable and carries no user text.
 */
export const errorCodes = {
  LP_CONFIG_INVALID: 'The configuration has findings.',
  LP_CONFIG_READ: 'A configuration file cannot be read.',
  LP_USAGE: 'The command line is wrong.',
  LP_SOURCE_READ: 'An input cannot be read.',
  LP_SOURCE_LISTEN: 'An address cannot be listened on.',
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

const brand = Symbol.for('logpipe.error')

/** Failed work. Bad data never becomes one of these: it is a value (`core/result.ts`). */
export class LogpipeError extends Error {
  readonly code: ErrorCode
  /** True if the same call may succeed later without a change by a person. */
  readonly retryable: boolean
  /** What to do next, one sentence; absent if there is nothing better than the message. */
  readonly remedy: string | undefined
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
    this.remedy = options.remedy
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
