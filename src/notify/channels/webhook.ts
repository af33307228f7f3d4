import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { defineChannel } from '../../core/component.ts'
import { duration, secret, text } from '../../core/config-field.ts'
import { LogpipeError } from '../../core/error.ts'

/** `fetch` refuses such an address, with an error that repeats the password (Fetch standard, Request constructor). */
function hasUser(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && (parsed.username !== '' || parsed.password !== '')
}

const Config = z.strictObject({
  url: text({ about: 'Where notices are posted, http or https.' })
    .refine(
      (url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''),
      'is not an address that begins with http:// or https://',
    )
    .refine((url) => !hasUser(url), 'holds a user or a password, which no request can carry in its address'),
  secret: secret({ about: 'Key of the HMAC-SHA256 of the body in X-Logpipe-Signature.' }).optional(),
  timeout: duration({ about: 'How long an answer may take.', default: '10s', min: '1s', max: '5m' }),
})

/** Answers that say: not now. Others from 300 to 499 are final. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** Posts each notice as it stands in the store: a webhook v4 message (Alertmanager, `webhook_config`). */
export const webhook = defineChannel({
  type: 'webhook',
  summary: 'Posts each notice as a webhook v4 message, as Alertmanager does.',
  stability: 'stable',
  config: Config,
  example: { url: 'https://hooks.example.org/logpipe' },
  build(config, { fetch }) {
    const { host } = new URL(config.url)
    return {
      async send({ body, idempotencyKey }, signal) {
        const timeout = AbortSignal.timeout(config.timeout)
        let response: Response
        try {
          response = await fetch(config.url, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              'idempotency-key': idempotencyKey,
              ...(config.secret === undefined ? {} : { 'x-logpipe-signature': sign(config.secret.reveal(), body) }),
            },
            body,
            redirect: 'manual', // A redirect would turn the post into a get.
            signal: AbortSignal.any([signal, timeout]),
          })
          await response.body?.cancel()
        } catch (cause) {
          const message = timeout.aborted ? `posting to ${host}: no answer in time` : `posting to ${host}`
          throw new LogpipeError('LP_NOTIFY_SEND', message, { cause, retryable: true })
        }
        const { status } = response
        if (status >= 200 && status < 300) return
        throw new LogpipeError('LP_NOTIFY_SEND', `posting to ${host}: it answered ${status}`, {
          retryable: isPassing(status),
          retryAfterMs: secondsOf(response.headers.get('retry-after')),
        })
      },
    }
  },
})

function sign(key: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
}

/** Retry-After in seconds (RFC 9110 section 10.2.3) as ms; a date is left to the own back-off. */
function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined
}
