import { parseMoment } from '../core/moment.ts'

/** What the API asks of the store. Times are epoch ms and half-open. */
export interface EventSearch {
  readonly expression: string
  readonly nowMs: number
  readonly fromMs?: number
  readonly toMs?: number
  readonly sort?: 'newest' | 'oldest'
  readonly limit?: number
  readonly cursor?: string
}

export type SearchAnswer<T> =
  | { readonly ok: true; readonly value: T }
  /** Where in the expression something is wrong. */
  | { readonly ok: false; readonly problem: { readonly column: number; readonly message: string } }

export interface EventPages {
  search(request: EventSearch): Promise<
    SearchAnswer<{
      /** `doc` is JSON. */
      readonly events: readonly { readonly id: string; readonly doc: string }[]
      readonly cursor: string | undefined
    }>
  >
  stats(request: EventSearch, field: string, limit?: number): Promise<SearchAnswer<object>>
}

const maxEvents = 10_000
const maxAnswer = 10 * 2 ** 20

/**
 * `GET /api/v1/query?q=&from=&to=&sort=&limit=&cursor=` gives a page of events; with `stats=FIELD` the values of a field.
 * What is wrong in a request is answered with 400 and the place of the mistake.
 */
export async function answerQuery(url: URL, pages: EventPages, nowMs: number): Promise<Response> {
  const ask = url.searchParams
  const request = requestOf(ask, nowMs)
  if (typeof request === 'string') return problem(request)
  const field = ask.get('stats')
  if (field !== null) {
    const answer = await pages.stats(request, field)
    return answer.ok ? Response.json({ schema: 'logpipe.query.v1', stats: answer.value }) : problemOf(answer)
  }
  const answer = await pages.search(request)
  if (!answer.ok) return problemOf(answer)
  const { events, cursor } = answer.value
  // Documents are JSON already.
  const items = events.map(({ id, doc }) => `{"id":${JSON.stringify(id)},"event":${doc}}`)
  const next = cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`
  const body = `{"schema":"logpipe.query.v1","events":[${items.join(',')}]${next}}`
  if (body.length > maxAnswer) return problem('the answer is too large: ask for fewer events')
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

/** A text says what is wrong. */
function requestOf(ask: URLSearchParams, nowMs: number): EventSearch | string {
  const moments: { fromMs?: number; toMs?: number } = {}
  for (const [name, key] of [
    ['from', 'fromMs'],
    ['to', 'toMs'],
  ] as const) {
    const text = ask.get(name)
    if (text === null) continue
    const ms = parseMoment(text, nowMs)
    if (ms === undefined) return `${name} is no time: write now, -2h or 2026-11-21T22:14:15Z`
    moments[key] = ms
  }
  const limit = Number(ask.get('limit') ?? '100')
  if (!Number.isInteger(limit) || limit < 1 || limit > maxEvents) return `limit is no number from 1 to ${maxEvents}`
  const sort = ask.get('sort') ?? 'newest'
  if (sort !== 'newest' && sort !== 'oldest') return 'sort is neither newest nor oldest'
  const cursor = ask.get('cursor')
  return { expression: ask.get('q') ?? '', nowMs, ...moments, sort, limit, ...(cursor === null ? {} : { cursor }) }
}

function problem(message: string, column = 1): Response {
  return Response.json({ error: 'LP_USAGE', message, column }, { status: 400 })
}

function problemOf(answer: { readonly problem: { readonly column: number; readonly message: string } }): Response {
  return problem(answer.problem.message, answer.problem.column)
}
