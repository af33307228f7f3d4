import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { writeSourceAndPort } from './address.ts'
import { writeMessage, writeWebAccess } from './constant.ts'
import { capitalLevelEnd, writeLevel } from './header-part.ts'
import { closingQuote, requestFields, scanStatus, writeRequest, writeTarget } from './request.ts'

const [space, quote, dash, colon] = [0x20, 0x22, 0x2d, 0x3a]
const message = fieldId('message')
const webSocket = bytesOf('WebSocket ')
const accepted = bytesOf('[accepted]')
/** `levelprefix` is the word, a colon and blanks: nine bytes, and a blank follows (uvicorn/logging.py). */
const prefixBytes = 10

/**
 * Uvicorn's default layouts, `INFO:     msg` and `INFO:     addr:port - "request" status phrase`. They have no time. For
 * requests the level follows from the status: the word before them is always INFO.
 */
export const uvicorn = defineTextFormat({
  shape: 'text',
  name: 'uvicorn',
  summary: "Uvicorn's own layouts: messages and requests, without a time.",
  tier: 'core',
  dataset: 'uvicorn.log',
  module: 'uvicorn',
  isAccess: true,
  fields: [
    'log.level',
    'source.address',
    'source.ip',
    'source.port',
    ...requestFields,
    'http.response.status_code',
    'event.category',
    'event.type',
    'event.outcome',
  ],
  example: 'INFO:     10.0.0.9:51514 - "GET /pay HTTP/1.1" 200 OK',
  starts: ['CDEITW'],
  scan(bytes, start, end, out, context) {
    const level = capitalLevelEnd(bytes, start, end)
    const text = start + prefixBytes
    if (level < 0 || text >= end || bytes[level] !== colon) return false
    for (let i = level + 1; i < text; i++) if (bytes[i] !== space) return false
    if (scanAccess(bytes, text, end, out)) return true
    if (bytes[text] === space) return false
    writeLevel(bytes, start, level, out)
    writeMessage(text, start, end, out, context)
    return true
  },
})

/** False before anything is written if the text is no request. */
function scanAccess(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  let address = start
  while (address < end && bytes[address]! > space) address++
  if (address + 4 >= end || bytes[address + 1] !== dash || bytes[address + 2] !== space) return false
  const request = address + 4
  if (bytes[address + 3] !== quote) return false
  const requestEnd = closingQuote(bytes, request, end, out)
  out.isProved = false
  if (requestEnd < 0 || requestEnd + 2 >= end || bytes[requestEnd + 1] !== space) return false
  const isWebSocket = startsWith(webSocket, bytes, request, requestEnd)
  const status = requestEnd + 2
  if (!isStatusAhead(bytes, status, end) && !(isWebSocket && startsWith(accepted, bytes, status, end))) return false
  scanStatus(bytes, status, end, out)
  writeSourceAndPort(bytes, start, address, out)
  if (isWebSocket) writeTarget(bytes, request + webSocket.length, requestEnd, out)
  else writeRequest(bytes, request, requestEnd, out)
  out.text(message, request, requestEnd)
  writeWebAccess(out)
  return true
}

function startsWith(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}

function isStatusAhead(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 3 > end || (at + 3 < end && bytes[at + 3] !== space)) return false
  for (let i = at; i < at + 3; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false
  return true
}
