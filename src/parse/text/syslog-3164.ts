import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId, type FieldName } from '../../core/field.ts'
import { defineTextFormat, type TextContext, type TextFormat } from '../format.ts'
import { isDigit } from '../quantity.ts'
import { scanIso } from '../timestamp/iso.ts'
import { scanNamed } from '../timestamp/named.ts'
import { writeTime } from './constant.ts'
import { writePid } from './header-part.ts'
import { writePresent } from './request.ts'
import { isNumber, priorityEnd, streamHash, writePriority } from './syslog-priority.ts'

const [space, openParen, closeParen, colon, open, close] = [0x20, 0x28, 0x29, 0x3a, 0x5b, 0x5d]
const message = fieldId('message')
const hostname = fieldId('host.hostname')
const syslogHostname = fieldId('log.syslog.hostname')
const appname = fieldId('log.syslog.appname')
const procid = fieldId('log.syslog.procid')
const processName = fieldId('process.name')
const subName = fieldId('attributes.syslog.sub')

const fields: readonly FieldName[] = [
  'log.level',
  'log.syslog.priority',
  'log.syslog.facility.code',
  'log.syslog.facility.name',
  'log.syslog.severity.code',
  'log.syslog.severity.name',
  'log.syslog.hostname',
  'log.syslog.appname',
  'log.syslog.procid',
  'host.hostname',
  'process.name',
  'process.pid',
  'service.name',
  'event.timezone',
  'attributes.syslog.sub',
]
const syslog: Omit<TextFormat, 'name' | 'summary' | 'example' | 'scan' | 'starts'> = {
  shape: 'text',
  tier: 'core',
  dataset: 'system.syslog',
  module: 'system',
  fields,
}

/** A host name or tag that is longer is none. */
const maxWordBytes = 128

/**
 * BSD syslog, `[<PRI>]Nov 21 22:14:15 host tag[pid]: msg` (RFC 3164 section 4.1), as senders and files really have it:
 * with a year, with fractions of a second, without host, with `tag(sub)[pid]`. Without a priority there has to be a tag.
 */
export const syslog3164 = defineTextFormat({
  ...syslog,
  name: 'syslog_3164',
  summary: 'BSD syslog, with or without priority.',
  example: '<34>Nov 21 22:14:15 web-1 pay[8710]: declined',
  starts: ['<', 'letter', 'digit'],
  scan(bytes, start, end, out, context) {
    const from = Math.max(priorityEnd(bytes, start, end), start)
    if (from >= end || !isStamp(bytes, from, end)) return false
    const time = scanNamed(bytes, from, end, context.time, context.scan)
    return time > 0 && scanHeader(bytes, { start, from, time, end }, out, context)
  },
})

/** The same with a time of RFC 3339, as rsyslog and syslog-ng write their files and forward. */
export const syslogIso = defineTextFormat({
  ...syslog,
  name: 'syslog_iso',
  summary: 'Syslog lines with a time of RFC 3339.',
  example: '2026-11-21T22:14:15.003121+00:00 web-1 pay[8710]: declined',
  starts: ['<', 'digit'],
  scan(bytes, start, end, out, context) {
    const from = Math.max(priorityEnd(bytes, start, end), start)
    if (end - from < 22 || bytes[from + 4] !== 0x2d || bytes[from + 10] !== 0x54) return false
    const time = scanIso(bytes, from, end, context.time, context.scan)
    if (time < 0 || (context.scan.zone === 1 && from === start)) return false
    return scanHeader(bytes, { start, from, time, end }, out, context)
  },
})

/** `Nov 21 22…`, `Nov  1 22…`, `2026 Nov 21 22…`, `Nov 21 2026 22…`: English, as the senders write it. */
function isStamp(bytes: Uint8Array, at: number, end: number): boolean {
  const month = isDigit(bytes[at]) && at + 5 < end && bytes[at + 4] === space ? at + 5 : at
  if (month + 15 > end || bytes[month + 3] !== space || !isDigit(bytes[month + 5])) return false
  return (bytes[month + 4] === space || isDigit(bytes[month + 4])) && bytes[month + 6] === space
}

interface Header {
  readonly start: number
  /** Where the time begins, after the priority. */
  readonly from: number
  /** Where the time ends. */
  readonly time: number
  readonly end: number
}

/** `host tag[pid]: msg` after the time. */
function scanHeader(bytes: Uint8Array, header: Header, out: EventWriter, context: TextContext): boolean {
  const { start, from, end } = header
  const time = bytes[header.time] === colon ? header.time + 1 : header.time
  if (time + 1 >= end || bytes[time] !== space) return false
  const first = time + 1
  const hostEnd = wordEnd(bytes, first, end)
  const hasHost = !isTag(bytes, first, hostEnd)
  if (hostEnd - first > maxWordBytes || hostEnd === first || (hasHost && !isHost(bytes, first, hostEnd))) return false
  const tag = hasHost ? Math.min(hostEnd + 1, end) : first
  const tagTo = tagEnd(bytes, tag, end)
  if (tagTo < 0 && from === start) return false
  writeTime(out, context)
  if (from > start) writePriority(bytes, start, from, out)
  let key = 0
  if (hasHost) {
    out.text(hostname, first, hostEnd)
    out.text(syslogHostname, first, hostEnd)
    key = streamHash(key, bytes, first, hostEnd)
  }
  let text = tag
  if (tagTo > 0) {
    writeTag(bytes, tag, tagTo, out)
    key = streamHash(key, bytes, tag, tagTo)
    text = tagTo
    if (bytes[text] === colon) text++
    if (bytes[text] === space) text++
  }
  context.streamKey = key
  text = Math.min(text, end)
  out.text(message, text < end ? text : start, end)
  if (text < end) {
    context.payloadStart = text
    context.payloadEnd = end
  }
  return true
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to]! > space) to++
  return to
}

/** Whether the first word is a tag, so that there is no host: it ends in a colon. */
function isTag(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start + 1 && bytes[end - 1] === colon && bytes[end - 2] !== colon
}

function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const isWord = ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || isDigit(byte) || byte >= 0x80
    if (!isWord && byte !== 0x2d && byte !== 0x2e && byte !== 0x5f && byte !== colon && byte !== 0x2f) return false
  }
  return true
}

/** Where `tag`, `tag[pid]`, `tag(sub)[pid]` ends if a colon follows, or a blank after a process id; -1 otherwise. */
function tagEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + maxWordBytes)
  let to = at
  while (to < limit && isTagByte(bytes[to]!)) to++
  if (to === at || to >= end) return -1
  if (bytes[to] === openParen) {
    while (to < limit && bytes[to] !== closeParen && bytes[to] !== space) to++
    if (to >= limit || bytes[to] !== closeParen) return -1
    to++
  }
  const hasPid = to < end && bytes[to] === open
  if (hasPid) {
    while (to < limit && bytes[to] !== close) to++
    if (to >= limit) return -1
    to++
  }
  if (to === end) return hasPid ? to : -1
  if (bytes[to] === colon) return to + 1 === end || bytes[to + 1] === space || hasPid ? to : -1
  return hasPid && bytes[to] === space ? to : -1
}

function isTagByte(byte: number): boolean {
  return byte > space && byte !== open && byte !== openParen && byte !== colon && byte !== 0x22 && byte !== 0x3d
}

function writeTag(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  let name = start
  while (name < end && bytes[name] !== open && bytes[name] !== openParen) name++
  out.text(appname, start, name)
  out.text(processName, start, name)
  let at = name
  if (at < end && bytes[at] === openParen) {
    while (bytes[at] !== closeParen) at++
    out.text(subName, name + 1, at)
    at++
  }
  if (at >= end || bytes[at] !== open) return
  writePresent(procid, bytes, at + 1, end - 1, out)
  if (isNumber(bytes, at + 1, end - 1)) writePid(bytes, at + 1, end - 1, out)
}
