import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { IngestOutcome } from '../../../src/core/component.ts'
import { LogpipeError } from '../../../src/core/error.ts'
import type { EventSearch } from '../../../src/server/query-api.ts'
import { createRoutes, startServer, type RunningServer, type ServerParts } from '../../../src/server/server.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'

const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

const nowMs = Date.UTC(2026, 10, 21, 22, 14, 15)

function partsWith(change: Partial<ServerParts> = {}): ServerParts {
  return {
    version: '1.2.3',
    now: () => nowMs,
    checks: () => [{ name: 'store', isReady: true }],
    metrics: async () => ({ text: 'logpipe_ready 1\n', contentType: 'text/plain; version=0.0.4' }),
    ingest: async () => undefined,
    events: {
      search: async () => ({ ok: true, value: { events: [], cursor: undefined } }),
      stats: async () => ({ ok: true, value: {} }),
    },
    reload: async () => undefined,
    tap: () => 'there are 4 taps already',
    alerts: () => [],
    report: () => {},
    ...change,
  }
}

const host = 'http://127.0.0.1:8680'

async function get(parts: ServerParts, path: string, init: RequestInit = {}): Promise<Response> {
  return await createRoutes(parts).request(`${host}${path}`, init)
}

test.each([
  ['/livez', 200, 'ok\n'],
  ['/healthz', 200, 'ok\n'],
  ['/-/healthy', 200, 'ok\n'],
  ['/readyz', 200, 'ok  store\n'],
  ['/-/ready', 200, 'ok  store\n'],
  ['/metrics', 200, 'logpipe_ready 1\n'],
  ['/api/v1/alerts', 200, '{"schema":"logpipe.alerts.v1","alerts":[]}'],
  ['/nothing/here', 404, 'not found\n'],
])('%s answers %i', async (path, status, text) => {
  const response = await get(partsWith(), path)
  expect([response.status, await response.text()]).toEqual([status, text])
})

test.each([
  ['a configuration that came into force', { status: 'reloaded' as const }, 200, 'logpipe.reload.v1'],
  ['the one that is in force', { status: 'unchanged' as const }, 200, 'logpipe.reload.v1'],
  ['one with errors', { status: 'refused' as const }, 422, 'logpipe.reload.v1'],
  ['none that could change', undefined, 404, 'there is no configuration to read'],
])('a reload of %s is answered', async (_, outcome, status, text) => {
  const response = await get(partsWith({ reload: async () => outcome }), '/-/reload', { method: 'POST' })
  expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)])
})

test('no page of another site reloads, and no GET does', async () => {
  const parts = partsWith({ reload: () => expect.fail('it was called') })
  const foreign = await get(parts, '/-/reload', { method: 'POST', headers: { origin: 'http://example.com' } })
  expect([foreign.status, (await get(parts, '/-/reload')).status]).toEqual([403, 404])
})

test('readiness names the check that fails', async () => {
  const response = await get(partsWith({ checks: () => [{ name: 'restored', isReady: false }] }), '/readyz')
  expect([response.status, await response.text()]).toEqual([503, 'not restored\n'])
})

test('promtool accepts the metrics of a process', async ({ skip }) => {
  const metrics = new Metrics()
  metrics.collectDefaults()
  metrics.eventsParsed.inc({ format: 'json' }, 3)
  metrics.commitSeconds.observe(0.02)
  const { registry } = metrics
  const parts = partsWith({
    metrics: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  })
  const response = await get(parts, '/metrics')
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const input = await response.text()
  expect(input).toContain('logpipe_events_parsed_total{format="json"} 3\n')
  const run = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  if (run.error !== undefined) skip('there is no promtool')
  expect(run.stderr + run.stdout).toBe('')
  expect(run.status).toBe(0)
})

test('every answer has the security headers, also those that refuse', async () => {
  for (const path of ['/livez', '/metrics', '/nothing']) {
    const { headers } = await get(partsWith(), path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
  }
})

test.each([
  ['a name that was rebound to this machine', { headers: { host: 'evil.example' } }, 421],
  ['localhost with a port', { headers: { host: 'localhost:9' } }, 200],
  ['IPv6', { headers: { host: '[::1]:8680' } }, 200],
])('a request for %s', async (_name, init, status) => {
  expect((await get(partsWith(), '/livez', init)).status).toBe(status)
})

const stored = partsWith({ ingest: async () => ({ status: 'stored', records: 1 }) })

test.each([
  ['a foreign origin', { origin: 'https://evil.example' }, 403],
  ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 403],
  ['its own page', { origin: 'http://127.0.0.1:8680', 'sec-fetch-site': 'same-origin' }, 202],
  ['no browser', {}, 202],
])('a post from %s', async (_name, headers, status) => {
  const response = await get(stored, '/ingest/app', { method: 'POST', body: 'a\n', headers })
  expect(response.status).toBe(status)
})

const outcomes: [IngestOutcome | undefined, number][] = [
  [{ status: 'stored', records: 2 }, 202],
  [{ status: 'full', retryAfterMs: 1500 }, 429],
  [{ status: 'refused', reason: 'too_large' }, 413],
  [{ status: 'refused', reason: 'inflate_limit' }, 413],
  [{ status: 'refused', reason: 'bad_gzip' }, 400],
  [undefined, 404],
]
test.each(outcomes)('what was posted and is %j is answered %i', async (outcome, status) => {
  const parts = partsWith({ ingest: async () => outcome })
  const response = await get(parts, '/ingest/app', { method: 'POST', body: 'a\nb\n' })
  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBe(status === 429 ? '2' : null)
})

test('a store that cannot be written asks the sender to come again', async () => {
  const ingest = () => Promise.reject(new LogpipeError('LP_STORE_FULL', 'writing'))
  const response = await get(partsWith({ ingest }), '/ingest/app', { method: 'POST', body: 'a\n' })
  expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
    503,
    '5',
    'LP_STORE_FULL\n',
  ])
})

test('a bug is answered without its message, and reported', async () => {
  const reported: unknown[] = []
  const bug = new TypeError('secret detail')
  const parts = partsWith({ ingest: () => Promise.reject(bug), report: (error) => reported.push(error) })
  const response = await get(parts, '/ingest/app', { method: 'POST', body: 'a\n' })
  expect([response.status, await response.text()]).toEqual([500, 'LP_INTERNAL\n'])
  expect(reported).toEqual([bug])
})

test.each([
  ['multipart/form-data; boundary=x', '', 415],
  ['image/png', '', 415],
  ['text/plain; charset=utf-8', 'br', 415],
  ['application/x-ndjson', 'gzip', 202],
  ['application/x-www-form-urlencoded', '', 202],
])('content type %s with encoding "%s" is answered %i', async (type, encoding, status) => {
  const headers: Record<string, string> = { 'content-type': type }
  if (encoding !== '') headers['content-encoding'] = encoding
  const response = await get(stored, '/ingest/app', { method: 'POST', body: 'a\n', headers })
  expect(response.status).toBe(status)
})

test('the body is handed over as it came', async () => {
  const bodies: Uint8Array[] = []
  const parts = partsWith({
    ingest: async (_path, body) => {
      bodies.push(body)
      return { status: 'stored', records: 1 }
    },
  })
  const body = gzipSync('a\nb\n')
  await get(parts, '/ingest/app', {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-encoding': 'gzip' },
  })
  expect(Buffer.from(bodies[0]!)).toEqual(Buffer.from(body))
})

test('a body that says it is larger than allowed is refused before it is read', async () => {
  const headers = { 'content-length': String(65 * 2 ** 20) }
  const response = await get(stored, '/ingest/app', { method: 'POST', body: 'a', headers })
  expect(response.status).toBe(413)
})

test('a query hands on what was asked and gives the documents as they are stored', async () => {
  const asked: EventSearch[] = []
  const search = async (request: EventSearch) => {
    asked.push(request)
    return { ok: true as const, value: { events: [{ id: 'a', doc: '{"message":"x"}' }], cursor: 'c1' } }
  }
  const parts = partsWith({ events: { ...partsWith().events, search } })
  const response = await get(parts, '/api/v1/query?q=level%3Aerror&from=-1h&limit=5&sort=oldest')
  expect(await response.json()).toEqual({
    schema: 'logpipe.query.v1',
    events: [{ id: 'a', event: { message: 'x' } }],
    cursor: 'c1',
  })
  expect(asked).toEqual([{ expression: 'level:error', nowMs, fromMs: nowMs - 3_600_000, sort: 'oldest', limit: 5 }])
})

test.each([
  ['limit=0', 'limit is no number from 1 to 10000'],
  ['limit=99999', 'limit is no number from 1 to 10000'],
  ['from=yesterday', 'from is no time: write now, -2h or 2026-11-21T22:14:15Z'],
  ['sort=best', 'sort is neither newest nor oldest'],
])('a query with %s is answered 400 with the reason', async (query, message) => {
  const response = await get(partsWith(), `/api/v1/query?${query}`)
  expect([response.status, await response.json()]).toEqual([400, { error: 'LP_USAGE', message, column: 1 }])
})

test('a mistake in an expression is answered with its column', async () => {
  const search = async () => ({ ok: false as const, problem: { column: 7, message: 'a quote is not closed' } })
  const parts = partsWith({ events: { ...partsWith().events, search } })
  const response = await get(parts, '/api/v1/query?q=level:%22')
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: 'LP_USAGE', message: 'a quote is not closed', column: 7 },
  ])
})

test('a port in use is an error with a remedy', async () => {
  const first = await startServer(partsWith(), { host: '127.0.0.1', port: 0 })
  servers.push(first)
  const port = Number(new URL(first.url).port)
  await expect(startServer(partsWith(), { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'LP_SERVER_LISTEN',
    remedy: expect.stringContaining('another port'),
  })
})

test('an address that others reach is refused', async () => {
  await expect(startServer(partsWith(), { host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
    code: 'LP_SERVER_LISTEN',
    remedy: expect.stringContaining('127.0.0.1'),
  })
})

test('a stopped server no longer listens, although a client keeps its connection', async () => {
  const server = await startServer(partsWith(), { host: '127.0.0.1', port: 0 })
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  await server.stop()
  await server.stop()
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow()
})
