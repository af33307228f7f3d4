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
/** A line is one if it has at least three pairs, and they are 60 % of its text (`docs/specs/formats.md` section 5). */
const [minPairs, minShare] = [3, 0.6]
/** Fields of an event beyond which the rest stays text. */
const maxAttributes = 256
/** Values that stand for no value. */
const absent = new WordTable([[1, '- null (null) nil <nil>']])

/** The best pair of each meaning in the line, and the pair that is read. */
const best = Array.from({ length: meanings }, () => new Pair())
const pair = new Pair()

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
    if (!isLogfmt(bytes, start, end)) return false
    for (let i = 1; i < meanings; i++) best[i]!.keyStart = -1
    let attributes = 0
    let rest = -1
    for (let at = start; at < end;) {
      const to = readPair(bytes, at, end, pair)
      if (isPresent(bytes) && !keepBest()) {
        const isWritten = attributes++ < maxAttributes && writeAttribute(pair, bytes, out)
        if (!isWritten && rest < 0) rest = at
      }
      at = blanksEnd(bytes, to, end)
    }
    if (rest >= 0) {
      out.text(overflow, rest, end)
      out.addFlags(eventFlag.field_overflow)
    }
    writeBest(bytes, out, context)
    if (best[meaning.message]!.keyStart < 0) out.text(message, start, end)
    return true
  },
})

/** Whether all of the text is pairs and bare keys, and enough of it pairs. The audit log looks alike and is another format. */
function isLogfmt(bytes: Uint8Array, start: number, end: number): boolean {
  let pairs = 0
  let size = 0
  for (let at = start; at < end;) {
    const to = readPair(bytes, at, end, pair)
    if (to < 0 || (pair.isBare && at === start)) return false
    if (!pair.isBare) {
      if (meaningOf(pair.known) === meaning.message && isAudit(bytes, pair.start, pair.end)) return false
      pairs++
      size += to - at
    }
    at = blanksEnd(bytes, to, end)
  }
  return pairs >= minPairs && size >= (end - start) * minShare
}

/** `audit(1795299255.003:42):`. */
function isAudit(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 8 && bytes[start] === 0x61 && bytes[start + 4] === 0x74 && bytes[start + 5] === 0x28
}

function isPresent(bytes: Uint8Array): boolean {
  return pair.isBare || (pair.start < pair.end && absent.find(bytes, pair.start, pair.end) === 0)
}

/**
 * Keeps the pair if its key is known and better than the one kept for its meaning; `pair` holds the other one then.
 * False if `pair` has to be written as an attribute.
 */
function keepBest(): boolean {
  if (pair.known === 0) return false
  const kept = best[meaningOf(pair.known)]!
  const isFirst = kept.keyStart < 0
  if (!isFirst && placeOf(kept.known) <= placeOf(pair.known)) return false
  kept.swap(pair)
  return isFirst
}

function writeBest(bytes: Uint8Array, out: EventWriter, context: TextContext): void {
  for (let i = 1; i < meanings; i++) {
    const one = best[i]!
    if (one.keyStart < 0 || i === meaning.method || i === meaning.status || i === meaning.url) continue
    if (!writeKnown(one, bytes, out, context)) writeAttribute(one, bytes, out)
  }
  writeRequestParts(best[meaning.method]!, best[meaning.status]!, best[meaning.url]!, bytes, out)
}
