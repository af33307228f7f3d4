import { parseDuration, parseRate } from '../core/quantity-text.ts'

/** A live look at a stage. */
export interface TapRequest {
  readonly stage: 'parse' | 'alert'
  /** Conditions that all must hold of an event. */
  readonly where: readonly string[]
  /** Lines after which it ends. */
  readonly limit: number
  readonly perSecond: number
  /** ms after which it ends. */
  readonly forMs: number
}

const [mostLines, mostMs, mostPerSecond] = [10_000, 3_600_000, 1000]

/**
 * `GET /api/v1/tap?stage=&filter=&limit=&rate=&for=`: lines of JSON as they come, the last one with the counts. `open`
 * gives a text if there can be none.
 */
export function answerTap(url: URL, open: (request: TapRequest) => ReadableStream<Uint8Array> | string): Response {
  const request = requestOf(url.searchParams)
  const lines = typeof request === 'string' ? request : open(request)
  if (typeof lines !== 'string') return new Response(lines, { headers: { 'content-type': 'application/x-ndjson' } })
  return Response.json({ schema: 'logpipe.error.v1', message: lines }, { status: 400 })
}

/** A text says what is wrong. */
function requestOf(ask: URLSearchParams): TapRequest | string {
  const stage = ask.get('stage') ?? 'parse'
  if (stage !== 'parse' && stage !== 'alert') return `there is no stage ${stage}: there are parse and alert`
  const limit = Number(ask.get('limit') ?? 100)
  if (!(Number.isInteger(limit) && limit > 0 && limit <= mostLines)) return `limit is from 1 to ${mostLines}`
  const perSecond = parseRate(ask.get('rate') ?? '50/s')
  if (perSecond === undefined || !(perSecond > 0 && perSecond <= mostPerSecond))
    return 'rate is such as 50/s, at most 1000/s'
  const forMs = parseDuration(ask.get('for') ?? '60s')
  if (forMs === undefined || forMs > mostMs) return 'for is such as 60s, at most 1h'
  return { stage, where: ask.getAll('filter'), limit, perSecond, forMs }
}
