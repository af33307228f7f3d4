import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { syslogSeverity, syslogWord } from '../level.ts'
import { digitsEnd, isDigit, scanUint } from '../quantity.ts'
import { writeConstant } from './constant.ts'

const priority = fieldId('log.syslog.priority')
const facilityCode = fieldId('log.syslog.facility.code')
const facilityName = fieldId('log.syslog.facility.name')
const severityCode = fieldId('log.syslog.severity.code')
const severityName = fieldId('log.syslog.severity.name')
const logLevel = fieldId('log.level')

/** RFC 5424 section 6.2.1; the names are those of syslog.h, and of RFC 5427 for 12 to 15. */
const facilities: readonly Uint8Array[] =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit console cron2 local0 local1 local2 local3 local4 local5 local6 local7'
    .split(' ')
    .map(bytesOf)
const severities: readonly Uint8Array[] = Array.from({ length: 8 }, (_, i) => bytesOf(syslogWord(i)))
const maxPriority = 191

/**
 * Reads `<PRI>` at `at`; returns the position after it, or -1 if it is none. */
export function priorityEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end || bytes[at] !== 0x3c) return -1
  const to = digitsEnd(bytes, at + 1, Math.min(end, at + 4))
  if (to === at + 1 || to >= end || bytes[to] !== 0x3e || scanUint(bytes, at + 1, to) > maxPriority) return -1
  return to + 1
}

/** Writes the priority between `start` and `end` (brackets included), what it stands for, and the level. */
export function writePriority(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const value = scanUint(bytes, start + 1, end - 1)
  const severity = value & 7
  out.number(priority, value)
  out.number(facilityCode, value >> 3)
  writeConstant(facilityName, facilities[value >> 3]!, out)
  out.number(severityCode, severity)
  writeConstant(severityName, severities[severity]!, out)
  writeConstant(logLevel, severities[severity]!, out)
  out.setLevel(syslogSeverity(severity))
}

const hashStart = -2_128_831_035

/** FNV-1a of a span, going on from `hash`; the key of a stream is made of host, program and process id. */
export function streamHash(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let value = hash === 0 ? hashStart : hash
  for (let i = start; i < end; i++) value = Math.imul(value ^ bytes[i]!, 16_777_619)
  // A byte that no span has keeps the spans apart.
  value = Math.imul(value ^ 0xff, 16_777_619)
  return value === 0 ? 1 : value
}

/** Whether the span is a number. */
export function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && isDigit(bytes[start]) && digitsEnd(bytes, start, end) === end
}
