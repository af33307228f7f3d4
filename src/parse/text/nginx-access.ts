import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { scanDurationNs, scanUint } from '../quantity.ts'
import { WordTable } from '../word-table.ts'
import { writeIpList } from './address.ts'
import { clfFields, scanAgents, scanClfLine } from './clf.ts'
import { closingQuote, writeHost, writePresent } from './request.ts'

const [space, quote, comma, dash, dot, colon, equals] = [0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x3a, 0x3d]
const secondNs = 1e9
const relatedIp = fieldId('related.ip')
const forwardedFor = fieldId('attributes.nginx.x_forwarded_for')
const tail = fieldId('attributes.nginx.tail')
const requestId = fieldId('http.request.id')
const upstreamDuration = fieldId('logpipe.upstream.duration')
const upstreamStatus = fieldId('logpipe.upstream.status')
const upstreamAddress = fieldId('logpipe.upstream.address')
const upstreamName = fieldId('logpipe.upstream.name')
const connectTime = fieldId('attributes.nginx.upstream_connect_time')
const headerTime = fieldId('attributes.nginx.upstream_header_time')

/** Meanings of the keys of `rt=0.003 urt="0.002"` tails: the usual short forms and the names of the variables. */
const key = { time: 1, upstreamTime: 2, connect: 3, header: 4, address: 5, status: 6, id: 7, host: 8, name: 9 } as const
const keys = new WordTable([
  [key.time, 'rt request_time'],
  [key.upstreamTime, 'urt upstream_response_time'],
  [key.connect, 'uct upstream_connect_time'],
  [key.header, 'uht upstream_header_time'],
  [key.address, 'ua uaddr upstream_addr'],
  [key.status, 'us ustatus upstream_status'],
  [key.id, 'rid request_id req_id'],
  [key.host, 'host vhost'],
  [key.name, 'upstream upstream_name proxy_upstream_name'],
])

const variant = { hasIdent: false, hasZone: true }

/**
 * Lines of nginx: `combined`, `main` with the forwarded list, and both with `$request_time` and
 * `$upstream_response_time` behind them, plain or as `rt=` and `urt=`
 * (https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format). The request line is the message.
 */
export const nginxAccess = defineTextFormat({
  shape: 'text',
  name: 'nginx_access',
  summary: 'Access log of nginx: combined and main, with or without times.',
  tier: 'core',
  dataset: 'nginx.access',
  module: 'nginx',
  isAccess: true,
  constants: { 'event.category': ['web'], 'event.type': ['access'] },
  fields: [
    ...clfFields,
    'http.request.id',
    'url.fragment',
    'url.scheme',
    'url.domain',
    'url.port',
    'event.outcome',
    'event.duration',
    'related.ip',
    'logpipe.upstream.name',
    'logpipe.upstream.address',
    'logpipe.upstream.status',
    'logpipe.upstream.duration',
    'attributes.nginx.x_forwarded_for',
    'attributes.nginx.upstream_connect_time',
    'attributes.nginx.upstream_header_time',
    'attributes.nginx.tail',
  ],
  example:
    '10.0.0.9 - alice [21/Nov/2026:22:14:15 +0000] "GET /pay?id=7 HTTP/1.1" 200 812 "-" "curl/8.5.0" "203.0.113.7" 0.052 0.050',
  starts: ['digit', 'letter', ':-'],
  yieldsTo: [],
  scan(bytes, start, end, out, context) {
    let at = scanClfLine(bytes, start, end, variant, out, context)
    if (at < 0) return false
    at = scanAgents(bytes, at, end, out)
    return at > 0 && scanTail(bytes, at, end, out)
  },
})

/** What follows the user agent. Everything has to fit; only `key=value` pairs may be unknown. */
function scanTail(bytes: Uint8Array, from: number, end: number, out: EventWriter): boolean {
  let at = from
  if (at === end) return true
  if (at + 1 < end && bytes[at] === space && bytes[at + 1] === quote) {
    at = scanForwarded(bytes, at + 2, end, out)
    if (at < 0) return false
    if (at === end) return true
  }
  if (bytes[at] !== space) return false
  if (isKeyAhead(bytes, at + 1, end)) return scanPairs(bytes, at, end, out)
  const to = scanRequestTime(bytes, at + 1, end, out)
  if (to < 0) return false
  if (to === end) return true
  return bytes[to] === space && writeUpstreamTime(bytes, to + 1, end, out)
}

/** The forwarded list, whose inside begins at `from`; returns the position after its quote. */
function scanForwarded(bytes: Uint8Array, from: number, end: number, out: EventWriter): number {
  const to = closingQuote(bytes, from, end, out)
  out.isProved = false
  if (to < 0) return -1
  const isAbsent = to === from || (to === from + 1 && bytes[from] === dash)
  if (!isAbsent && !writeIpList(relatedIp, bytes, from, to, out)) out.text(forwardedFor, from, to)
  return to + 1
}

/** `$request_time`: seconds with a fraction, always (an integer is somebody else's number), or `-`. */
function scanRequestTime(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  if (bytes[at] === dash) return at + 1
  let to = at
  let point = -1
  for (; to < end && bytes[to] !== space; to++) if (bytes[to] === dot) point = to
  const ns = point < 0 ? Number.NaN : secondsNs(bytes, at, to)
  if (Number.isNaN(ns)) return -1
  out.setDurationNs(ns)
  return to
}

/** Seconds in ns. nginx writes three digits after the point; other texts take the careful way. */
function secondsNs(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 5 || end - start > 13 || bytes[end - 4] !== dot) return scanDurationNs(bytes, start, end, secondNs)
  let ms = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30
    if (i === end - 4) continue
    if (digit < 0 || digit > 9) return Number.NaN
    ms = ms * 10 + digit
  }
  return ms * 1e6
}

/**
 * The last of the tries of `0.050, 0.002`, `0.050 : 0.002` to the end of the span, in quotes or not. False if it is
 * anything else.
 */
function writeUpstreamTime(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const isQuoted = end - start > 1 && bytes[start] === quote && bytes[end - 1] === quote
  const from = isQuoted ? start + 1 : start
  const to = isQuoted ? end - 1 : end
  let last = from
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte === space || byte === comma) last = i + 1
    else if (byte !== dash && byte !== dot && byte !== colon && (byte < 0x30 || byte > 0x39)) return false
  }
  if (last === to) return from === to
  if (to - last === 1 && bytes[last] === dash) return true
  const ns = secondsNs(bytes, last, to)
  if (Number.isNaN(ns)) return false
  out.number(upstreamDuration, ns)
  return true
}

/** Whether `word=` begins at `at`. */
function isKeyAhead(bytes: Uint8Array, at: number, end: number): boolean {
  return endOfKey(bytes, at, end) > at
}

function endOfKey(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && isKeyByte(bytes[to]!)) to++
  return to < end && bytes[to] === equals ? to : -1
}

function isKeyByte(byte: number): boolean {
  return ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x5f || (byte >= 0x30 && byte <= 0x39)
}

/** ` key=value key="value"` to the end; the tail is kept as a whole if a key or value is unknown. */
function scanPairs(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  let isKnown = true
  for (let at = start; at < end;) {
    if (bytes[at] !== space) return false
    const keyEnd = endOfKey(bytes, at + 1, end)
    if (keyEnd < 0) return false
    let from = keyEnd + 1
    let to = from
    if (from < end && bytes[from] === quote) {
      to = closingQuote(bytes, ++from, end, out)
      out.isProved = false
      if (to < 0) return false
    } else while (to < end && !endsPlainValue(bytes, to, end)) to++
    if (!writePair(keys.find(bytes, at + 1, keyEnd), bytes, from, to, out)) isKnown = false
    at = bytes[from - 1] === quote ? to + 1 : to
  }
  if (!isKnown) out.text(tail, start + 1, end)
  return true
}

/** A blank, but not the one in a list of tries: `urt=0.050, 0.002`. */
function endsPlainValue(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== space) return false
  if (bytes[at - 1] === comma) return false
  return !(at + 2 < end && bytes[at + 1] === colon && bytes[at + 2] === space) && bytes[at - 1] !== colon
}

function writePair(meaning: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  switch (meaning) {
    case key.time:
      return scanRequestTime(bytes, start, end, out) === end
    case key.upstreamTime:
      return writeUpstreamTime(bytes, start, end, out)
    case key.connect:
      writePresent(connectTime, bytes, start, end, out)
      return true
    case key.header:
      writePresent(headerTime, bytes, start, end, out)
      return true
    case key.address:
      writePresent(upstreamAddress, bytes, lastTry(bytes, start, end), end, out)
      return true
    case key.status: {
      const status = scanUint(bytes, lastTry(bytes, start, end), end)
      if (status >= 0) out.number(upstreamStatus, status)
      return status >= 0 || (end - start === 1 && bytes[start] === dash)
    }
    case key.id:
      writePresent(requestId, bytes, start, end, out)
      return true
    case key.host:
      if (end - start !== 1 || bytes[start] !== dash) writeHost(bytes, start, end, out)
      return true
    case key.name:
      writePresent(upstreamName, bytes, start, end, out)
      return true
    default:
      return false
  }
}

/** Where the last item of `a, b` or `a : b` begins. */
function lastTry(bytes: Uint8Array, start: number, end: number): number {
  let from = end
  while (from > start && bytes[from - 1] !== space) from--
  return from
}
