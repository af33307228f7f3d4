import { createServer } from 'node:http'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ChannelDefinition, ChannelPorts } from '../../src/core/component.ts'
import { Secret } from '../../src/core/config-field.ts'
import { describeError, isLogpipeError } from '../../src/core/error.ts'
import { channels } from '../../src/registry.ts'

const canary = 'c4n4ry-s3cr3t'

const body = JSON.stringify({
  version: '4',
  status: 'firing',
  commonLabels: { alertname: 'server-errors', service_name: 'shop', severity: 'high' },
  commonAnnotations: { summary: 'shop fails' },
  alerts: [{ status: 'firing', startsAt: '2026-03-01T10:06:15.000Z' }],
  logpipe: { durationMs: null },
})
const notice = { idempotencyKey: 'q3X0vR1sT9mKc2LwYbN7Eg:1', body }

afterEach(() => void vi.restoreAllMocks())

/** The example with a canary wherever a secret may be: in keys that take one, and in addresses. `at` replaces the host. */
function configOf(definition: ChannelDefinition, at = 'hooks.example.org'): object {
  const config: Record<string, unknown> = { ...(definition.example as object) }
  for (const [key, value] of Object.entries(config)) {
    if (typeof value === 'string' && /^https?:/.test(value)) config[key] = `http://${at}/${canary}?token=${canary}`
  }
  const shape = (definition.config as unknown as { readonly shape: Readonly<Record<string, unknown>> }).shape
  for (const key of Object.keys(shape)) {
    if (key in config) continue
    const wished = { ...config, [key]: new Secret(canary) }
    if (definition.config.safeParse(wished).success) Object.assign(config, wished)
  }
  return definition.config.parse(config) as object
}

/** Sends one notice. The promise is settled by `send` alone. */
async function outcomeOf(
  definition: ChannelDefinition,
  ports: Partial<ChannelPorts>,
  options: { signal?: AbortSignal; body?: string; at?: string } = {},
): Promise<unknown> {
  const channel = definition.build(configOf(definition, options.at) as never, {
    fetch: () => Promise.resolve(new Response(null, { status: 204 })),
    write: () => {},
    language: 'en',
    ...ports,
  })
  const signal = options.signal ?? new AbortController().signal
  return await channel.send({ ...notice, body: options.body ?? body }, signal).then(
    () => 'delivered',
    (error: unknown) => error,
  )
}

/** An error of ours that says what a person may do, and tells nobody a secret. */
function expectOurs(error: unknown): void {
  expect(isLogpipeError(error), inspect(error)).toBe(true)
  if (!isLogpipeError(error)) return
  expect(error.code).toBe('LP_NOTIFY_SEND')
  const told = [describeError(error), error.remedy, inspect(error, { depth: 10, showHidden: true }), error.stack]
  expect(told.join('\n')).not.toContain(canary)
}

/** Settles as a `fetch` does whose other side never answers. */
const silentFetch: typeof fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    const signal = init?.signal
    const abort = (): void => reject(signal?.reason as Error)
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort)
  })

const brokenFetch = (message: string) => (): Promise<Response> =>
  Promise.reject(new TypeError('fetch failed', { cause: new Error(message) }))

describe.each(channels)('the channel $type', (definition) => {
  test.each([200, 204, 302, 400, 401, 404, 408, 413, 429, 500, 503])('settles at an answer of %i', async (status) => {
    const headers = { location: `http://other.example/${canary}`, 'retry-after': '7' }
    const fetch = vi.fn(async () => new Response(status === 204 ? null : canary, { status, headers }))
    const outcome = await outcomeOf(definition, { fetch })
    if (fetch.mock.calls.length === 0 || status < 300) expect(outcome).toBe('delivered')
    else expectOurs(outcome)
  })

  test('settles where the other side cannot be reached, and keeps its secrets', async () => {
    const outcome = await outcomeOf(definition, { fetch: brokenFetch('ECONNREFUSED 127.0.0.1:9') })
    if (outcome !== 'delivered') expectOurs(outcome)
  })

  test('settles with the fetch of Node: one that answers, one that cuts off, one that is not there', async () => {
    const server = createServer((request, response) => {
      request.resume()
      if (request.url?.includes('cut') === true) request.socket.destroy()
      else request.on('end', () => response.end('ok'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const at = `127.0.0.1:${port}`
    expect(await outcomeOf(definition, { fetch: globalThis.fetch }, { at })).toBe('delivered')
    const cut = await outcomeOf(definition, { fetch: globalThis.fetch }, { at: `${at}/cut` })
    if (cut !== 'delivered') expectOurs(cut)
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    const gone = await outcomeOf(definition, { fetch: globalThis.fetch }, { at })
    if (gone !== 'delivered') expectOurs(gone)
  })

  test('never has a user or a password in an address that its schema takes', () => {
    const config = { ...(definition.example as object) }
    for (const [key, value] of Object.entries(config)) {
      if (typeof value !== 'string' || !/^https?:/.test(value)) continue
      const withUser = value.replace('://', `://user:${canary}@`)
      expect(definition.config.safeParse({ ...config, [key]: withUser }).success, key).toBe(false)
    }
  })

  test('ends at once when it is told to, before or while it sends', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal)
    const before = await outcomeOf(definition, { fetch: silentFetch }, { signal: AbortSignal.abort() })
    if (before !== 'delivered') expectOurs(before)
    const later = new AbortController()
    const sending = outcomeOf(definition, { fetch: silentFetch }, { signal: later.signal })
    later.abort()
    const outcome = await sending
    if (outcome !== 'delivered') expectOurs(outcome)
  })

  test('waits no longer than its timeout', async () => {
    const timeout = new AbortController()
    const asked = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
    const sending = outcomeOf(definition, { fetch: silentFetch })
    timeout.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    const outcome = await sending
    if (outcome === 'delivered') return
    expectOurs(outcome)
    expect(asked.mock.calls.flat()).toEqual([expect.any(Number)])
    expect(isLogpipeError(outcome) && outcome.retryable).toBe(true)
  })

  test.each(['', 'no JSON', 'null', '[]', '{}', '{"status":1}'])('settles for the message %j', async (odd) => {
    const outcome = await outcomeOf(definition, {}, { body: odd })
    if (outcome !== 'delivered') expectOurs(outcome)
  })

  test('settles where its lines cannot be written', async () => {
    function write(): void {
      throw new Error('write EPIPE')
    }
    const outcome = await outcomeOf(definition, { write })
    if (outcome !== 'delivered') expectOurs(outcome)
  })
})
