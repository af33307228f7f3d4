import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat, type TextContext } from '../format.ts'
import { scanClf } from '../timestamp/iso.ts'
import { hasAt } from '../join-rule.ts'
import { WordTable } from '../word-table.ts'
import { clfLineFields, scanClfLine, scanRequestPart } from './clf.ts'
import { writeMessage, writeTime, writeWebAccess } from './constant.ts'
import { writeTarget } from './request.ts'

const [space, quote, colon, open, close, slash, openParen] = [0x20, 0x22, 0x3a, 0x5b, 0x5d, 0x2f, 0x28]
const message = fieldId('message')
const variant = { hasIdent: false, hasZone: false }
/** `_` stands for a blank: the phrases that `django.request` and `django.security` begin their lines with. */
const phrases = new WordTable([
  [1, 'internal_server_error not_found bad_request forbidden unauthorized method_not_allowed not_acceptable'],
  [1, 'service_unavailable bad_gateway gateway_timeout too_many_requests gone not_implemented conflict'],
])
const phrase = new Uint8Array(32)
const code = bytesOf('code ')
const dash = bytesOf('- ')

/**
 * The development servers of Django and Werkzeug: `[time] "request" status bytes`, the same after an address, notes
 * (`[time] code 400, message …`), and the lines of `django.request`, `Internal Server Error: /path`, which have no time
 * (django/core/servers/basehttp.py, django/utils/log.py, werkzeug/serving.py).
 */
export const django = defineTextFormat({
  shape: 'text',
  name: 'django',
  summary: "Django's runserver and Werkzeug: requests, notes, and lines of django.request.",
  tier: 'core',
  dataset: 'django.server',
  module: 'django',
  isAccess: true,
  fields: [...clfLineFields, 'event.category', 'event.type', 'event.outcome', 'event.timezone'],
  example: '[21/Nov/2026 22:14:15] "GET /pay HTTP/1.1" 500 812',
  starts: ['[', 'digit', 'letter', ':'],
  scan(bytes, start, end, out, context) {
    if (bytes[start] === open) return scanRunserver(bytes, start, end, out, context)
    if (scanPhrase(bytes, start, end, out)) return true
    const to = scanClfLine(bytes, start, end, variant, out, context)
    if (to !== end) return false
    writeWebAccess(out)
    return true
  },
})

function scanRunserver(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): boolean {
  const time = scanClf(bytes, start + 1, end, context.time, context.scan)
  if (time < 0 || time + 2 >= end || bytes[time] !== close || bytes[time + 1] !== space) return false
  if (bytes[start + 12] !== space || context.scan.zone !== 1) return false
  writeTime(out, context)
  if (bytes[time + 2] === quote) {
    if (scanRequestPart(bytes, time + 2, start, end, out) !== end) return false
    writeWebAccess(out)
    return true
  }
  // `code 400, message …` and `- Broken pipe from (…)`.
  const isBroken = hasAt(bytes, time + 2, end, dash)
  if (!isBroken && !hasAt(bytes, time + 2, end, code)) return false
  writeMessage(isBroken ? time + 4 : time + 2, start, end, out, context)
  return true
}

/** `Not Found: /path`, `Method Not Allowed (POST): /path`. */
function scanPhrase(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  let to = start
  while (to < end && to - start < phrase.length && bytes[to] !== colon && bytes[to] !== openParen) {
    phrase[to - start] = bytes[to] === space ? 0x5f : bytes[to]!
    to++
  }
  if (to >= end || to - start >= phrase.length) return false
  let size = to - start
  if (bytes[to] === openParen) {
    while (to < end && bytes[to] !== colon && bytes[to] !== slash) to++
    size--
  }
  if (to + 2 >= end || bytes[to] !== colon || bytes[to + 1] !== space || bytes[to + 2] !== slash) return false
  if (phrases.find(phrase, 0, size) === 0) return false
  for (let i = to + 2; i < end; i++) if (bytes[i] === space) return false
  writeTarget(bytes, to + 2, end, out)
  out.text(message, start, end)
  return true
}
