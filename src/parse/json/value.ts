import { bytesOf, textOf } from '../../core/byte-writer.ts'
import { outcomes } from '../../core/event-batch.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { level, levelNames, noticeBit } from '../../core/level.ts'
import { backslash, hexAt } from './syntax.ts'
import {
  pinoLevel,
  pinoWord,
  pythonLevel,
  pythonWord,
  scanLevel,
  scanNpmLevel,
  syslogSeverity,
  syslogWord,
} from '../level.ts'
import { digitsEnd, isDigit, scanDecimal, scanDurationNs, scanUint } from '../quantity.ts'
import { writeConstant } from '../text/constant.ts'
import { writeSpanId, writeTraceId } from '../text/trace-context.ts'
import { WordTable } from '../word-table.ts'

const [dash, slash, colon, space, comma, equals] = [0x2d, 0x2f, 0x3a, 0x20, 0x2c, 0x3d]
const logLevel = fieldId('log.level')
const method = fieldId('http.request.method')
const imageName = fieldId('container.image.name')
const imageTag = fieldId('container.image.tag')
const containerId = fieldId('container.id')
const podName = fieldId('kubernetes.pod.name')
const podUid = fieldId('kubernetes.pod.uid')
const namespace = fieldId('kubernetes.namespace')
const kubernetesContainer = fieldId('kubernetes.container.name')
const containerName = fieldId('container.name')

const letters = new Uint8Array(256)
for (const [letter, byte] of [
  ['b', 8],
  ['t', 9],
  ['n', 10],
  ['f', 12],
  ['r', 13],
] as const)
  letters[letter.charCodeAt(0)] = byte

/** Appends the text of a string with escapes, whose surrogates are paired, to the scratch buffer; returns where it begins. */
export function unescapeInto(out: EventWriter, bytes: Uint8Array, start: number, end: number): number {
  const batch = out.batch
  batch.reserveScratch(end - start)
  const to = batch.scratch
  const from = batch.scratchEnd
  let at = from
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte !== backslash) {
      to[at++] = byte
      continue
    }
    const letter = bytes[++i]!
    if (letter !== 0x75) {
      to[at++] = letters[letter]! || letter
      continue
    }
    let unit = hexAt(bytes, i + 1)
    i += 4
    if (unit >= 0xd800 && unit <= 0xdbff) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + hexAt(bytes, i + 3) - 0xdc00
      i += 6
    }
    at = writeUtf8(unit, to, at)
  }
  batch.scratchEnd = at
  return from
}

/** Appends one code point; an escape is never shorter than its UTF-8 (RFC 3629). */
function writeUtf8(point: number, to: Uint8Array, from: number): number {
  let at = from
  if (point < 0x80) to[at++] = point
  else {
    if (point < 0x800) to[at++] = 0xc0 | (point >> 6)
    else {
      if (point < 0x10000) to[at++] = 0xe0 | (point >> 12)
      else {
        to[at++] = 0xf0 | (point >> 18)
        to[at++] = 0x80 | ((point >> 12) & 63)
      }
      to[at++] = 0x80 | ((point >> 6) & 63)
    }
    to[at++] = 0x80 | (point & 63)
  }
  return at
}

/** Longer words are no levels (`docs/bad-input.md` section 2). */
const maxLevelBytes = 32
const words: readonly Uint8Array[] = levelNames.map((name) => bytesOf(name))
const noticeWord = bytesOf('notice')

/** A level word: as it is in lower case, letters as the word they stand for. False if it can be none. */
export function writeLevelWord(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
  isNpm: boolean,
  isStrict: boolean,
): boolean {
  if (end - start > maxLevelBytes) return false
  const found = isNpm ? scanNpmLevel(bytes, start, end) : scanLevel(bytes, start, end)
  if (found === level.absent && (isStrict || isDigit(bytes[start]))) return false
  if (end - start === 1 && found !== level.absent) {
    writeConstant(logLevel, (found & noticeBit) !== 0 ? noticeWord : words[found]!, out)
  } else out.lower(logLevel, bytes, start, end)
  if (found !== level.absent) out.setLevel(found)
  return true
}

interface Scale {
  readonly levels: Uint8Array
  readonly words: readonly Uint8Array[]
}

/** A scale of numbers as a table: levels 0 are none. */
function scaleOf(levelOf: (value: number) => number, wordOf: (value: number) => string): Scale {
  const values = Array.from({ length: 61 }, (_, value) => value)
  return { levels: Uint8Array.from(values, levelOf), words: values.map((value) => bytesOf(wordOf(value))) }
}

export const pinoScale: Scale = scaleOf(pinoLevel, pinoWord)
export const pythonScale: Scale = scaleOf(pythonLevel, pythonWord)
export const syslogScale: Scale = scaleOf(syslogSeverity, syslogWord)

export function writeLevelNumber(
  scale: Scale,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: EventWriter,
): boolean {
  return writeLevelValue(scale, scanUint(bytes, start, end), out)
}

/** As `writeLevelNumber`; -1 is no number. */
export function writeLevelValue(scale: Scale, value: number, out: EventWriter): boolean {
  const found = value >= 0 && value < scale.levels.length ? scale.levels[value]! : 0
  if (found === 0) return false
  out.setLevel(found)
  writeConstant(logLevel, scale.words[value]!, out)
  return true
}

/** `true` or `false`; no other text. */
export function writeBoolean(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const text = end - start > 5 ? '' : textOf(bytes, start, end)
  if (text !== 'true' && text !== 'false') return false
  out.literal(field, start, end)
  return true
}

export function writeDouble(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const value = scanDecimal(bytes, start, end)
  if (!Number.isNaN(value)) out.number(field, value)
  return !Number.isNaN(value)
}

export function writeOutcome(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  const outcome = outcomes.findIndex((word) => word === textOf(bytes, start, end))
  if (outcome > 0) out.setOutcome(outcome)
  return outcome > 0
}

/** Digits that times the ns of a second are still exact. */
export const maxWholeDigits = 6

/** ns of a number in a unit of that many ns; NaN: the unit is in the text. Below 0 or NaN if there is none. */
export function durationNs(bytes: Uint8Array, start: number, end: number, unitNs: number): number {
  const isWhole = digitsEnd(bytes, start, end) === end && end - start <= maxWholeDigits && !Number.isNaN(unitNs)
  return isWhole ? scanUint(bytes, start, end) * unitNs : scanDurationNs(bytes, start, end, unitNs)
}

/** `200`, `"200"`, `"200 OK"`: 100 to 599. */
export function writeStatus(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (end - start < 3 || (end - start > 3 && bytes[start + 3] !== space)) return false
  const status = scanUint(bytes, start, start + 3)
  if (status < 100 || status > 599) return false
  out.setStatus(status)
  return true
}

const methods = new WordTable([[1, 'get head post put patch delete options connect trace']])
const maxMethodBytes = 32

/** A method in capitals as sent, the usual ones also in lower case. False for other words: `processOrder` is none. */
export function writeMethod(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (end - start > maxMethodBytes) return false
  let isUpper = true
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if ((byte < 0x41 || byte > 0x5a) && byte !== dash && byte !== 0x5f) isUpper = false
  }
  if (isUpper && end - start > 1) {
    out.text(method, start, end)
    return true
  }
  if (methods.find(bytes, start, end) === 0) return false
  const batch = out.batch
  batch.reserveScratch(end - start)
  const from = batch.scratchEnd
  for (let i = start; i < end; i++) batch.scratch[batch.scratchEnd++] = bytes[i]! & ~0x20
  out.scratch(method, from, batch.scratchEnd)
  return true
}

/** Whether a text can be a request target: a path, or a URL with a scheme. */
export function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === slash) return true
  for (let i = start; i + 2 < end && i < start + 12; i++) {
    if (bytes[i] === colon) return bytes[i + 1] === slash && bytes[i + 2] === slash
  }
  return false
}

/** End of the first item of a list separated by commas. */
export function firstItemEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = start
  while (to < end && bytes[to] !== comma) to++
  return to
}

/**
 * A trace id: hex of any of the usual forms, also inside `Root=1-5759e988-bd862e3fe1be46a994272793` (AWS) or
 * `projects/x/traces/ID` (Google).
 */
export function writeTraceText(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  let from = start
  for (let i = start; i < end; i++) if (bytes[i] === slash || bytes[i] === equals) from = i + 1
  if (bytes[from] === 0x31 && bytes[from + 1] === dash) from += 2
  return writeTraceId(bytes, from, end, out)
}

/** `00-TRACE-SPAN-FLAGS` (W3C Trace Context section 3.2). */
export function writeTraceparent(bytes: Uint8Array, start: number, end: number, out: EventWriter): boolean {
  if (end - start < 55 || bytes[start + 2] !== dash || bytes[start + 35] !== dash || bytes[start + 52] !== dash)
    return false
  if (!writeTraceId(bytes, start + 3, start + 35, out)) return false
  writeSpanId(bytes, start + 36, start + 52, out)
  return true
}

/** `registry:5000/team/pay:1.4`: the tag follows the last colon after the last slash. */
export function writeImage(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  let to = end
  for (let i = end - 1; i > start && bytes[i] !== slash; i--) if (bytes[i] === colon) to = i
  out.text(imageName, start, to)
  out.text(imageTag, to + 1, end)
}

/** `docker://ID`, `containerd://ID` or the id alone. */
export function writeContainer(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  let from = start
  for (let i = start; i + 2 < end; i++)
    if (bytes[i] === colon && bytes[i + 1] === slash && bytes[i + 2] === slash) from = i + 3
  out.text(containerId, from, end)
}

const containers = bytesOf('/var/log/containers/')
const pods = bytesOf('/var/log/pods/')

/**
 * What the name of a container's log file tells: `/var/log/containers/POD_NS_NAME-ID.log`,
 * `/var/log/pods/NS_POD_UID/NAME/N.log`. Names and namespaces have no `_` (RFC 1123 labels).
 */
export function writeFromPath(bytes: Uint8Array, start: number, end: number, out: EventWriter): void {
  const isPod = startsWith(pods, bytes, start, end)
  if (!isPod && !startsWith(containers, bytes, start, end)) return
  const first = start + (isPod ? pods.length : containers.length)
  const second = indexOf(0x5f, bytes, first, end) + 1
  const third = indexOf(0x5f, bytes, second, end) + 1
  if (second <= first || third <= second || third >= end) return
  out.text(isPod ? namespace : podName, first, second - 1)
  out.text(isPod ? podName : namespace, second, third - 1)
  const name = isPod ? indexOf(slash, bytes, third, end) + 1 : third
  if (isPod) out.text(podUid, third, name - 1)
  const nameEnd = isPod ? indexOf(slash, bytes, name, end) : end - 69
  if (nameEnd <= name || nameEnd >= end) return
  out.text(kubernetesContainer, name, nameEnd)
  out.text(containerName, name, nameEnd)
  // `-`, 64 hex digits, `.log`
  if (!isPod && bytes[nameEnd] === dash) out.text(containerId, nameEnd + 1, end - 4)
}

function startsWith(prefix: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false
  return true
}

/** `end` if the byte is not there. */
function indexOf(byte: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== byte) at++
  return at
}
