import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { IngestOutcome } from '../core/component.ts'
import { LogpipeError } from '../core/error.ts'

/** One condition of readiness. */
export interface ReadyCheck {
  readonly name: string
  readonly isReady: boolean
}

/** What the server shows; each is asked per request. */
export interface ServerParts {
  readonly version: string
  readonly checks: () => readonly ReadyCheck[]
  /** Prometheus text and its content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>
  /** Undefined: nothing takes this path. */
  readonly ingest: (path: string, body: Uint8Array, contentType: string) => Promise<IngestOutcome | undefined>
}

export interface RunningServer {
  readonly url: string
  /** Harmless twice. */
  stop(): Promise<void>
}

const maxBody = 10 * 2 ** 20

/** Codes of what a source refuses for its size; everything else it refuses is a bad request. */
const tooLarge: ReadonlySet<string> = new Set(['too_large', 'inflate_limit'])

/** The routes without a socket. */
export function createRoutes(parts: ServerParts): Hono {
  const routes = new Hono()
  const alive = () => new Response('ok\n')
  routes.get('/livez', alive).get('/healthz', alive).get('/-/healthy', alive)
  const ready = () => {
    const checks = parts.checks()
    const text = checks.map(({ name, isReady }) => `${isReady ? 'ok ' : 'not'} ${name}\n`).join('')
    return new Response(text, { status: checks.every(({ isReady }) => isReady) ? 200 : 503 })
  }
  routes.get('/readyz', ready).get('/-/ready', ready)
  routes.get('/version', (context) => context.json({ version: parts.version, node: process.version }))
  routes.get('/metrics', async () => {
    const { text, contentType } = await parts.metrics()
    return new Response(text, { headers: { 'content-type': contentType } })
  })
  routes.post('/ingest/*', bodyLimit({ maxSize: maxBody }), async (context) => {
    const body = new Uint8Array(await context.req.arrayBuffer())
    const outcome = await parts.ingest(context.req.path, body, context.req.header('content-type') ?? '')
    return answerOf(outcome)
  })
  return routes
}

function answerOf(outcome: IngestOutcome | undefined): Response {
  if (outcome === undefined) return new Response('no source takes this path\n', { status: 404 })
  switch (outcome.status) {
    case 'stored':
      return Response.json({ records: outcome.records }, { status: 202 })
    case 'full': {
      const seconds = String(Math.ceil(outcome.retryAfterMs / 1000))
      return new Response('full\n', { status: 429, headers: { 'retry-after': seconds } })
    }
    case 'refused':
      return new Response(`${outcome.reason}\n`, { status: tooLarge.has(outcome.reason) ? 413 : 400 })
  }
}

/** Listens; port 0 takes a free one. Rejects with LP_SERVER_LISTEN. */
export async function startServer(parts: ServerParts, at: { host: string; port: number }): Promise<RunningServer> {
  const { fetch } = createRoutes(parts)
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: at.host, port: at.port }, ({ port }) => {
      resolve({
        url: `http://${at.host}:${port}`,
        stop: () => new Promise((stopped) => void server.close(() => stopped())),
      })
    })
    server.once('error', (cause) => {
      const remedy = 'End what uses it, or name another port (server.port in logpipe.yaml, --port).'
      reject(new LogpipeError('LP_SERVER_LISTEN', `listening on ${at.host}:${at.port}`, { cause, remedy }))
    })
  })
}
