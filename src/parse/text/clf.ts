import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId, type FieldName } from '../../core/field.ts'
import type { TextContext } from '../format.ts'
import { scanClf } from '../timestamp/iso.ts'
import { ipv4End, writeIpv4Source, writeSource } from './address.ts'
import { writeTime } from './constant.ts'
import { closingQuote, requestFields, scanCount, scanStatus, writePresent, writeRequest } from './request.ts'

const [space, quote, dash, colon, open, close] = [0x20, 0x22, 0x2d, 0x3a, 0x5b, 0x5d]
const message = fieldId('message')
const userName = fieldId('user.name')
const responseBytes = fieldId('http.response.body.bytes')
const invalidResponseBytes = fieldId('attributes.http.response.body.bytes')
const referrer = fieldId('http.request.referrer')
const userAgent = fieldId('user_agent.original')

/** Hosts, addresses with and without zone, `unix:`, `-`: no blanks, brackets, quotes, equals signs. */
const addressBytes = new Uint8Array(256).fill(1, 0x21)
for (const char of '"[]={') addressBytes[char.charCodeAt(0)] = 0

/** Fields that `scanClfLine` writes. */
export const clfLineFields: readonly FieldName[] = [
  'source.address',
  'source.ip',
  'user.name',
  ...requestFields,
  'http.response.status_code',
  'http.response.body.bytes',
]

/** Fields that `scanClfLine` and `scanAgents` write. */
export const clfFields: readonly FieldName[] = [...clfLineFields, 'http.request.referrer', 'user_agent.original']

/** What the members of the CLF family do differently in the part that they share. */
export interface ClfVariant {
  /** Only `-` may stand in the place of the identity (RFC 1413). */
  readonly hasIdent: boolean
  /** The time has its zone after a blank, as the servers write it; or neither (Python's development servers). */
  readonly hasZone: boolean
}

/**
 * The common log format, `addr ident user [time] "request" status bytes`
 * (https://httpd.apache.org/docs/current/logs.html#common). Writes its fields and returns the position after the bytes;
 * -1 if the line is none. The request line is the message.
 */
export function scanClfLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  variant: ClfVariant,
  out: EventWriter,
  context: TextContext,
): number {
  let address = ipv4End(bytes, start, end)
  const isIpv4 = address > 0 && bytes[address] === space
  if (isIpv4) writeIpv4Source(start, address, out)
  else address = start
  while (address < end && bytes[address] !== space) address++
  if (address === start || address === end) return -1
  let at = address + 1
  if (variant.hasIdent) while (at < end && bytes[at]! > space) at++
  else if (bytes[at] === dash) at++
  if (at === address + 1 || at >= end || bytes[at] !== space) return -1
  const user = at + 1
  const userEnd = endOfUser(bytes, user, end)
  if (userEnd < 0) return -1
  at = scanStamp(bytes, userEnd + 2, end, out, context)
  if (at < 0 || bytes[at] !== close) return -1
  const isZoned = bytes[userEnd + 13] === colon && context.scan.zone === 0
  if (isZoned !== variant.hasZone || at + 4 >= end || bytes[at + 1] !== space || bytes[at + 2] !== quote) return -1
  if (!isIpv4 && !writeSource(bytes, start, address, out) && !isAddress(bytes, start, address)) return -1
  writeTime(out, context)
  if (userEnd - user !== 2 || bytes[user] !== quote) writePresent(userName, bytes, user, userEnd, out)
  return scanRequestPart(bytes, at + 2, start, end, out)
}

function scanStamp(bytes: Uint8Array, at: number, end: number, out: EventWriter, context: TextContext): number {
  const view = out.viewOf(bytes)
  const known = context.clf.find(view, at, end, context.scan)
  if (known > 0) return known
  const to = scanClf(bytes, at, end, context.time, context.scan)
  if (to > 0) context.clf.keep(view, at, to, context.scan)
  return to
}

/** `"request" status bytes` from its quote on. A line without a request line is its own message. */
export function scanRequestPart(bytes: Uint8Array, at: number, start: number, end: number, out: EventWriter): number {
  const request = at + 1
  const requestEnd = closingQuote(bytes, request, end, out)
  const { isProved } = out
  out.isProved = false
  if (requestEnd < 0 || requestEnd + 1 >= end || bytes[requestEnd + 1] !== space) return -1
  const status = scanStatus(bytes, requestEnd + 2, end, out)
  if (status < 0 || status >= end || bytes[status] !== space) return -1
  const to = scanCount(responseBytes, invalidResponseBytes, bytes, status + 1, end, out)
  if (to < 0) return -1
  out.isProved = isProved
  writeRequest(bytes, request, requestEnd, out)
  out.isProved = false
  const isTold = requestEnd - request > 1 || (requestEnd > request && bytes[request] !== dash)
  if (isTold) out.text(message, request, requestEnd)
  else out.text(message, start, end)
  return to
}

/** ` "referer" "agent"` at `at`; returns the position after it or -1. */
export function scanAgents(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  if (at + 5 >= end || bytes[at] !== space || bytes[at + 1] !== quote) return -1
  const referrerEnd = closingQuote(bytes, at + 2, end, out)
  if (referrerEnd < 0 || referrerEnd + 3 >= end) return -1
  if (bytes[referrerEnd + 1] !== space || bytes[referrerEnd + 2] !== quote) return -1
  writePresent(referrer, bytes, at + 2, referrerEnd, out)
  out.isProved = false
  const agentEnd = closingQuote(bytes, referrerEnd + 3, end, out)
  if (agentEnd < 0) return -1
  writePresent(userAgent, bytes, referrerEnd + 3, agentEnd, out)
  out.isProved = false
  return agentEnd + 1
}

function isAddress(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (addressBytes[bytes[i]!] === 0) return false
  return true
}

/** Where the user ends before ` [`; it may hold blanks. -1 if no bracket follows. */
function endOfUser(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 1 < end; i++) if (bytes[i] === space && bytes[i + 1] === open) return i > start ? i : -1
  return -1
}
