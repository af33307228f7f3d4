import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { defineSource, type IngestOutcome, type SourcePorts } from '../core/component.ts'
import { size } from '../core/config-field.ts'
import { splitLines } from '../core/lines.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'

const inflate = promisify(gunzip)

const Config = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional()
    .meta({ description: 'Last part of the path `/ingest/<name>`; the name of the pipeline if there is none.' }),
  max_record_size: size({
    default: '16MiB',
    min: '64KiB',
    max: '128MiB',
    about: 'A body with a larger record is refused as a whole.',
  }),
  max_body_size: size({ default: '64MiB', max: '64MiB', about: 'Largest body, also after inflation.' }),
})

/** Growth by inflation that is allowed; it counts from 1 MiB of output (`docs/bad-input.md` section 2). */
const maxInflation = 200
const freeInflation = 1 << 20
const retryAfterMs = 1000
const gzipMagic = [0x1f, 0x8b]

/** Why nothing of a body was accepted: the first two are answered with 413, the others with 400. */
export type Refusal = 'too_large' | 'inflate_limit' | 'bad_gzip' | 'stacked_encoding'

/**
 * Lines that are posted to `/ingest/<name>`. All records of a body are stored before the answer, or none is accepted.
 * Bodies may be gzip, known by their first bytes: no text begins so.
 */
export const http = defineSource({
  type: 'http',
  summary: 'Lines, NDJSON and JSON posted to the ingest endpoint, stored before they are acknowledged.',
  stability: 'beta',
  config: Config,
  example: { name: 'checkout' },
  build(config, ports) {
    const name = config.name ?? ports.pipeline
    const input = `http-${name}`
    const limits = { maxRecordSize: config.max_record_size, maxBodySize: config.max_body_size }
    ports.ingest.register(`/ingest/${name}`, (body, contentType) => accept({ body, contentType, input, limits }, ports))
    const partition = ports.journal.partition(input, ports.pipeline)
    return { isBounded: false, discover: () => Promise.resolve([partition]), stop: () => partition.close() }
  },
})

interface Post {
  readonly body: Uint8Array
  readonly contentType: string
  readonly input: string
  readonly limits: { readonly maxRecordSize: number; readonly maxBodySize: number }
}

async function accept(post: Post, ports: SourcePorts): Promise<IngestOutcome> {
  const body = await inflated(post.body, post.limits.maxBodySize)
  if (typeof body === 'string') return { status: 'refused', reason: body }
  const values = recordsIn(body, post.contentType)
  if (values.some((value) => value.length > post.limits.maxRecordSize))
    return { status: 'refused', reason: 'too_large' }
  if (values.length === 0) return { status: 'stored', records: 0 }
  if (ports.journal.room() < body.length) return { status: 'full', retryAfterMs }
  await ports.journal.append(post.input, values, ports.now())
  return { status: 'stored', records: values.length }
}

/** The body as it is, or what is in it if it is gzip, all members together. */
async function inflated(body: Uint8Array, maxSize: number): Promise<Uint8Array | Refusal> {
  if (body.length > maxSize) return 'too_large'
  if (!isGzip(body)) return body
  const maxOutputLength = Math.min(maxSize, Math.max(freeInflation, body.length * maxInflation))
  try {
    const content = await inflate(body, { maxOutputLength })
    return isGzip(content) ? 'stacked_encoding' : content
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return isTooLarge ? 'inflate_limit' : 'bad_gzip'
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return gzipMagic.every((byte, i) => bytes[i] === byte)
}

/**
 * Records of a body: its lines, without those that are empty. A body of JSON is one record, unless each of its lines
 * is an object of its own, which is NDJSON whatever it is called.
 */
function recordsIn(body: Uint8Array, contentType: string): Uint8Array[] {
  const lines = linesOf(body)
  const isJson = contentType.split(';')[0]?.trim().toLowerCase() === 'application/json'
  return isJson && lines.length > 1 && !lines.every(isObject) ? [body] : lines
}

function isObject(line: Uint8Array): boolean {
  return line[0] === 0x7b && line.at(-1) === 0x7d
}

const anySource: Source = {
  id: '',
  name: '',
  pipeline: '',
  constants: [],
  isFile: false,
  idHead: new Uint8Array(6),
  idTail: undefined,
}

function linesOf(body: Uint8Array): Uint8Array[] {
  const batch = new RecordBatch(anySource, body, 0n, 64)
  splitLines(batch, 0, body.length, { timestamp: NaN, offset: 0, isEnd: true })
  const lines: Uint8Array[] = []
  for (let i = 0; i < batch.count; i++) {
    const line = body.subarray(batch.valueStart[i], batch.valueEnd[i])
    if (line.length > 0) lines.push(line)
  }
  return lines
}
