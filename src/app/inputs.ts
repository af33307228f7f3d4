import type { Pipeline } from '../config/pipeline.ts'
import type { IngestOutcome, IngestPort, RecordInput, SourcePorts } from '../core/component.ts'
import { contentHash } from '../core/program.ts'
import { sources } from '../registry.ts'
import { known } from './known.ts'

type Accept = (body: Uint8Array, contentType: string) => Promise<IngestOutcome>

/** Paths that take what is posted, by the sources that are there now. */
export class IngestRoutes implements IngestPort {
  readonly #routes = new Map<string, Accept>()

  register(path: string, accept: Accept): void {
    this.#routes.set(path, accept)
  }

  /** The source is gone, unless another one has taken the path. */
  remove(path: string, accept: Accept): void {
    if (this.#routes.get(path) === accept) this.#routes.delete(path)
  }

  /** Undefined: no source takes this path. */
  async accept(path: string, body: Uint8Array, contentType: string): Promise<IngestOutcome | undefined> {
    return await this.#routes.get(path)?.(body, contentType)
  }
}

interface BuiltInput {
  readonly input: RecordInput
  readonly routes: ReadonlyMap<string, Accept>
}

/** The inputs of a process. One whose pipeline stays as it is outlives a change of the configuration. */
export class Inputs {
  readonly #ports: Omit<SourcePorts, 'pipeline' | 'ingest'>
  readonly #routes: IngestRoutes
  readonly #built = new Map<string, BuiltInput>()

  constructor(ports: Omit<SourcePorts, 'pipeline' | 'ingest'>, routes: IngestRoutes) {
    this.#ports = ports
    this.#routes = routes
  }

  /** Ports for an input that takes nothing that is posted. */
  portsOf({ name }: Pipeline): SourcePorts {
    return { ...this.#ports, ingest: { register: () => {} }, pipeline: name }
  }

  of(pipeline: Pipeline): RecordInput {
    const key = keyOf(pipeline)
    const known = this.#built.get(key)
    if (known !== undefined) return known.input
    const routes = new Map<string, Accept>()
    const ingest: IngestPort = {
      register: (path, accept) => {
        routes.set(path, accept)
        this.#routes.register(path, accept)
      },
    }
    const input = buildInput(pipeline, { ...this.#ports, ingest, pipeline: pipeline.name })
    this.#built.set(key, { input, routes })
    return input
  }

  /** Forgets an input that was stopped. */
  drop(pipeline: Pipeline): void {
    const key = keyOf(pipeline)
    for (const [path, accept] of this.#built.get(key)?.routes ?? []) this.#routes.remove(path, accept)
    this.#built.delete(key)
  }
}

/** Keys of two pipelines are equal if one input does for both. */
export function keyOf({ name, source }: Pipeline): string {
  return `${name} ${contentHash([source.type, source.config])}`
}

function buildInput(pipeline: Pipeline, ports: SourcePorts): RecordInput {
  const { type, config } = pipeline.source
  return known(sources, type).build(config, ports)
}

/** The input of a pipeline as it was, without waiting for what is new. */
export function pastInput(pipeline: Pipeline, ports: SourcePorts): RecordInput {
  const { type, config } = pipeline.source
  if (type === 'stdin') {
    const partition = ports.journal.partition(`stdin-${pipeline.name}`, pipeline.name)
    return { isBounded: true, discover: () => Promise.resolve([partition]), stop: () => Promise.resolve() }
  }
  const past = type === 'file' ? { follow: false } : type === 'generator' ? { speed: 0 } : {}
  return buildInput({ ...pipeline, source: { ...pipeline.source, config: { ...config, ...past } } }, ports)
}
