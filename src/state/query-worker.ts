import { extname } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { LogpipeError, type ErrorCode } from '../core/error.ts'
import { EventQuery, type EventPage, type EventRequest, type FieldStats, type SearchRequest } from './query.ts'
import type { Parsed } from './query-expression.ts'
import { Reader } from './reader.ts'

/** `EventQuery` in a thread of its own: a search over everything does not hold up the units. */
export interface QueryThread {
  search(request: SearchRequest): Promise<Parsed<EventPage>>
  count(request: EventRequest): Promise<Parsed<number>>
  stats(request: EventRequest, field: string, limit?: number): Promise<Parsed<FieldStats>>
  /** Rejects what is not answered yet with LP_STORE_OPEN; harmless twice. */
  close(): Promise<void>
}

interface Question {
  readonly n: number
  readonly method: 'search' | 'count' | 'stats'
  readonly values: readonly unknown[]
}

type Answer = { readonly n: number } & (
  { readonly result: unknown } | { readonly failure: { readonly code: ErrorCode; readonly message: string } }
)

/** Questions that may wait; more of them fail at once with a retryable error. */
const maxWaiting = 64

/** Starts the thread; it opens the store with its first question. */
export function startQueryThread(dir: string): QueryThread {
  // Sources run as they are, a build has this file as .js.
  const file = new URL(`./query-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file, { workerData: { queryDir: dir } })
  const waiting = new Map<number, { done: (result: unknown) => void; fail: (error: Error) => void }>()
  let asked = 0
  let isClosed = false
  const failAll = (error: Error): void => {
    for (const { fail } of waiting.values()) fail(error)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.n)
    waiting.delete(answer.n)
    if ('result' in answer) asker?.done(answer.result)
    else asker?.fail(new LogpipeError(answer.failure.code, answer.failure.message))
  })
  worker.on('error', (cause) => failAll(new LogpipeError('LP_INTERNAL', 'searching in a thread', { cause })))
  worker.on('exit', () => {
    isClosed = true
    failAll(closed())
  })
  worker.unref()
  function ask(method: Question['method'], ...values: readonly unknown[]): Promise<unknown> {
    if (isClosed) return Promise.reject(closed())
    if (waiting.size >= maxWaiting) {
      return Promise.reject(
        new LogpipeError('LP_STORE_OPEN', `searching: ${maxWaiting} searches wait`, { retryable: true }),
      )
    }
    return new Promise((done, fail) => {
      waiting.set(++asked, { done, fail })
      worker.postMessage({ n: asked, method, values } satisfies Question)
    })
  }
  return {
    search: (request) => ask('search', request) as Promise<Parsed<EventPage>>, // What `EventQuery.search` returned.
    count: (request) => ask('count', request) as Promise<Parsed<number>>, // What `EventQuery.count` returned.
    stats: (request, field, limit) => ask('stats', request, field, limit) as Promise<Parsed<FieldStats>>, // As above.
    async close() {
      isClosed = true
      await worker.terminate()
      failAll(closed())
    },
  }
}

function closed(): LogpipeError {
  return new LogpipeError('LP_STORE_OPEN', 'searching: the store is closed')
}

function answerAll(port: NonNullable<typeof parentPort>, dir: string): void {
  let query: EventQuery | undefined
  port.on('message', ({ n, method, values }: Question) => {
    try {
      query ??= new EventQuery(new Reader(dir))
      // `ask` is the only one who posts, and is called with the parameters of the method.
      const call = query[method].bind(query) as (...values: readonly unknown[]) => unknown
      port.postMessage({ n, result: call(...values) })
    } catch (error) {
      const code = error instanceof LogpipeError ? error.code : 'LP_INTERNAL'
      port.postMessage({ n, failure: { code, message: error instanceof Error ? error.message : String(error) } })
    }
  })
}

if (!isMainThread && parentPort !== null) {
  const data: unknown = workerData
  if (typeof data === 'object' && data !== null && 'queryDir' in data) answerAll(parentPort, String(data.queryDir))
}
