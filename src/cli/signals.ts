import process from 'node:process'
import { exitCode, type ExitCode } from './exit-code.ts'

type Name = 'SIGINT' | 'SIGTERM'

/** What the signals of this process ask for. */
export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM: drain and end. */
  readonly signal: AbortSignal
  /** How a command ends that was interrupted; undefined if it was not. */
  exitCode(): ExitCode | undefined
}

/** Calls `run` at each SIGHUP, which ends the process otherwise. */
export function onHangup(run: () => void): void {
  process.on('SIGHUP', run)
}

/** Listens from now on. The first signal asks for a clean end; the second one ends the process at once. */
export function watchSignals(): Interruption {
  const controller = new AbortController()
  let received: Name | undefined
  const names: readonly Name[] = ['SIGINT', 'SIGTERM']
  function take(name: Name): void {
    if (received !== undefined) return endAtOnce(name)
    received = name
    controller.abort()
  }
  for (const name of names) process.on(name, take)
  return {
    signal: controller.signal,
    exitCode() {
      if (received === undefined) return undefined
      return received === 'SIGINT' ? exitCode.interrupted : exitCode.terminated
    },
  }
}

/** By the default action of the signal, which waits for nothing. */
function endAtOnce(name: Name): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}
