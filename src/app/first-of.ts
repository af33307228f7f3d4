/** What may come before the work that is waited for. */
export interface Limits {
  readonly signal: AbortSignal
  /** ms; absent: as long as it takes. */
  readonly quietMs?: number | undefined
}

/**
 * The result of the work, or `stopped` or `quiet` if that comes first; the work itself goes on and may be waited for
 * again. Leaves nothing on the signal: a race against a promise that lives as long as the process would keep every result.
 */
export function firstOf<T>(work: Promise<T>, { signal, quietMs }: Limits): Promise<T | 'stopped' | 'quiet'> {
  if (signal.aborted) return Promise.resolve('stopped')
  return new Promise((resolve, reject) => {
    const timer = quietMs === undefined ? undefined : setTimeout(() => end(() => resolve('quiet')), quietMs)
    const stop = (): void => end(() => resolve('stopped'))
    function end(settle: () => void): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      settle()
    }
    signal.addEventListener('abort', stop)
    work.then(
      (result) => end(() => resolve(result)),
      (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))),
    )
  })
}
