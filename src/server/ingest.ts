import type { IngestOutcome } from '../core/component.ts'
import { isLogpipeError } from '../core/error.ts'
import { refusal } from './protection.ts'

/** Undefined: nothing takes this path. */
export type Accept = (path: string, body: Uint8Array, contentType: string) => Promise<IngestOutcome | undefined>

/** Largest body; what a source takes may be less. */
export const maxBody = 64 * 2 ** 20

/** Text in any of its names; what `curl --data-binary` sends when it is told nothing is among them. */
const takenTypes =
  /^$|^(text\/[\w.+-]+|application\/(json|[\w.-]+\+json|x-ndjson|ndjson|jsonl|x-www-form-urlencoded|octet-stream|gzip|x-gzip))$/
const takenEncodings: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip'])

/** Codes of what a source refuses for its size; everything else it refuses is a bad request. */
const tooLarge: ReadonlySet<string> = new Set(['too_large', 'inflate_limit'])

/** 202 once stored, 429 if there is no room, 413, 415 and 400 for what is never taken, 503 if the store cannot be written. */
export async function answerIngest(request: Request, accept: Accept): Promise<Response> {
  const contentType = request.headers.get('content-type') ?? ''
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase()
  if (!takenTypes.test(mediaOf(contentType))) return refusal(415, 'unsupported content type')
  if (!takenEncodings.has(encoding)) return refusal(415, 'unsupported content encoding')
  const body = new Uint8Array(await request.arrayBuffer())
  try {
    return answerOf(await accept(new URL(request.url).pathname, body, contentType))
  } catch (error) {
    // Nothing was stored: the sender keeps it and comes again. The engine reports what is wrong with the store.
    if (!isLogpipeError(error)) throw error
    return refusal(503, error.code, { 'retry-after': '5' })
  }
}

function mediaOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function answerOf(outcome: IngestOutcome | undefined): Response {
  if (outcome === undefined) return refusal(404, 'no source takes this path')
  switch (outcome.status) {
    case 'stored':
      return Response.json({ records: outcome.records }, { status: 202 })
    case 'full':
      return refusal(429, 'full', { 'retry-after': String(Math.ceil(outcome.retryAfterMs / 1000)) })
    case 'refused':
      return refusal(tooLarge.has(outcome.reason) ? 413 : 400, outcome.reason)
  }
}
