import type { Project } from '../config/project.ts'
import type { Session, SessionOptions } from '../app/session.ts'
import type { Invocation } from './invocation.ts'
import { readVersion } from './version-text.ts'

/** How long a clean end may take, ms. */
const drainMs = 8000

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

/** Listens, then runs until the inputs end or a signal comes, then drains. */
export async function finishSession(
  session: Session,
  invocation: Invocation,
  listenAt: { readonly host: string; readonly port: number },
): Promise<void> {
  const { signal } = invocation.interruption
  const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  try {
    invocation.note(`listening on ${await session.listen(listenAt)}`)
    await Promise.race([session.done, interrupted])
  } finally {
    if (!(await session.stop(drainMs)))
      invocation.note('not everything was drained; it is read again at the next start')
  }
}
