import { LogpipeError } from '../core/error.ts'
import { viewStore } from './store-view.ts'

/** A search in the stored events. */
export interface SearchWish {
  readonly expression: string
  /** Half-open, epoch ms. */
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  readonly nowMs: number
}

export interface FoundEvent {
  readonly id: string
  /** JSON. */
  readonly doc: string
}

export interface StatsAnswer {
  readonly field: string
  readonly events: number
  readonly present: number
  readonly values: readonly { readonly value: string | number; readonly count: number }[]
  readonly numbers: Readonly<Record<string, number>> | undefined
}

export interface Search {
  count(): number
  stats(field: string, limit: number): StatsAnswer
  /** Events in pages, so that memory stays flat. */
  pages(sort: 'newest' | 'oldest', limit: number): Generator<readonly FoundEvent[]>
  close(): void
}

const pageSize = 1000

/** Opens the store for a search. Throws LP_STORE_OPEN; a wrong expression throws LP_USAGE when it is used. */
export function searchStore(dir: string, { expression, fromMs, toMs, nowMs }: SearchWish): Search {
  const view = viewStore(dir)
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
  const request = { expression, nowMs, ...range }
  return {
    count: () => valueOf(view.query.count(request)),
    stats: (field, limit) => valueOf(view.query.stats(request, field, limit)),
    *pages(sort, limit) {
      let left = limit
      let cursor: string | undefined
      do {
        const page = valueOf(
          view.query.search({
            ...request,
            sort,
            limit: Math.min(left, pageSize),
            ...(cursor === undefined ? {} : { cursor }),
          }),
        )
        yield page.events
        left -= page.events.length
        cursor = page.cursor
      } while (cursor !== undefined && left > 0)
    },
    close: () => view.close(),
  }
}

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: { readonly column: number; readonly message: string } }

function valueOf<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  const { column, message } = answer.problem
  throw new LogpipeError('LP_USAGE', `reading the expression: column ${column}: ${message}`)
}
