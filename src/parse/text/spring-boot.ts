import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { digitsEnd } from '../quantity.ts'
import { scanIso } from '../timestamp/iso.ts'
import { isHex } from './address.ts'
import { writeMessage, writeTime } from './constant.ts'
import { blanksEnd, capitalLevelEnd, isNameByte, writeLevel, writePid } from './header-part.ts'
import { writeSpanId, writeTraceId } from './trace-context.ts'

const [space, comma, dash, colon, open, close] = [0x20, 0x2c, 0x2d, 0x3a, 0x5b, 0x5d]
const logger = fieldId('log.logger')
const threadName = fieldId('process.thread.name')
const serviceName = fieldId('service.name')
/** Hex digits of the ids of Micrometer Tracing, and the dash between them. */
const [traceDigits, spanDigits] = [32, 16]

/**
 * The console layouts of Spring Boot 2 and 3: `time LEVEL pid --- [app] [thread] [trace-span] logger : msg`, where app
 * and ids may be absent, and Sleuth's `LEVEL [app,trace,span] pid --- [thread] logger : msg`
 * (CONSOLE_LOG_PATTERN in its logback defaults.xml).
 */
export const springBoot = defineTextFormat({
  shape: 'text',
  name: 'spring_boot',
  summary: 'Console layouts of Spring Boot 2 and 3.',
  tier: 'core',
  dataset: 'spring_boot.log',
  module: 'spring_boot',
  fields: [
    'log.level',
    'log.logger',
    'process.pid',
    'process.thread.name',
    'service.name',
    'trace.id',
    'span.id',
    'event.timezone',
    'attributes.process.pid',
  ],
  example: '2026-11-21T22:14:15.003Z ERROR 8710 --- [pay] [nio-8080-exec-1] c.e.pay.PayController : declined',
  starts: ['digit'],
  mark: { at: 4, byte: '-' },
  scan(bytes, start, end, out, context) {
    const time = scanIso(bytes, start, end, context.time, context.scan)
    if (time < 0) return false
    const level = blanksEnd(bytes, time, end)
    const levelEnd = capitalLevelEnd(bytes, level, end)
    if (level === time || levelEnd < 0 || levelEnd >= end || bytes[levelEnd] !== space) return false
    writeTime(out, context)
    writeLevel(bytes, level, levelEnd, out)
    let at = blanksEnd(bytes, levelEnd, end)
    if (bytes[at] === open) {
      at = scanSleuth(bytes, at + 1, end, out)
      if (at < 0) return false
      at = blanksEnd(bytes, at, end)
    }
    const pidEnd = digitsEnd(bytes, at, end)
    if (pidEnd > at) writePid(bytes, at, pidEnd, out)
    at = pidEnd > at ? blanksEnd(bytes, pidEnd, end) : at
    if (at + 4 >= end || bytes[at] !== dash || bytes[at + 1] !== dash || bytes[at + 2] !== dash) return false
    at = scanBrackets(bytes, blanksEnd(bytes, at + 3, end), end, out)
    const name = at < 0 ? -1 : scanLogger(bytes, at, end, out)
    if (name < 0) return false
    writeMessage(name, start, end, out, context)
    return true
  },
})

/** `app,trace,span]` or `app,trace,span,true]`; the parts may be empty. Position after the bracket, or -1. */
function scanSleuth(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let part = 0
  for (let at = start, to = start; to < end; to++) {
    const byte = bytes[to]!
    if (byte !== comma && byte !== close) continue
    if (part === 0) out.text(serviceName, at, to)
    else if (part === 1) writeTraceId(bytes, at, to, out)
    else if (part === 2) writeSpanId(bytes, at, to, out)
    if (byte === close) return part > 0 ? to + 1 : -1
    part++
    at = to + 1
  }
  return -1
}

/**
 * One to three brackets. The last of them holds the ids if it looks like it (or is blank); the one before, or the last,
 * the thread; the first of what is left the application.
 */
function scanBrackets(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let at = start
  let first = -1
  let firstEnd = -1
  let second = -1
  let secondEnd = -1
  let hasIds = false
  for (let count = 0; count < 3 && at < end && bytes[at] === open && !hasIds; count++) {
    let to = at + 1
    while (to < end && !(bytes[to] === close && to + 1 < end && bytes[to + 1] === space)) to++
    if (to >= end) return -1
    const from = blanksEnd(bytes, at + 1, to)
    hasIds = count > 0 && (from === to || isIds(bytes, from, to))
    if (hasIds) writeIds(bytes, from, to, out)
    else if (count === 0) {
      first = from
      firstEnd = to
    } else if (count === 1) {
      second = from
      secondEnd = to
    } else return -1
    at = blanksEnd(bytes, to + 1, end)
  }
  if (first < 0) return -1
  if (second < 0) out.text(threadName, first, firstEnd)
  else {
    out.text(serviceName, first, firstEnd)
    out.text(threadName, second, secondEnd)
  }
  return at
}

function isIds(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== traceDigits + 1 + spanDigits || bytes[start + traceDigits] !== dash) return false
  for (let i = start; i < end; i++) if (!isHex(bytes[i]!) && i !== start + traceDigits) return false
  return true
}

function writeIds(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  if (start === end) return
  writeTraceId(bytes, start, start + traceDigits, out)
  writeSpanId(bytes, start + traceDigits + 1, end, out)
}

/** `c.e.Pay   : `, where `[/]` and the like may be in the name (Tomcat). Where the message begins, or -1. */
function scanLogger(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let to = start
  while (to < end && bytes[to]! > space) to++
  if (to === start || !isNameByte(bytes[start]!)) return -1
  const mark = blanksEnd(bytes, to, end)
  if (mark === to || mark >= end || bytes[mark] !== colon || (mark + 1 < end && bytes[mark + 1] !== space)) return -1
  out.text(logger, start, to)
  return Math.min(mark + 2, end)
}
