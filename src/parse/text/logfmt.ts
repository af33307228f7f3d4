import type { EventWriter } from '../../core/event-writer.ts'
import { eventFlag } from '../../core/event-flag.ts'
import { fieldId } from '../../core/field.ts'
import { defineTextFormat, type TextContext } from '../format.ts'
import { WordTable } from '../word-table.ts'
import { blanksEnd } from './header-part.ts'
import { meaning, meaningOf, meanings, placeOf } from './logfmt-key.ts'
import { Pair, readPair } from './logfmt-pair.ts'
import { writeAttribute, writeKnown, writeRequestParts } from './logfmt-value.ts'

const message = fieldId('message')
const overflow = fieldId('attributes.overflow')
/** A line is one if it has at least three pairs, and they are 60 % of its text (`docs/formats.md` section 8). */
const [minPairs, minShare] = [3, 0.6]
/** Fields of an event beyond which the rest stays text. */
const maxAttributes = 256
/** Values that stand for no value. */
const absent = new WordTable([[1, '- null (null) nil <nil>']])

/** The pairs of the line, and how many of them are kept; and for each meaning the number of its best pair, -1: none. */
const pairs = Array.from({ length: maxAttributes + 64 }, () => new Pair())
const spare = new Pair()
const none = new Pair()
const best = new Int16Array(meanings)

/**
 * `key=value key="quoted value" bare`: three pairs and more, the first word being one. Known keys are typed, all
 * others are text under `attributes`, bare keys are true (https://brandur.org/logfmt; Go's log/slog TextHandler).
 */
export const logfmt = defineTextFormat({
  shape: 'text',
  name: 'logfmt',
  summary: 'Lines of key=value pairs.',
  tier: 'core',
  dataset: 'generic',
  module: 'generic',
  fields: [
    'log.level',
    'log.logger',
    'log.origin.file.name',
    'log.origin.file.line',
    'service.name',
    'service.version',
    'service.environment',
    'host.name',
    'process.pid',
    'process.thread.name',
    'user.id',
    'user.name',
    'http.request.method',
    'http.request.id',
    'http.response.status_code',
    'url.original',
    'url.path',
    'url.query',
    'source.address',
    'source.ip',
    'event.category',
    'event.type',
    'event.outcome',
    'event.duration',
    'event.timezone',
    'error.message',
    'error.stack_trace',
    'trace.id',
    'span.id',
    'attributes.overflow',
  ],
  example: 'time=2026-11-21T22:14:15.003Z level=error msg="card declined" service=pay took_ms=52 order=O-1042',
  starts: ['letter', '_@'],
  scan(bytes, start, end, out, context) {
    const count = readPairs(bytes, start, end)
    if (count < 0) return false
    chooseBest(bytes, count)
    let attributes = 0
    let rest = count === pairs.length ? pairs[count - 1]!.end : end
    for (let i = 0; i < count; i++) {
      const pair = pairs[i]!
      if (pair.keyStart < 0 || best[meaningOf(pair.known)] === i) continue
      if (attributes++ < maxAttributes && writeAttribute(pair, bytes, out)) continue
      rest = Math.min(rest, pair.keyStart)
    }
    if (rest < end) {
      out.text(overflow, blanksEnd(bytes, rest, end), end)
      out.addFlags(eventFlag.field_overflow)
    }
    writeBest(bytes, out, context)
    if (best[meaning.message] === -1) out.text(message, start, end)
    return true
  },
})

/**
 * Reads the line into `pairs` and returns how many they are, beyond their limit the limit; -1 if it is not pairs and
 * bare keys alone, or not enough of it pairs. The audit log looks alike and is another format.
 */
function readPairs(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  let valued = 0
  let size = 0
  for (let at = start; at < end;) {
    const pair = count < pairs.length ? pairs[count]! : spare
    const to = readPair(bytes, at, end, pair)
    if (to < 0 || (pair.isBare && at === start)) return -1
    if (!pair.isBare) {
      if (meaningOf(pair.known) === meaning.message && isAudit(bytes, pair.start, pair.end)) return -1
      valued++
      size += to - at
    }
    if (count < pairs.length) count++
    at = blanksEnd(bytes, to, end)
  }
  return valued >= minPairs && size >= (end - start) * minShare ? count : -1
}

/** `audit(1795299255.003:42):`. */
function isAudit(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 8 && bytes[start] === 0x61 && bytes[start + 4] === 0x74 && bytes[start + 5] === 0x28
}

/** Fills `best`, and takes out the pairs without a value. */
function chooseBest(bytes: Uint8Array, count: number): void {
  best.fill(-1)
  for (let i = 0; i < count; i++) {
    const pair = pairs[i]!
    if (pair.isBare) continue
    if (isAbsent(bytes, pair.start, pair.end)) pair.keyStart = -1
    else if (pair.known !== 0) {
      const kept = best[meaningOf(pair.known)]!
      if (kept < 0 || placeOf(pair.known) < placeOf(pairs[kept]!.known)) best[meaningOf(pair.known)] = i
    }
  }
}

/** The longest word of `absent` has six bytes. */
function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start
  return size === 0 || (size <= 6 && absent.find(bytes, start, end) !== 0)
}

function pairOf(kind: number): Pair {
  const i = best[kind]!
  return i < 0 ? none : pairs[i]!
}

function writeBest(bytes: Uint8Array, out: EventWriter, context: TextContext): void {
  for (let kind = 1; kind < meanings; kind++) {
    if (best[kind]! < 0 || kind === meaning.method || kind === meaning.status || kind === meaning.url) continue
    const pair = pairOf(kind)
    if (!writeKnown(pair, bytes, out, context)) writeAttribute(pair, bytes, out)
  }
  writeRequestParts(pairOf(meaning.method), pairOf(meaning.status), pairOf(meaning.url), bytes, out)
}
