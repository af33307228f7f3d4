import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { digitsEnd, scanUint } from '../quantity.ts'
import { scanIso } from '../timestamp/iso.ts'
import { writeMessage, writeTime } from './constant.ts'
import { blanksEnd, isNameByte, writeLevel } from './header-part.ts'

const [space, dash, colon, bar, less, greater] = [0x20, 0x2d, 0x3a, 0x7c, 0x3c, 0x3e]
const logger = fieldId('log.logger')
const originLine = fieldId('log.origin.file.line')
const originFunction = fieldId('log.origin.function')
/** Level names are words of loguru or of the program. */
const maxLevelBytes = 16
const maxNameBytes = 200

/**
 * The default layout of loguru, `time | LEVEL | module:function:line - message`, and the short ones without function or
 * without place (https://loguru.readthedocs.io/en/stable/resources/recipes.html; LOGURU_FORMAT in its defaults).
 */
export const loguru = defineTextFormat({
  shape: 'text',
  name: 'loguru',
  summary: 'Default layout of loguru, in whole and without function.',
  tier: 'core',
  dataset: 'loguru.log',
  module: 'loguru',
  fields: ['log.level', 'log.logger', 'log.origin.file.line', 'log.origin.function', 'event.timezone'],
  example: '2026-11-21 22:14:15.003 | ERROR    | pay.api:charge:42 - declined',
  starts: ['digit'],
  mark: { at: 4, byte: '-' },
  scan(bytes, start, end, out, context) {
    const time = scanIso(bytes, start, end, context.time, context.scan)
    if (time < 0) return false
    const level = afterBar(bytes, time, end)
    if (level < 0) return false
    let levelEnd = level
    while (levelEnd < end && isCapital(bytes[levelEnd]!)) levelEnd++
    if (levelEnd - level < 2 || levelEnd - level > maxLevelBytes) return false
    const rest = afterBar(bytes, levelEnd, end)
    if (rest < 0) return false
    const place = scanPlace(bytes, rest, end, out)
    if (place < 0 && hasNamedPart(bytes, rest, end)) return false
    writeTime(out, context)
    writeLevel(bytes, level, levelEnd, out)
    writeMessage(place < 0 ? rest : place, start, end, out, context)
    return true
  },
})

function isCapital(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f
}

/** Position after blanks, a bar and blanks; -1 without them. */
function afterBar(bytes: Uint8Array, at: number, end: number): number {
  const to = blanksEnd(bytes, at, end)
  return to > at && to < end && bytes[to] === bar ? blanksEnd(bytes, to + 1, end) : -1
}

/** `module:function:line - `, `module:line - `; returns where the message begins, -1 if there is no place. */
function scanPlace(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  const limit = Math.min(end, start + maxNameBytes)
  let first = start
  while (first < limit && isPlaceByte(bytes[first]!)) first++
  if (first === start || first >= limit || bytes[first] !== colon) return -1
  let second = first + 1
  while (second < limit && isPlaceByte(bytes[second]!)) second++
  const isWhole = second < limit && bytes[second] === colon && second > first + 1
  const line = isWhole ? second + 1 : first + 1
  const lineEnd = digitsEnd(bytes, line, end)
  const value = scanUint(bytes, line, lineEnd)
  if (value < 0 || lineEnd + 1 >= end || bytes[lineEnd] !== space || bytes[lineEnd + 1] !== dash) return -1
  out.text(logger, start, first)
  if (isWhole) out.text(originFunction, first + 1, second)
  out.number(originLine, value)
  return blanksEnd(bytes, lineEnd + 2, end)
}

/** Names with dots, `<module>`, `<lambda>`, `Class.method.<locals>.f`, and paths. */
function isPlaceByte(byte: number): boolean {
  return isNameByte(byte) || byte === less || byte === greater || byte === 0x2f || byte >= 0x80
}

/** `name | message`: a layout of the standard library's logging. */
function hasNamedPart(bytes: Uint8Array, start: number, end: number): boolean {
  let to = start
  while (to < end && isNameByte(bytes[to]!)) to++
  return to > start && to + 2 < end && bytes[to] === space && bytes[to + 1] === bar && bytes[to + 2] === space
}
