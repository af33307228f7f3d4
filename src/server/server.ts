import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { LogpipeError } from '../core/error.ts'
import { answerIngest, maxBody, type Accept } from './ingest.ts'
import { isLoopback, protect, refusal } from './protection.ts'
import { answerQuery, type EventPages } from './query-api.ts'
import { answerTap, type TapRequest } from './tap-api.ts'

/** One condition of readiness. */
export interface ReadyCheck {
  readonly name: string
  readonly isReady: boolean
}

/** What became of a reload, and what there is to say about it. */
export interface Reloaded {
  readonly status: 'reloaded' | 'unchanged' | 'refused'
}

/** What the server shows; each is asked per request. */
export interface ServerParts {
  readonly version: string
  /** Epoch ms, for relative times of queries. */
  readonly now: () => number
  readonly checks: () => readonly ReadyCheck[]
  /** Prometheus text and its content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>
  readonly ingest: Accept
  readonly events: EventPages
  /** Reads the configuration again; undefined: there is none that could change. */
  readonly reload: () => Promise<Reloaded | undefined>
  readonly tap: (request: TapRequest) => ReadableStream<Uint8Array> | string
  /** Alert records, JSON, newest first. */
  readonly alerts: () => readonly string[]
  /** Told of a failure that was answered with 500. */
  readonly report: (error: unknown) => void
}

export interface RunningServer {
  readonly url: string
  /** Answers what is under way, for at most two seconds. Harmless twice. */
  stop(): Promise<void>
}

/** The routes without a socket. What is not in this list is answered with 404. */
export function createRoutes(parts: ServerParts): Hono {
  const routes = new Hono()
  routes.use(protect)
  for (const path of ['/livez', '/healthz', '/-/healthy']) routes.get(path, (context) => context.text('ok\n'))
  for (const path of ['/readyz', '/-/ready']) routes.get(path, () => answerReady(parts.checks()))
  routes.get('/version', (context) => context.json({ version: parts.version, node: process.version }))
  routes.get('/metrics', async () => {
    const { text, contentType } = await parts.metrics()
    return new Response(text, { headers: { 'content-type': contentType } })
  })
  routes.get('/api/v1/query', (context) => answerQuery(new URL(context.req.url), parts.events, parts.now()))
  routes.get('/api/v1/tap', (context) => answerTap(new URL(context.req.url), parts.tap))
  routes.get('/api/v1/alerts', () => answerAlerts(parts.alerts()))
  const limit = bodyLimit({ maxSize: maxBody, onError: () => refusal(413, 'too_large') })
  routes.post('/ingest/*', limit, (context) => answerIngest(context.req.raw, parts.ingest))
  routes.post('/-/reload', async () => answerReload(await parts.reload()))
  routes.notFound(() => refusal(404, 'not found'))
  routes.onError((error) => {
    parts.report(error)
    return refusal(500, 'LP_INTERNAL')
  })
  return routes
}

function answerReady(checks: readonly ReadyCheck[]): Response {
  const text = checks.map(({ name, isReady }) => `${isReady ? 'ok ' : 'not'} ${name}\n`).join('')
  const status = checks.every(({ isReady }) => isReady) ? 200 : 503
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}

/** 422: the configuration before stays in force, the body tells why. */
function answerReload(outcome: Reloaded | undefined): Response {
  if (outcome === undefined) return refusal(404, 'there is no configuration to read')
  const body = JSON.stringify({ schema: 'logpipe.reload.v1', ...outcome })
  const status = outcome.status === 'refused' ? 422 : 200
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

function answerAlerts(records: readonly string[]): Response {
  const body = `{"schema":"logpipe.alerts.v1","alerts":[${records.join(',')}]}`
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

/** Against senders that hold a connection and say nothing; Node's own limits are far longer. */
const serverOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16 * 1024,
}
const [maxConnections, maxRequestsPerSocket] = [512, 1000]
const stopMs = 2000

/**
 * Listens; port 0 takes a free one. Rejects with LP_SERVER_LISTEN, also for an address that other machines reach: those
 * need TLS and tokens.
 */
export async function startServer(parts: ServerParts, at: { host: string; port: number }): Promise<RunningServer> {
  const shownHost = at.host.includes(':') ? `[${at.host}]` : at.host
  if (!isLoopback(at.host)) {
    throw new LogpipeError('LP_SERVER_LISTEN', `listening on ${shownHost}:${at.port}: this is no loopback address`, {
      remedy: 'Listen on 127.0.0.1: other addresses need TLS and tokens, which this version lacks.',
    })
  }
  const { fetch } = createRoutes(parts)
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: at.host, port: at.port, serverOptions }, ({ port }) => {
      resolve({ url: `http://${shownHost}:${port}`, stop: () => stop(server) })
    }) as Server // Without `createServer` it is one of node:http.
    server.maxConnections = maxConnections
    server.maxRequestsPerSocket = maxRequestsPerSocket
    server.once('error', (cause) => {
      reject(new LogpipeError('LP_SERVER_LISTEN', `listening on ${shownHost}:${at.port}`, { cause }))
    })
  })
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), stopMs)
  await closed
  clearTimeout(timer)
}
