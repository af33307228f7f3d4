import { afterEach, expect, test } from 'vitest'
import type { IngestOutcome } from '../../../src/core/component.ts'
import { createRoutes, startServer, type RunningServer, type ServerParts } from '../../../src/server/server.ts'

const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

function partsWith(change: Partial<ServerParts> = {}): ServerParts {
  return {
    version: '1.2.3',
    checks: () => [{ name: 'store', isReady: true }],
    metrics: async () => ({ text: 'logpipe_ready 1\n', contentType: 'text/plain; version=0.0.4' }),
    ingest: async () => undefined,
    ...change,
  }
}

test.each([
  ['/livez', 200, 'ok\n'],
  ['/readyz', 200, 'ok  store\n'],
  ['/metrics', 200, 'logpipe_ready 1\n'],
])('%s answers %i', async (path, status, text) => {
  const response = await createRoutes(partsWith()).request(path)
  expect([response.status, await response.text()]).toEqual([status, text])
})

test('readiness names the check that fails', async () => {
  const response = await createRoutes(partsWith({ checks: () => [{ name: 'restored', isReady: false }] })).request(
    '/readyz',
  )
  expect([response.status, await response.text()]).toEqual([503, 'not restored\n'])
})

const outcomes: [IngestOutcome | undefined, number][] = [
  [{ status: 'stored', records: 2 }, 202],
  [{ status: 'full', retryAfterMs: 1500 }, 429],
  [{ status: 'refused', reason: 'too_large' }, 413],
  [{ status: 'refused', reason: 'bad_gzip' }, 400],
  [undefined, 404],
]
test.each(outcomes)('what was posted and is %j is answered %i', async (outcome, status) => {
  const routes = createRoutes(partsWith({ ingest: async () => outcome }))
  const response = await routes.request('/ingest/app', { method: 'POST', body: 'a\nb\n' })
  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBe(status === 429 ? '2' : null)
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
