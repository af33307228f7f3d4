import type { EventWriter } from '../../core/event-writer.ts'
import { defineTextFormat, type TextContext } from '../format.ts'
import { scanLevel } from '../level.ts'
import { decimalEnd, digitsEnd, scanDurationNs } from '../quantity.ts'
import { scanIso } from '../timestamp/iso.ts'
import { clfFields, scanAgents, scanClfLine } from './clf.ts'
import { writeMessage, writeTime, writeWebAccess } from './constant.ts'
import { writeLevel, writePid } from './header-part.ts'

const [space, open, close] = [0x20, 0x5b, 0x5d]
const variant = { hasIdent: true, hasZone: true }
const unitNs = { none: Number.NaN, us: 1e3, s: 1e9 } as const

/**
 * Gunicorn: `[time zone] [pid] [LEVEL] msg`, and its access lines, which are `combined` with an optional `%(D)s` or
 * `%(L)s` behind (https://docs.gunicorn.org/en/stable/settings.html#access-log-format). The unit of that number is a
 * setting; without one a line that has it is none of this format.
 */
export const gunicorn = defineTextFormat({
  shape: 'text',
  name: 'gunicorn',
  summary: 'Error and access log of Gunicorn.',
  tier: 'core',
  dataset: 'gunicorn.log',
  module: 'gunicorn',
  isAccess: true,
  fields: ['log.level', 'process.pid', ...clfFields, 'event.category', 'event.type', 'event.outcome', 'event.duration'],
  example: '[2026-11-21 22:14:15 +0000] [8710] [INFO] Booting worker with pid: 8712',
  starts: ['[', 'digit', 'letter', ':-'],
  scan(bytes, start, end, out, context) {
    if (bytes[start] === open) return scanError(bytes, start, end, out, context)
    const line = scanClfLine(bytes, start, end, variant, out, context)
    const at = line < 0 ? -1 : scanAgents(bytes, line, end, out)
    if (at < 0 || !scanTime(bytes, at, end, out, context)) return false
    writeWebAccess(out)
    return true
  },
})

function scanTime(bytes: Uint8Array, at: number, end: number, out: EventWriter, context: TextContext): boolean {
  if (at === end) return true
  const unit = unitNs[context.options.requestTime]
  if (bytes[at] !== space || Number.isNaN(unit) || decimalEnd(bytes, at + 1, end) !== end) return false
  out.setDurationNs(scanDurationNs(bytes, at + 1, end, unit))
  return true
}

function scanError(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): boolean {
  const time = scanIso(bytes, start + 1, end, context.time, context.scan)
  if (time < 0 || context.scan.zone === 1 || !isBetween(bytes, time, end)) return false
  const pid = time + 3
  const pidEnd = digitsEnd(bytes, pid, end)
  if (pidEnd === pid || !isBetween(bytes, pidEnd, end)) return false
  const level = pidEnd + 3
  let levelEnd = level
  while (levelEnd < end && bytes[levelEnd]! >= 0x41 && bytes[levelEnd]! <= 0x5a) levelEnd++
  if (levelEnd >= end || bytes[levelEnd] !== close || scanLevel(bytes, level, levelEnd) === 0) return false
  if (levelEnd + 1 < end && bytes[levelEnd + 1] !== space) return false
  writeTime(out, context)
  writePid(bytes, pid, pidEnd, out)
  writeLevel(bytes, level, levelEnd, out)
  writeMessage(levelEnd + 2, start, end, out, context)
  return true
}

/** `] [` at `at`. */
function isBetween(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 3 < end && bytes[at] === close && bytes[at + 1] === space && bytes[at + 2] === open
}
