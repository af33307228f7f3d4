import process from 'node:process'
import type { Project } from '../config/project.ts'
import type { ReloadOutcome } from '../app/reload.ts'
import type { Session, SessionOptions } from '../app/session.ts'
import type { Invocation } from './invocation.ts'
import { onHangup } from './signals.ts'
import { watchConfig } from './watch-config.ts'
import { readVersion } from './version-text.ts'

/** Leaves room below the ten seconds that supervisors grant. */
const usualDrainMs = 8000

/** Starts a project with the streams and flags of this process. */
export async function openSession(
  project: Project,
  invocation: Invocation,
  options: Partial<SessionOptions>,
): Promise<Session> {
  const { startSession } = await import('../app/session.ts')
  const { logLevel, logFormat } = invocation.flags
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stderr.isTTY)
  return startSession(project, {
    logLevel,
    logFormat: isPretty ? 'pretty' : 'json',
    log: (line) => void process.stderr.write(line),
    stdout: (bytes) => invocation.output.bytes(bytes),
    version: readVersion(),
    ...options,
  })
}

export interface FinishOptions {
  readonly listenAt: { readonly host: string; readonly port: number }
  /** Folders of the configuration that are watched for changes. */
  readonly watched?: readonly string[] | undefined
  /** How long a clean end may take, ms. */
  readonly drainMs?: number
  /** Called when everything has been committed and the store is still open. */
  readonly beforeClose?: () => Promise<void>
}

/** Listens, then runs until the inputs end or a signal comes, then drains. */
export async function finishSession(session: Session, invocation: Invocation, options: FinishOptions): Promise<void> {
  const { signal } = invocation.interruption
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  session.done.catch(() => {}) // It is waited for below, unless listening fails first.
  const endWatch = followConfig(session, invocation, options.watched ?? [])
  try {
    invocation.note(`listening on ${await session.listen(options.listenAt)}`)
    await Promise.race([session.done, interrupted])
  } finally {
    endWatch()
    const isDrained = await session.stop(options.drainMs ?? usualDrainMs, options.beforeClose)
    if (!isDrained) invocation.note('Not everything was drained: the rest is read again at the next start.')
  }
}

/** Reloads at each SIGHUP, and when something changes in the watched folders. Returns what ends the watch. */
function followConfig({ reload }: Session, invocation: Invocation, watched: readonly string[]): () => void {
  if (reload === undefined) return () => {}
  const run = (): void => void reload().then((outcome) => tellReload(outcome, invocation))
  onHangup(run)
  return watchConfig(watched, run)
}

/** The own log tells why a configuration was refused. */
function tellReload({ status, hash }: ReloadOutcome, invocation: Invocation): void {
  if (status === 'unchanged') invocation.note('the configuration is the same')
  if (status === 'reloaded') invocation.note(`configuration ${hash} is in force`)
}
