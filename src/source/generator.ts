import { z } from 'zod'
import { defineSource, type Partition, type ReadResult, type RecordInput, type SourcePorts } from '../core/component.ts'
import { count, duration, flag, share } from '../core/config-field.ts'
import { LogpipeError } from '../core/error.ts'
import { hashFields } from '../core/id.ts'
import { parseInstant } from '../core/moment.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import { blockLines, newTally, StreamWriter, type Block } from './generator/block.ts'
import { defaultServices, lineFormats } from './generator/line-table.ts'
import { linesOfStream, planOf, serviceOfStream, type Plan } from './generator/plan.ts'

const faultShare = 'Share of lines that'

const Config = z.strictObject({
  seed: count({ default: 1, max: 0xffff_ffff, about: 'Equal seeds give equal lines.' }),
  story: z.enum(['incident', 'steady']).prefault('incident').meta({
    description: 'incident: 15 minutes of calm, a deployment, a slow route, a burst of 5xx, high CPU and recovery.',
  }),
  start: z
    .string()
    .refine(
      (text) => text === 'now' || parseInstant(text) !== undefined,
      'must be now or a time such as 2026-01-05T10:00:00Z',
    )
    .prefault('2026-01-05T10:00:00Z')
    .meta({ description: 'Event time of the first line; now: the time of the first start.' }),
  duration: duration({ default: '15m', about: 'Length in event time; 0: endless.' }),
  rate: z.number().positive().max(1e6).prefault(100).meta({ description: 'Lines per second of event time, in all.' }),
  speed: z
    .number()
    .min(0)
    .max(1e6)
    .prefault(0)
    .meta({ description: 'How much faster than the clock event time passes; 0: as fast as it is read.' }),
  services: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/))
    .min(1)
    .prefault([...defaultServices])
    .meta({ description: 'Names of services; each has at least one stream.' }),
  formats: z
    .array(z.enum(lineFormats))
    .prefault([])
    .meta({ description: 'Formats to write; none: what each service would write.' }),
  mixed: flag({ default: true, about: 'Streams mix their formats; else each writes one.' }),
  streams: count({ min: 1, max: 256, default: defaultServices.length, about: 'Partitions; services take turns.' }),
  late: share({ default: '0.2%', about: `${faultShare} carry a time up to 4.5 s before their turn.` }),
  shuffled: share({ default: '0.2%', about: `${faultShare} change places with the line before.` }),
  duplicate: share({ default: '0.1%', about: `${faultShare} repeat the line before.` }),
  broken: share({ default: '0.1%', about: `${faultShare} are cut, blank, or no text.` }),
})

/** A seeded story in realistic lines of all formats. A position is the number of a line, so any range reads again. */
export const generator = defineSource({
  type: 'generator',
  summary: 'Realistic lines of all formats from a seed, with an incident story; for demos, tests and benches.',
  stability: 'beta',
  config: Config,
  example: { seed: 7, rate: 50, duration: '15m', speed: 30 },
  build(config, ports) {
    const began = beginning(config.start, ports)
    const plan = planOf({
      seed: config.seed,
      startMs: began.startMs,
      durationMs: config.duration === 0 ? Infinity : config.duration,
      rate: config.rate,
      story: config.story,
      services: config.services,
      formats: config.formats,
      isMixed: config.mixed,
      streams: config.streams,
      late: config.late,
      shuffled: config.shuffled,
      duplicate: config.duplicate,
      broken: config.broken,
    })
    /** Event time up to which lines exist by now. */
    const horizon = (): number =>
      config.speed === 0 ? Infinity : plan.startMs + (ports.now() - began.atMs) * config.speed
    return new GeneratorInput(plan, ports.pipeline, horizon)
  },
})

/** When the story began, by its own time and by the clock; remembered, so that a restart goes on with it. */
function beginning(start: string, ports: SourcePorts): { startMs: number; atMs: number } {
  const key = `generator:${ports.pipeline}`
  const saved = ports.memory.get(key)
  if (Array.isArray(saved) && saved[0] === start && typeof saved[1] === 'number' && typeof saved[2] === 'number') {
    return { startMs: saved[1], atMs: saved[2] }
  }
  const atMs = ports.now()
  const startMs = parseInstant(start) ?? atMs
  ports.memory.set(key, [start, startMs, atMs])
  return { startMs, atMs }
}

class GeneratorInput implements RecordInput {
  readonly isBounded: boolean
  readonly #partitions: readonly Partition[]

  constructor(plan: Plan, pipeline: string, horizon: () => number) {
    this.isBounded = plan.durationMs !== Infinity
    this.#partitions = Array.from(
      { length: plan.streams },
      (_, i) => new GeneratedStream(plan, i, { pipeline, horizon }),
    )
  }

  discover(): Promise<readonly Partition[]> {
    return Promise.resolve(this.#partitions)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

/** One stream of a plan as a partition. A batch is a block or a part of one. */
export class GeneratedStream implements Partition {
  readonly source: Source
  readonly start = 0n
  readonly #lines: number
  readonly #writer: StreamWriter
  readonly #horizon: () => number
  #block: Block & { index: number } = { index: -1, bytes: new Uint8Array(0), times: new Float64Array(0) }

  /** `horizon` gives the event time up to which lines exist by now, epoch ms. */
  constructor(plan: Plan, stream: number, place: { pipeline: string; horizon: () => number }) {
    const service = serviceOfStream(plan, stream)
    const { pipeline, horizon } = place
    this.source = {
      id: `generator-${stream}`,
      name: `${service}-${stream}`,
      pipeline,
      constants: [
        { field: 'service.name', value: service },
        { field: 'logpipe.pipeline', value: pipeline },
      ],
      isFile: false,
      idHead: hashFields(['generator', String(plan.seed), String(stream)], 6),
      idTail: undefined,
    }
    this.#lines = linesOfStream(plan)
    this.#writer = new StreamWriter(plan, stream)
    this.#horizon = horizon
  }

  end(): bigint {
    return Number.isFinite(this.#lines) ? BigInt(this.#lines) : -1n
  }

  read(from: bigint, maxBytes: number): Promise<ReadResult> {
    const line = Number(from)
    if (from < 0n || line > this.#lines) {
      return Promise.reject(new LogpipeError('LP_REPLAY_RANGE', `reading line ${from} of ${this.source.name}`))
    }
    if (line === this.#lines) {
      return Promise.resolve({ records: this.#batch(from, 0), isAtEnd: true, isFinished: true })
    }
    const { bytes, times } = this.#blockOf(line)
    const first = line % blockLines
    const horizon = this.#horizon()
    let at = startOfLine(bytes, first)
    const until = at + Math.max(1, maxBytes)
    const records = this.#batch(from, times.length - first)
    for (let i = first; i < times.length && at < until && times[i]! <= horizon; i++) {
      const end = bytes.indexOf(0x0a, at)
      records.push(i - first, times[i]!, at, end)
      at = end + 1
    }
    records.next = records.count
    const next = line + records.count
    const isPaced = first + records.count < times.length && times[first + records.count]! > horizon
    return Promise.resolve({ records, isAtEnd: isPaced || next === this.#lines, isFinished: next === this.#lines })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #batch(from: bigint, capacity: number): RecordBatch {
    return new RecordBatch(this.source, this.#block.bytes, from, capacity)
  }

  #blockOf(line: number): Block {
    const index = Math.floor(line / blockLines)
    if (this.#block.index !== index) {
      const size = Math.min(blockLines, this.#lines - index * blockLines)
      this.#block = { index, ...this.#writer.block(index, size, newTally()) }
    }
    return this.#block
  }
}

function startOfLine(bytes: Uint8Array, line: number): number {
  let at = 0
  for (let i = 0; i < line; i++) at = bytes.indexOf(0x0a, at) + 1
  return at
}
