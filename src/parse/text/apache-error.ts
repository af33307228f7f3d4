import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat, type TextContext } from '../format.ts'
import { scanLevel } from '../level.ts'
import { digitsEnd, isDigit, scanUint } from '../quantity.ts'
import { scanNamed } from '../timestamp/named.ts'
import { writeSource, writeSourceAndPort } from './address.ts'
import { writeMessage, writeTime } from './constant.ts'
import { isWordByte, writePid } from './header-part.ts'

const [space, comma, colon, open, close] = [0x20, 0x2c, 0x3a, 0x5b, 0x5d]
const message = fieldId('message')
const logLevel = fieldId('log.level')
const logger = fieldId('log.logger')
const threadId = fieldId('process.thread.id')
const code = fieldId('event.code')
const referrer = fieldId('http.request.referrer')

function word(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

const pidWord = word('[pid ')
const tidWord = word(':tid ')
const clientWord = word('[client ')
const refererWord = word(', referer: ')

/**
 * The error log of Apache: 2.2 `[time] [level] [client ip] msg`, 2.4 `[time] [module:level] [pid N:tid N] [client
 * ip:port] AHnnnnn: msg` (https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat). Parts after the level may be
 * absent; the referer at the end is no part of the message.
 */
export const apacheError = defineTextFormat({
  shape: 'text',
  name: 'apache_error',
  summary: 'Error log of Apache 2.2 and 2.4.',
  tier: 'core',
  dataset: 'apache.error',
  module: 'apache',
  fields: [
    'log.level',
    'log.logger',
    'process.pid',
    'process.thread.id',
    'source.address',
    'source.ip',
    'source.port',
    'event.code',
    'http.request.referrer',
    'event.timezone',
  ],
  example:
    '[Sat Nov 21 22:14:15.003121 2026] [proxy:error] [pid 8710:tid 140] [client 10.0.0.9:51514] AH00898: Error reading from remote server',
  starts: ['['],
  scan(bytes, start, end, out, context) {
    if (end - start < 30 || bytes[start + 4] !== space || isDigit(bytes[start + 1])) return false
    const time = scanNamed(bytes, start + 1, end, context.time, context.scan)
    if (time < 0 || time + 3 >= end || bytes[time] !== close || bytes[time + 1] !== space || bytes[time + 2] !== open) {
      return false
    }
    const module = time + 3
    let at = module
    while (at < end && isWordByte(bytes[at]!)) at++
    const moduleEnd = at
    const hasModule = at < end && bytes[at] === colon
    const level = hasModule ? at + 1 : module
    if (hasModule) for (at = level; at < end && isWordByte(bytes[at]!);) at++
    if (at >= end || bytes[at] !== close || levelOf(bytes, level, at) === 0) return false
    writeTime(out, context)
    out.lower(logLevel, bytes, level, at)
    out.setLevel(levelOf(bytes, level, at))
    if (hasModule) out.text(logger, module, moduleEnd)
    const text = scanParts(hasModule, bytes, at + 1, end, out)
    writeText(bytes, text, start, end, out, context)
    return true
  },
})

/** The level of a word, or of `trace1` to `trace8`; 0 if it is none. */
function levelOf(bytes: Uint8Array, start: number, end: number): number {
  return scanLevel(bytes, start, isDigit(bytes[end - 1]) ? end - 1 : end)
}

/** ` [pid N:tid N]` and ` [client ip:port]`; returns where the text begins. */
function scanParts(is24: boolean, bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let at = start
  if (hasAt(pidWord, bytes, at + 1, end)) {
    const pid = at + 1 + pidWord.length
    const pidEnd = digitsEnd(bytes, pid, end)
    let to = pidEnd
    let thread = -1
    if (hasAt(tidWord, bytes, pidEnd, end)) {
      to = digitsEnd(bytes, pidEnd + tidWord.length, end)
      thread = scanUint(bytes, pidEnd + tidWord.length, to)
    }
    if (pidEnd > pid && to < end && bytes[to] === close) {
      writePid(bytes, pid, pidEnd, out)
      if (thread >= 0) out.number(threadId, thread)
      at = to + 1
    }
  }
  if (hasAt(clientWord, bytes, at + 1, end)) {
    const from = at + 1 + clientWord.length
    let to = from
    while (to < end && bytes[to] !== close) to++
    if (to < end) {
      if (is24 || hasPort(bytes, from, to)) writeSourceAndPort(bytes, from, to, out)
      else writeSource(bytes, from, to, out)
      at = to + 1
    }
  }
  return at < end && bytes[at] === space ? at + 1 : at
}

/** One colon is before a port; an IPv6 address has more, and a port behind them only in 2.4. */
function hasPort(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0
  for (let i = start; i < end; i++) if (bytes[i] === colon) colons++
  return colons === 1
}

/** `AHnnnnn: msg, referer: …`; the code stays in the message, too. */
function writeText(
  bytes: Uint8Array,
  text: number,
  start: number,
  end: number,
  out: EventWriter,
  context: TextContext,
): void {
  const isCode = bytes[text] === 0x41 && bytes[text + 1] === 0x48 && digitsEnd(bytes, text + 2, end) === text + 7
  if (isCode && text + 7 < end && bytes[text + 7] === colon) out.text(code, text, text + 7)
  let tail = end - refererWord.length
  while (tail > text && !(bytes[tail] === comma && hasAt(refererWord, bytes, tail, end))) tail--
  if (tail <= text) return writeMessage(text, start, end, out, context)
  out.text(referrer, tail + refererWord.length, end)
  out.text(message, text, tail)
}

function hasAt(part: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < part.length) return false
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false
  return true
}
