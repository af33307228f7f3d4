import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat, type ScanContext } from '../format.ts'
import { digitsEnd, isDigit } from '../quantity.ts'
import { writeSource } from './address.ts'
import { writeConstant, writeJsonConstant, writeWebAccess } from './constant.ts'
import {
  afterColon,
  durationEnd,
  durationOf,
  head,
  headAt,
  key,
  keyOf,
  markAt,
  markSize,
  result,
  resultOf,
  shareOf,
  skipBlanks,
  skipSeparators,
  skipTook,
  valueEnd,
  wordEnd,
} from './monitor-word.ts'
import { scanOrder, scanOrderState, scanSignal } from './monitor-trade.ts'
import { endOfMethod, writePresent, writeTarget } from './request.ts'

const [space, comma, colon, equals, open, close] = [0x20, 0x2c, 0x3a, 0x3d, 0x28, 0x29]
const message = fieldId('message')
const action = fieldId('event.action')
const reason = fieldId('event.reason')
const category = fieldId('event.category')
const userName = fieldId('user.name')
const method = fieldId('http.request.method')
const endpoint = fieldId('logpipe.http.endpoint')
const kind = fieldId('logpipe.business.kind')
const query = fieldId('attributes.query')
const shares: readonly number[] = [
  fieldId('logpipe.business.cpu_pct'),
  fieldId('logpipe.business.memory_pct'),
  fieldId('logpipe.business.disk_pct'),
]
const [success, failure] = [1, 2]

const slowRequest = bytesOf('slow_request')
const slowQuery = bytesOf('slow_query')
const database = bytesOf('["database"]')
const userAction = bytesOf('user_action')
const resource = bytesOf('resource')
const task = bytesOf('task')

/**
 * Lines of business and system monitors, in Chinese and English (`docs/formats.md` section 9): slow and
 * finished requests, slow queries, actions of users, orders, signals, shares of resources, tasks.
 */
export const monitor = defineTextFormat({
  shape: 'text',
  name: 'monitor',
  summary: 'Business lines of system monitors, in Chinese and English.',
  tier: 'core',
  dataset: 'monitor.event',
  module: 'monitor',
  fields: [
    'event.action',
    'event.category',
    'event.type',
    'event.duration',
    'event.outcome',
    'event.reason',
    'http.request.method',
    'http.response.status_code',
    'url.original',
    'url.path',
    'url.query',
    'user.name',
    'source.address',
    'source.ip',
    'logpipe.slow',
    'logpipe.http.endpoint',
    'logpipe.business.kind',
    'logpipe.business.order_id',
    'logpipe.business.symbol',
    'logpipe.business.side',
    'logpipe.business.quantity',
    'logpipe.business.price',
    'logpipe.business.amount',
    'logpipe.business.currency',
    'logpipe.business.status',
    'logpipe.business.strategy',
    'logpipe.business.strength',
    'logpipe.business.cpu_pct',
    'logpipe.business.memory_pct',
    'logpipe.business.disk_pct',
    'attributes.query',
  ],
  example: '慢请求: GET /orders (list_orders) - 0.52秒',
  starts: ['letter'],
  scan(bytes, start, end, out, context) {
    if (!scanMonitor(bytes, start, end, out, context)) return false
    out.text(message, start, end)
    return true
  },
})

/**
 * Reads `bytes[start, end)`, the message of an event, as a monitor line; writes its fields, not the message. False, with
 * what was written to be taken back, if it is none.
 */
export function scanMonitor(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
  _context: ScanContext,
): boolean {
  const found = headAt(bytes, start, end)
  if (found === 0) return false
  const meaning = found >> 16
  const at = start + (found & 0xffff)
  switch (meaning) {
    case head.slowRequest:
      return scanSlowRequest(bytes, at, end, out)
    case head.slowQuery:
      return scanSlowQuery(bytes, at, end, out)
    case head.requestDone:
    case head.requestFailed:
      return scanRequestEnd(meaning === head.requestFailed, bytes, at, end, out)
    case head.order:
      return scanOrder(bytes, at, end, out)
    case head.signal:
      return scanSignal(bytes, at, end, out)
    case head.task:
      return scanTask(bytes, at, end, out)
    case head.user:
      return scanUserAction(bytes, start, end, out)
    case head.cpu:
    case head.memory:
    case head.disk:
      return scanShares(bytes, start, end, out)
    default:
      return scanOrderState(meaning - head.orderState, bytes, at, end, out)
  }
}

/** `GET /path` with the endpoint in brackets; returns the position after it or -1. */
function scanTargetPart(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  const methodEnd = endOfMethod(bytes, at, end)
  if (methodEnd < 0 || bytes[methodEnd + 1] !== 0x2f) return -1
  let to = methodEnd + 1
  while (to < end && !endsTarget(bytes, to, end)) to++
  out.text(method, at, methodEnd)
  writeTarget(bytes, methodEnd + 1, to, out)
  const bracket = skipBlanks(bytes, to, end)
  if (markAt(bytes, bracket, end) !== open) return to
  const from = bracket + markSize(bytes, bracket)
  let bracketEnd = from
  while (bracketEnd < end && markAt(bytes, bracketEnd, end) !== close) bracketEnd++
  if (bracketEnd >= end) return -1
  out.text(endpoint, from, bracketEnd)
  return bracketEnd + markSize(bytes, bracketEnd)
}

/** A blank, or a full-width bracket or comma, which nobody writes into a target. */
function endsTarget(bytes: Uint8Array, at: number, end: number): boolean {
  const mark = markAt(bytes, at, end)
  return mark <= space || (mark !== bytes[at] && (mark === open || mark === comma))
}

/** A duration at `at`, after `took` and its like; returns the position after it or -1. */
function scanDuration(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  const from = skipTook(bytes, at, end)
  const to = durationEnd(bytes, from, end)
  const ns = durationOf(bytes, from, to)
  if (Number.isNaN(ns)) return -1
  out.setDurationNs(ns)
  return to
}

function scanSlowRequest(bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const from = afterColon(bytes, at, end)
  if (from < 0) return false
  const target = scanTargetPart(bytes, from, end, out)
  if (target < 0 || scanDuration(bytes, target, end, out) < 0) return false
  writeConstant(action, slowRequest, out)
  writeWebAccess(out)
  out.setSlow()
  return true
}

function scanSlowQuery(bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const from = afterColon(bytes, at, end)
  const to = from < 0 ? -1 : scanDuration(bytes, from, end, out)
  if (to < 0) return false
  writeConstant(action, slowQuery, out)
  writeJsonConstant(category, database, out)
  out.setSlow()
  const rest = skipSeparators(bytes, to, end)
  const text = markAt(bytes, rest, end) === colon ? skipBlanks(bytes, rest + markSize(bytes, rest), end) : rest
  writePresent(query, bytes, text, end, out)
  return true
}

/** `GET /health 200 12ms`: status and duration may be absent, not both; what follows them is the reason. */
function scanRequestEnd(isFailed: boolean, bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const from = afterColon(bytes, at, end)
  const target = from < 0 ? -1 : scanTargetPart(bytes, from, end, out)
  if (target < 0) return false
  let to = skipSeparators(bytes, target, end)
  const digits = digitsEnd(bytes, to, end)
  const isStatus = digits === to + 3 && bytes[to]! >= 0x31 && bytes[to]! <= 0x35
  const hasStatus = isStatus && (digits === end || bytes[digits] === space || bytes[digits] === comma)
  if (hasStatus) {
    out.setStatus((bytes[to]! - 0x30) * 100 + (bytes[to + 1]! - 0x30) * 10 + bytes[to + 2]! - 0x30)
    to = skipSeparators(bytes, digits, end)
  }
  const duration = to < end ? scanDuration(bytes, to, end, out) : -1
  if (duration < 0 && !hasStatus) return false
  writeWebAccess(out)
  if (isFailed) out.setOutcome(failure)
  else if (!hasStatus) out.setOutcome(success)
  const rest = afterColonOrSeparators(bytes, duration < 0 ? to : duration, end)
  if (isFailed) writePresent(reason, bytes, rest, end, out)
  return true
}

function afterColonOrSeparators(bytes: Uint8Array, at: number, end: number): number {
  const to = afterColon(bytes, at, end)
  return to < 0 ? skipSeparators(bytes, at, end) : to
}

/** `user:alice action:login ip:10.0.0.9`, in any order after the user. */
function scanUserAction(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  let hasUser = false
  let hasAction = false
  for (let at = start; at < end;) {
    const keyEnd = wordEnd(bytes, at, end)
    const mark = markAt(bytes, keyEnd, end)
    if (keyEnd === at || (mark !== colon && mark !== equals)) return false
    const from = skipBlanks(bytes, keyEnd + markSize(bytes, keyEnd), end)
    const to = valueEnd(bytes, from, end)
    switch (keyOf(bytes, at, keyEnd)) {
      case key.user:
        writePresent(userName, bytes, from, to, out)
        hasUser = to > from
        break
      case key.action:
        writePresent(action, bytes, from, to, out)
        hasAction = to > from
        break
      case key.ip:
        writeSource(bytes, from, to, out)
        break
      case key.status:
        writeResult(resultOf(bytes, from, to), out)
        break
      case key.reason:
        writePresent(reason, bytes, from, to, out)
        break
      case key.duration:
        out.setDurationNs(durationOf(bytes, from, to))
        break
    }
    at = skipSeparators(bytes, to, end)
  }
  if (!hasUser || !hasAction) return false
  writeConstant(kind, userAction, out)
  return true
}

function writeResult(found: number, out: EventWriter): void {
  if (found === result.success) out.setOutcome(success)
  else if (found === result.failure) out.setOutcome(failure)
}

/** `cpu: 91.5% mem: 78% disk: 66%`: every pair has to be one. */
function scanShares(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  for (let at = start; at < end;) {
    const found = headAt(bytes, at, end)
    const meaning = found >> 16
    if (meaning < head.cpu || meaning > head.disk) return false
    let from = skipBlanks(bytes, at + (found & 0xffff), end)
    const mark = markAt(bytes, from, end)
    if (mark === colon || mark === equals) from = skipBlanks(bytes, from + markSize(bytes, from), end)
    const to = valueEnd(bytes, from, end)
    const share = shareOf(bytes, from, to)
    if (Number.isNaN(share)) return false
    out.number(shares[meaning - head.cpu]!, share)
    at = skipSeparators(bytes, to, end)
  }
  writeConstant(kind, resource, out)
  return true
}

/** `backup_db finished in 42.1s`, `backup_db 执行失败: timeout`. */
function scanTask(bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const colonEnd = afterColon(bytes, at, end)
  const name = colonEnd < 0 ? skipBlanks(bytes, at, end) : colonEnd
  const nameEnd = wordEnd(bytes, name, end)
  const word = afterColonOrSeparators(bytes, nameEnd, end)
  const resultEnd = wordEnd(bytes, word, end)
  const found = resultOf(bytes, word, resultEnd)
  if (nameEnd === name || found === 0 || name === at) return false
  const duration = resultEnd < end ? scanDuration(bytes, resultEnd, end, out) : -1
  const rest = afterColonOrSeparators(bytes, duration < 0 ? resultEnd : duration, end)
  if (rest < end && found !== result.failure && duration < 0 && !isBracket(bytes, rest, end)) return false
  out.text(action, name, nameEnd)
  writeConstant(kind, task, out)
  writeResult(found, out)
  if (found !== result.failure) return true
  out.setError()
  writePresent(reason, bytes, rest, end, out)
  return true
}

function isBracket(bytes: Uint8Array, at: number, end: number): boolean {
  return markAt(bytes, at, end) === open || isDigit(bytes[at])
}
