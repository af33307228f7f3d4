import { formatFinding, type Finding } from '../config/finding.ts'
import type { Loaded } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import { describeError } from '../core/error.ts'
import { configHash } from '../config/hash.ts'
import type { Telemetry } from '../telemetry/events.ts'

/** What became of a reload. */
export interface ReloadOutcome {
  /** `unchanged`: in force already; `refused`: the old configuration keeps running. */
  readonly status: 'reloaded' | 'unchanged' | 'refused'
  /** Hash of the configuration in force. */
  readonly hash: string
  /** All findings of the files, warnings too. */
  readonly findings: readonly Finding[]
  /** Why it was refused, for people; empty if it was not. */
  readonly reasons: readonly string[]
}

export interface ReloaderParts {
  readonly project: Project
  /** Reads the configuration again. */
  readonly load: () => Loaded | Promise<Loaded>
  /** Resolves to false if it could not come into force in time. Rejects if it cannot be built. */
  readonly putInForce: (project: Project) => Promise<boolean>
  readonly telemetry: Telemetry
}

/** Keys of `logpipe.yaml` that are bound to the process: they change with the next start. */
const fixed = ['app', 'tick', 'store', 'server'] as const

/** Reloads one after the other. A configuration with errors changes nothing. */
export class Reloader {
  readonly #parts: ReloaderParts
  #project: Project
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: ReloaderParts) {
    this.#parts = parts
    this.#project = parts.project
  }

  /** Never rejects. */
  async reload(): Promise<ReloadOutcome> {
    const mine = this.#last.then(() => this.#attempt())
    this.#last = mine
    return await mine
  }

  async #attempt(): Promise<ReloadOutcome> {
    const { load, putInForce, telemetry } = this.#parts
    let findings: readonly Finding[] = []
    let reasons: string[]
    try {
      const loaded = await load()
      const { project } = loaded
      findings = loaded.findings
      reasons = project === undefined ? errorsIn(findings) : this.#boundKeys(project)
      if (project !== undefined && reasons.length === 0) {
        const isNew = project.hash !== this.#project.hash
        if (await putInForce(project)) {
          this.#project = project
          telemetry.reloaded(project.hash)
          return { status: isNew ? 'reloaded' : 'unchanged', hash: project.hash, findings, reasons }
        }
        reasons = ['it did not come into force within a minute']
      }
    } catch (error) {
      reasons = [describeError(error)]
    }
    telemetry.reloadRefused(reasons)
    return { status: 'refused', hash: this.#project.hash, findings, reasons }
  }

  #boundKeys({ installation }: Project): string[] {
    const before = this.#project.installation
    return fixed
      .filter((key) => configHash(installation[key]) !== configHash(before[key]))
      .map((key) => `${key} in logpipe.yaml changes only with a restart`)
  }
}

function errorsIn(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(formatFinding)
}
