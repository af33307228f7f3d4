import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/config-field.ts'
import { describeError, isLogpipeError } from '../../../src/core/error.ts'
import { terminal } from '../../../src/notify/channels/terminal.ts'
import { webhook } from '../../../src/notify/channels/webhook.ts'

const notice = { idempotencyKey: 'q3X0vR1sT9mKc2LwYbN7Eg:1', body: '{"version":"4","status":"firing"}' }

interface Request {
  readonly url: string
  readonly init: RequestInit
}

/** Sends one notice; `answer` stands for the other side. */
async function post(
  config: Record<string, unknown>,
  answer: (request: Request) => Promise<Response> | Response,
): Promise<{ requests: Request[]; error: unknown }> {
  const requests: Request[] = []
  const fakeFetch: typeof fetch = async (input, init = {}) => {
    const request = { url: input instanceof Request ? input.url : String(input), init }
    requests.push(request)
    return await answer(request)
  }
  const channel = webhook.build(webhook.config.parse({ url: 'https://hooks.example.org/a?token=t0p', ...config }), {
    fetch: fakeFetch,
    write: () => {},
    language: 'en',
  })
  const error: unknown = await channel.send(notice, new AbortController().signal).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return { requests, error }
}

test('the webhook posts the message as it is, with its key', async () => {
  const { requests, error } = await post({}, () => new Response(null, { status: 204 }))
  expect(error).toBeUndefined()
  expect(requests).toHaveLength(1)
  const [{ url, init }] = requests as [Request]
  expect(url).toBe('https://hooks.example.org/a?token=t0p')
  expect(init).toMatchObject({ method: 'POST', body: notice.body, redirect: 'manual' })
  expect(init.headers).toEqual({ 'content-type': 'application/json', 'idempotency-key': notice.idempotencyKey })
})

test('the webhook signs the body if it has a secret', async () => {
  const { requests } = await post({ secret: new Secret('k') }, () => new Response('ok'))
  const signature = createHmac('sha256', 'k').update(notice.body).digest('hex')
  expect(requests[0]?.init.headers).toMatchObject({ 'x-logpipe-signature': `sha256=${signature}` })
})

test.each([
  [500, true],
  [503, true],
  [429, true],
  [408, true],
  [400, false],
  [404, false],
  [302, false],
])('an answer of %i is retried: %s', async (status, isRetried) => {
  const { error } = await post({}, () => new Response(null, { status, headers: { 'retry-after': '7' } }))
  expect(isLogpipeError(error) && [error.code, error.retryable, error.retryAfterMs]).toEqual([
    'LP_NOTIFY_SEND',
    isRetried,
    7000,
  ])
  expect(describeError(error)).toBe(`posting to hooks.example.org: it answered ${status}`)
})

test('a date in Retry-After is left to the own pauses', async () => {
  const headers = { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }
  const { error } = await post({}, () => new Response(null, { status: 503, headers }))
  expect(isLogpipeError(error) && error.retryAfterMs).toBeUndefined()
})

test('a connection that fails is retried, and the address is never told whole', async () => {
  const { error } = await post({}, () => Promise.reject(new TypeError('fetch failed')))
  expect(isLogpipeError(error) && error.retryable).toBe(true)
  expect(describeError(error)).toBe('posting to hooks.example.org: fetch failed')
})

test.each(['ftp://a/b', 'hooks.example.org', ''])('%j is no address of a webhook', (url) => {
  expect(webhook.config.safeParse({ url }).success).toBe(false)
})

function message(parts: { status: string; summary: string; durationMs: number | null }): string {
  return JSON.stringify({
    status: parts.status,
    commonLabels: { alertname: 'server-errors', service_name: 'shop', severity: 'high' },
    commonAnnotations: { summary: parts.summary },
    alerts: [{ startsAt: '2026-03-01T10:06:15.000Z' }],
    logpipe: { durationMs: parts.durationMs },
  })
}

test.each<['en' | 'zh-CN', Parameters<typeof message>[0], string]>([
  [
    'en',
    { status: 'firing', summary: 'shop fails', durationMs: null },
    '2026-03-01 10:06:15 FIRING high server-errors service_name=shop shop fails',
  ],
  [
    'zh-CN',
    { status: 'firing', summary: 'shop fails', durationMs: null },
    '2026-03-01 10:06:15 告警 high server-errors service_name=shop shop fails',
  ],
  [
    'zh-CN',
    { status: 'resolved', summary: 'shop fails', durationMs: 375_000 },
    '2026-03-01 10:06:15 已恢复，持续 6m15s high server-errors service_name=shop shop fails',
  ],
  [
    'en',
    { status: 'resolved', summary: 'shop\u001b[2J\u202efails', durationMs: 375_000 },
    '2026-03-01 10:06:15 RESOLVED after 6m15s high server-errors service_name=shop shop\\u001b[2J\\u202efails',
  ],
])('the terminal writes one line in %s: %j', async (language, parts, line) => {
  const lines: string[] = []
  const channel = terminal.build({}, { fetch, write: (text) => void lines.push(text), language })
  await channel.send({ idempotencyKey: 'a:1', body: message(parts) }, new AbortController().signal)
  expect(lines).toEqual([line])
})
