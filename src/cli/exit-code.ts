import { isLogpipeError, type ErrorCode } from '../core/error.ts'

/** Every way in which a command can end. */
export const exitCode = {
  /** Also when the reader has closed the pipe. */
  done: 0,
  failed: 1,
  usage: 2,
  /** Failed test, lint finding, `--strict` parse failures, replay that differs. */
  findings: 3,
  config: 78,
  /** Ended by SIGINT or SIGTERM after a clean drain. */
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

const ofErrors: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  LP_USAGE: exitCode.usage,
  LP_CONFIG_INVALID: exitCode.config,
  LP_CONFIG_READ: exitCode.config,
}

/** How a command ends that rejected with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  return isLogpipeError(error) ? (ofErrors[error.code] ?? exitCode.failed) : exitCode.failed
}
