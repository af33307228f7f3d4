import type { MiddlewareHandler } from 'hono'

/** Hosts that are this machine: the only ones that requests may name, so that a foreign page cannot rebind a name to it. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return loopback.test(host === '::1' ? '[::1]' : host)
}

const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=()',
  'cache-control': 'no-store',
}

/** Refuses foreign hosts (421) and calls that another site's page makes (403); every answer gets the fixed headers. */
export const protect: MiddlewareHandler = async (context, next) => {
  const { req } = context
  if (!loopback.test(req.header('host') ?? new URL(req.url).host)) context.res = refusal(421, 'unknown host')
  else if (
    req.method !== 'GET' &&
    req.method !== 'HEAD' &&
    !isOwnSite(req.header('origin'), req.header('sec-fetch-site'))
  )
    context.res = refusal(403, 'cross-site request')
  else await next()
  for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value)
}

/** `Origin` and `Sec-Fetch-Site` are sent by browsers alone. */
function isOwnSite(origin: string | undefined, site: string | undefined): boolean {
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return false
  return origin === undefined || loopback.test(origin.replace(/^https?:\/\//, ''))
}

/** A short answer in plain text. */
export function refusal(status: number, text: string, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...more } })
}
