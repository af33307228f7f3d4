import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const logpipe = path.join(import.meta.dirname, '..', '..', 'bin', 'logpipe')

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Its standard input is open. */
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ending>
  /** Resolves to what was found once a stream holds it; rejects if the process ends before. */
  readonly saw: (pattern: RegExp, stream?: 'stdout' | 'stderr') => Promise<RegExpExecArray>
}

/** Real processes of one test, in its folder and with an environment of their own. */
export class Commands {
  readonly #folder: string
  readonly #children = new Set<ChildProcessWithoutNullStreams>()

  constructor(folder: string) {
    this.#folder = folder
  }

  start(...args: readonly string[]): Running {
    return this.#watched(this.#spawn(logpipe, args), args)
  }

  /** Nobody reads what it writes. */
  startUnread(...args: readonly string[]): ChildProcessWithoutNullStreams {
    return this.#spawn(logpipe, args)
  }

  /** Below a shell whose limits were set by `prelude` first, such as `ulimit -f 2048`. */
  startAfter(prelude: string, ...args: readonly string[]): Running {
    return this.#watched(this.#spawn('/bin/sh', ['-c', `${prelude}; exec "$0" "$@"`, logpipe, ...args]), args)
  }

  async run(...args: readonly string[]): Promise<Ending> {
    return await this.feed('', ...args)
  }

  /** With a text as standard input. */
  async feed(input: string, ...args: readonly string[]): Promise<Ending> {
    const { child, ended } = this.start(...args)
    child.stdin.end(input)
    return await ended
  }

  /** Ends what a failed test has left. */
  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    this.#children.clear()
  }

  #spawn(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    const env = { PATH: process.env['PATH'], HOME: this.#folder, TMPDIR: this.#folder }
    const child = spawn(command, args, { cwd: this.#folder, env })
    this.#children.add(child)
    child.stdin.on('error', () => {}) // It may end before it has read everything.
    child.once('close', () => this.#children.delete(child))
    return child
  }

  #watched(child: ChildProcessWithoutNullStreams, args: readonly string[]): Running {
    const text = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk))
    const ended = once(child, 'close').then((values): Ending => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null]
      return { code, signal, ...text }
    })
    async function saw(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(text[stream])
        if (found !== null) return found
        const more = await Promise.race([once(child[stream], 'data'), ended])
        if (!Array.isArray(more) && !pattern.test(text[stream])) {
          throw new Error(`${args.join(' ')} ended with ${more.code} before ${pattern}: ${more.stderr}`)
        }
      }
    }
    return { child, ended, saw }
  }
}

/** Asks again until it is so: a process has its own pace. The test's timeout ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 25))
}

/** The address that a command listens on, once it is ready. */
export async function readyUrl(running: Running): Promise<string> {
  const url = (await running.saw(/listening on (http:\S+)\n/))[1]!
  await until(async () => (await fetch(`${url}/readyz`)).status === 200)
  return url
}
