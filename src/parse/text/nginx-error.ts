import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { scanLevel } from '../level.ts'
import { digitsEnd, scanUint } from '../quantity.ts'
import { scanSlashDate } from '../timestamp/numeric.ts'
import { WordTable } from '../word-table.ts'
import { writeSource, writeSourceAndPort } from './address.ts'
import { writeMessage, writeTime } from './constant.ts'
import { writeLevel, writePid } from './header-part.ts'
import { requestFields, writeHost, writePresent, writeRequest } from './request.ts'

const [space, quote, hash, star, comma, slash, colon, open, close] = [
  0x20, 0x22, 0x23, 0x2a, 0x2c, 0x2f, 0x3a, 0x5b, 0x5d,
]
const message = fieldId('message')
const threadId = fieldId('process.thread.id')
const connectionId = fieldId('attributes.nginx.connection_id')
const serverAddress = fieldId('server.address')
const referrer = fieldId('http.request.referrer')
const upstreamAddress = fieldId('logpipe.upstream.address')

/** Keys of the tail, in the order in which nginx writes them (ngx_http_log_error_handler, ngx_stream_log_error). */
const key = { client: 1, server: 2, request: 3, upstream: 4, host: 5, referrer: 6, other: 7 } as const
const keys = new WordTable([
  [key.client, 'client'],
  [key.server, 'server'],
  [key.request, 'request'],
  [key.upstream, 'upstream'],
  [key.host, 'host'],
  [key.referrer, 'referrer'],
  [key.other, 'subrequest login'],
])
/** `, client: ` may be part of what a client sent: so many places are looked at. */
const maxTails = 4
/** Meaning, start and end of the value of each part of a tail; nothing else has so many. */
const maxParts = 12
const parts = new Int32Array(maxParts * 3)

/**
 * The error log of nginx: `2026/11/21 22:14:15 [error] 8710#8711: *42 msg, client: …, server: …, request: "…", upstream:
 * "…", host: "…"` (src/core/ngx_log.c). The message is what stands before the tail.
 */
export const nginxError = defineTextFormat({
  shape: 'text',
  name: 'nginx_error',
  summary: 'Error log of nginx.',
  tier: 'core',
  dataset: 'nginx.error',
  module: 'nginx',
  fields: [
    'log.level',
    'process.pid',
    'process.thread.id',
    'source.address',
    'source.ip',
    'source.port',
    'server.address',
    ...requestFields,
    'http.request.referrer',
    'url.domain',
    'url.port',
    'logpipe.upstream.address',
    'attributes.nginx.connection_id',
    'event.timezone',
  ],
  example:
    '2026/11/21 22:14:15 [error] 8710#8711: *42 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: pay.example.com, request: "GET /pay HTTP/1.1", upstream: "http://10.0.0.3:8080/pay", host: "pay.example.com"',
  starts: ['digit'],
  mark: { at: 20, byte: '[' },
  scan(bytes, start, end, out, context) {
    if (end - start < 26 || bytes[start + 4] !== slash || bytes[start + 20] !== open) return false
    const time = scanSlashDate(bytes, start, end, context.time, context.scan)
    if (time !== start + 19 || bytes[time] !== space) return false
    const level = time + 2
    let at = level
    while (at < end && bytes[at]! >= 0x61 && bytes[at]! <= 0x7a) at++
    if (at + 2 >= end || bytes[at] !== close || bytes[at + 1] !== space || scanLevel(bytes, level, at) === 0)
      return false
    const pid = at + 2
    const pidEnd = digitsEnd(bytes, pid, end)
    if (pidEnd === pid || pidEnd >= end || bytes[pidEnd] !== hash) return false
    const thread = digitsEnd(bytes, pidEnd + 1, end)
    if (thread === pidEnd + 1 || thread >= end || bytes[thread] !== colon) return false
    writeTime(out, context)
    writeLevel(bytes, level, at, out)
    writePid(bytes, pid, pidEnd, out)
    const threadNumber = scanUint(bytes, pidEnd + 1, thread)
    if (threadNumber >= 0) out.number(threadId, threadNumber)
    const text = scanConnection(bytes, thread + 1, end, out)
    const tail = findTail(bytes, text, end)
    if (tail > text && tail < end) {
      out.text(message, text, tail)
      writeTail(bytes, out)
    } else writeMessage(text, start, end, out, context)
    return true
  },
})

/** ` *42 ` after the header; where the text begins. */
function scanConnection(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  const from = at < end && bytes[at] === space ? at + 1 : at
  if (from >= end || bytes[from] !== star) return from
  const to = digitsEnd(bytes, from + 1, end)
  const id = scanUint(bytes, from + 1, to)
  if (id < 0 || (to < end && bytes[to] !== space)) return from
  out.number(connectionId, id)
  return Math.min(to + 1, end)
}

/**
 * Where the tail begins, with its comma: the first `, client: ` from which on all parts fit, which are in `parts` then.
 * `end` without one.
 */
function findTail(bytes: Uint8Array, start: number, end: number): number {
  let tails = 0
  for (let i = start; i + 10 < end && tails < maxTails; i++) {
    if (bytes[i] !== comma || bytes[i + 1] !== space || bytes[i + 8] !== colon) continue
    if (keys.find(bytes, i + 2, i + 8) !== key.client) continue
    if (readParts(bytes, i, end)) return i
    tails++
  }
  return end
}

/** Fills `parts`; false if there are other things among them. */
function readParts(bytes: Uint8Array, start: number, end: number): boolean {
  parts.fill(0)
  let count = 0
  for (let at = start; at < end; count++) {
    const meaning = keyAt(bytes, at, end)
    if (meaning === 0 || count === maxParts) return false
    const from = valueStart(bytes, at)
    const to = partEnd(bytes, from, end)
    const isQuoted = from < to && bytes[from] === quote
    if (!isQuoted) for (let i = from; i < to; i++) if (bytes[i] === space || bytes[i] === quote) return false
    parts[count * 3] = meaning
    parts[count * 3 + 1] = isQuoted ? from + 1 : from
    parts[count * 3 + 2] = isQuoted && bytes[to - 1] === quote && to - 1 > from ? to - 1 : to
    at = to
  }
  return true
}

function writeTail(bytes: Uint8Array, out: EventWriter): void {
  for (let i = 0; i < parts.length && parts[i] !== 0; i += 3) {
    if (parts[i + 1]! < parts[i + 2]!) writePart(parts[i]!, bytes, parts[i + 1]!, parts[i + 2]!, out)
  }
}

/** Where the value of a part begins that has a key. */
function valueStart(bytes: Uint8Array, at: number): number {
  let to = at + 2
  while (bytes[to] !== colon) to++
  return to + 2
}

/** Key of a part `, key: ` at `at`; 0 if there is none. */
function keyAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end || bytes[at] !== comma || bytes[at + 1] !== space) return 0
  let to = at + 2
  while (to < end && to < at + 13 && bytes[to]! >= 0x61 && bytes[to]! <= 0x7a) to++
  if (to >= end || bytes[to] !== colon || (to + 1 < end && bytes[to + 1] !== space)) return 0
  return keys.find(bytes, at + 2, to)
}

/**
 * Where a part ends whose value begins at `from`: before the next key. A quoted text is not escaped: only a quote before
 * a key or the end ends it.
 */
function partEnd(bytes: Uint8Array, from: number, end: number): number {
  const isQuoted = from < end && bytes[from] === quote
  for (let i = from; i < end; i++) {
    if (bytes[i] !== comma || (isQuoted && (bytes[i - 1] !== quote || i - 1 === from))) continue
    if (keyAt(bytes, i, end) !== 0) return i
  }
  return end
}

function writePart(meaning: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  switch (meaning) {
    case key.client:
      if (bytes[start] === open || isIpv4WithPort(bytes, start, end)) writeSourceAndPort(bytes, start, end, out)
      else writeSource(bytes, start, end, out)
      break
    case key.server:
      if (end - start !== 1 || bytes[start] !== 0x5f) writePresent(serverAddress, bytes, start, end, out)
      break
    case key.request:
      writeRequest(bytes, start, end, out)
      break
    case key.upstream:
      writeUpstream(bytes, start, end, out)
      break
    case key.host:
      writeHost(bytes, start, end, out)
      break
    case key.referrer:
      writePresent(referrer, bytes, start, end, out)
      break
  }
}

/** One colon alone: IPv6 addresses have more. */
function isIpv4WithPort(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0
  for (let i = start; i < end; i++) if (bytes[i] === colon) colons++
  return colons === 1
}

/** Host and port of `http://10.0.0.3:8080/pay`, the path of `fastcgi://unix:/run/php.sock:`. */
function writeUpstream(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  let from = start
  for (let i = start; i + 2 < end; i++) {
    if (bytes[i] !== colon || bytes[i + 1] !== slash || bytes[i + 2] !== slash) continue
    from = i + 3
    break
  }
  let to = from
  if (from + 4 < end && bytes[from] === 0x75 && bytes[from + 4] === colon) {
    // `unix:/run/php.sock:/uri`: the second colon ends the path of the socket.
    to = from + 5
    while (to < end && bytes[to] !== colon) to++
  } else while (to < end && bytes[to] !== slash) to++
  out.text(upstreamAddress, from, to)
}
