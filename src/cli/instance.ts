import { LogpipeError } from '../core/error.ts'

/** Where an instance listens that was started without options. */
export const localInstance = 'http://127.0.0.1:8680'

/** The error for an instance that does not answer; `place` is its address as a person should see it. */
export function unreachable(place: string, cause: unknown): LogpipeError {
  return new LogpipeError('LP_SOURCE_READ', `asking ${place}`, {
    cause,
    retryable: true,
    remedy: 'See that an instance runs there: logpipe run or serve.',
  })
}
