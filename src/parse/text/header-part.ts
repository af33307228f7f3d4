import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { scanLevel } from '../level.ts'
import { digitsEnd, isDigit, scanUint } from '../quantity.ts'

const [space, dash, dot, colon] = [0x20, 0x2d, 0x2e, 0x3a]
const logLevel = fieldId('log.level')
const logger = fieldId('log.logger')
const originFile = fieldId('log.origin.file.name')
const originLine = fieldId('log.origin.file.line')
const processId = fieldId('process.pid')
const invalidProcessId = fieldId('attributes.process.pid')
/** Level words that loggers write out have at least these many letters, and at most. */
const [minWord, maxWord] = [4, 9]
/** A name longer than this is none. */
const maxNameBytes = 200

/** Position after a level word in capitals, `INFO`, `WARNING`; -1 if there is none. */
export function capitalLevelEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to]! >= 0x41 && bytes[to]! <= 0x5a) to++
  const length = to - at
  return length >= minWord && length <= maxWord && scanLevel(bytes, at, to) !== 0 ? to : -1
}

/** Writes the level as the word of the source and as a code. */
export function writeLevel(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  out.lower(logLevel, bytes, start, end)
  out.setLevel(scanLevel(bytes, start, end))
}

export function blanksEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to] === space) to++
  return to
}

export function isNameByte(byte: number): boolean {
  return isWordByte(byte) || byte === dot || byte === dash
}

/** ASCII letters, digits, `_`, `$`. */
export function isWordByte(byte: number): boolean {
  return ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || isDigit(byte) || byte === 0x5f || byte === 0x24
}

/** Position after the name of a logger or module: letters, digits, `_ $ . -`, not a digit first; -1 if there is none. */
export function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + maxNameBytes + 1)
  let to = at
  while (to < limit && isNameByte(bytes[to]!)) to++
  const first = bytes[at]!
  return to === at || to - at > maxNameBytes || isDigit(first) || first === dot || first === dash ? -1 : to
}

/**
 * A place in brackets, in braces or bare: `{pay.py:12}`, `[pay.py:12]`, `pay.py:12`; what is before the colon is a
 * file if it ends in `.py`, else the name of a logger. Writes it and returns the position after it, -1 if it is none.
 */
export function scanPlace(bytes: Uint8Array, at: number, end: number, out: EventWriter): number {
  const first = bytes[at]
  const close = first === 0x5b ? 0x5d : first === 0x7b ? 0x7d : first === 0x28 ? 0x29 : 0
  const from = close === 0 ? at : at + 1
  const limit = Math.min(end, from + maxNameBytes)
  let to = from
  while (to < limit && (isNameByte(bytes[to]!) || bytes[to] === 0x2f)) to++
  if (to === from || to >= limit || bytes[to] !== colon) return -1
  const lineEnd = digitsEnd(bytes, to + 1, end)
  const line = scanUint(bytes, to + 1, lineEnd)
  if (line < 0 || (close !== 0 && (lineEnd >= end || bytes[lineEnd] !== close))) return -1
  const isFile = bytes[to - 1] === 0x79 && bytes[to - 2] === 0x70 && bytes[to - 3] === dot
  if (close === 0 && !isFile) return -1
  out.text(isFile ? originFile : logger, from, to)
  out.number(originLine, line)
  return close === 0 ? lineEnd : lineEnd + 1
}

/** Writes a process id of digits that fill the span; one that is no number goes to `attributes`. */
export function writePid(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const pid = scanUint(bytes, start, end)
  if (pid >= 0) out.number(processId, pid)
  else {
    out.text(invalidProcessId, start, end)
    out.addFlags(eventFlag.value_invalid)
  }
}
