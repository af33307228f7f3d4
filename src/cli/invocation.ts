import process from 'node:process'
import { environment, type Environment } from '../config/environment.ts'
import { formatFinding, type Finding } from '../config/finding.ts'
import type { Loaded, LoadOptions } from '../config/load.ts'
import { LogpipeError } from '../core/error.ts'
import { Output } from './output.ts'
import { Progress, progressMode } from './progress.ts'
import { watchSignals, type Interruption } from './signals.ts'
import { escapeText, painter, wantsColour, type Paint } from './terminal-text.ts'

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string
  readonly pipelines?: string
  readonly json?: boolean
  readonly jsonLines?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly color: 'auto' | 'always' | 'never'
  readonly progress: 'auto' | 'plain' | 'json' | 'none'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly logFormat: 'auto' | 'pretty' | 'json'
  readonly yes?: boolean
}

/** What a command gets beside its own flags: the streams, the signals and what is in `GlobalFlags`. */
export class Invocation {
  readonly output = new Output()
  readonly env: Environment = environment()
  readonly #flags: () => GlobalFlags
  #interruption: Interruption | undefined

  /** `flags` is asked when a command runs, not before. */
  constructor(flags: () => GlobalFlags) {
    this.#flags = flags
  }

  get flags(): GlobalFlags {
    return this.#flags()
  }

  /** Signals are left to their default action until a command asks for this. */
  get interruption(): Interruption {
    this.#interruption ??= watchSignals()
    return this.#interruption
  }

  /** Undefined also where no command listens for signals. */
  get wasInterrupted(): Interruption | undefined {
    return this.#interruption
  }

  /** Style of what goes to standard output. */
  get paint(): Paint {
    return painter(this.#hasColour(this.output.isTerminal))
  }

  /** Style of what goes to standard error. */
  get notePaint(): Paint {
    return painter(this.#hasColour(process.stderr.isTTY))
  }

  /** A line for people on standard error; nothing with `--quiet`. */
  note(line: string): void {
    if (this.flags.quiet !== true) process.stderr.write(`${line}\n`)
  }

  /** A bar on standard error, on a terminal unless the data goes to the same one. */
  progress(title: string): Progress {
    const { progress, quiet } = this.flags
    const isShared = process.stderr.isTTY && this.output.isTerminal
    const stream = { isTerminal: process.stderr.isTTY, isCi: (this.env['CI'] ?? '') !== '' }
    return new Progress({
      mode: quiet === true || (isShared && progress === 'auto') ? 'none' : progressMode(progress, stream),
      title: escapeText(title),
      write: (text) => void process.stderr.write(text),
      now: () => performance.now(),
      columns: columnsOf(process.stderr),
    })
  }

  get configFiles(): Pick<LoadOptions, 'config' | 'pipelines'> {
    const { config, pipelines } = this.flags
    return { config, pipelines }
  }

  /**
   * The project, with its warnings on standard error. Throws LP_CONFIG_READ if files cannot be read and that is all,
   * else LP_CONFIG_INVALID, after it has shown every finding there.
   */
  require(loaded: Loaded): NonNullable<Loaded['project']> {
    const { project, findings } = loaded
    for (const finding of findings) {
      if (finding.severity === 'warning') this.note(escapeText(formatFinding(finding)))
      else if (project === undefined) process.stderr.write(`${escapeText(formatFinding(finding))}\n`)
    }
    if (project !== undefined) return project
    throw configError(findings.filter(({ severity }) => severity === 'error'))
  }

  #hasColour(isTerminal: boolean): boolean {
    return wantsColour({ flag: this.flags.color, env: this.env, isTerminal })
  }
}

function configError(errors: readonly Finding[]): LogpipeError {
  const [first] = errors
  const count = `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`
  const place = first === undefined ? '' : ` in ${[...new Set(errors.map(({ file }) => file))].slice(0, 3).join(', ')}`
  const isUnread = first !== undefined && errors.every(({ code }) => code === 'unreadable')
  return new LogpipeError(
    isUnread ? 'LP_CONFIG_READ' : 'LP_CONFIG_INVALID',
    `loading the configuration: ${count}${place}`,
    isUnread ? {} : { remedy: 'Mend what is listed; logpipe validate lists it again.' },
  )
}

/** Width of a terminal; 80 where it is none. */
function columnsOf(stream: { readonly columns?: number }): number {
  return stream.columns ?? 80
}

/** A wrong command line. `hint` says what fits. */
export function usageError(message: string, hint?: string): LogpipeError {
  return new LogpipeError('LP_USAGE', message, { remedy: hint })
}
