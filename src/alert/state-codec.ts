import { Decoder, Encoder } from '../core/codec.ts'
import { LogpipeError } from '../core/error.ts'
import {
  decodeCells,
  decodeList,
  decodeMatch,
  decodePosition,
  decodeSample,
  encodeCells,
  encodeList,
  encodeMatch,
  encodePosition,
  encodeSample,
} from '../core/frame-codec.ts'
import type { Chunk } from '../core/unit.ts'
import { decodeStore, encodeStore } from './store-codec.ts'
import { decodeRule, encodeRule } from './rule-codec.ts'
import { newSource, type SourceState } from './sources.ts'
import type { Effects } from './pending.ts'
import { AlertState, entriesByKey, type AlertProgram } from './state.ts'

export const alertStateVersion = 1

const standings = ['included', 'joining', 'stalled'] as const

/**
 * Canonical chunks: the sources; what is pending, by tick; the series of each derive, some at a time; each rule. They
 * are made one by one, and the state must not change until the last of them.
 */
export function* encodeAlertState(state: AlertState): Iterable<Chunk> {
  const to = new Encoder()
  to.double(state.tick)
  to.double(state.firstTick)
  to.double(state.earliest)
  to.bool(state.isMoving)
  encodeList(to, entriesByKey(state.sources), (_, [, source]) => encodeSource(to, source))
  yield { id: 'alert', bytes: to.finish() }
  yield* numbered('pending', encodePending(state))
  for (const { store } of state.watches) yield* numbered(`derive:${store.derive.id}`, encodeStore(store))
  for (const rule of state.rules) {
    const part = new Encoder()
    encodeRule(part, rule)
    yield { id: `rule:${rule.rule.id}:${rule.rule.level}`, bytes: part.finish() }
  }
}

function* numbered(name: string, parts: Iterable<Uint8Array>): Generator<Chunk> {
  let n = 0
  for (const bytes of parts) yield { id: numberedId(name, n++), bytes }
}

function numberedId(name: string, n: number): string {
  return `${name}:${String(n).padStart(6, '0')}`
}

/** The state for a program. Derives and rules that it does not have, or that changed, begin anew. */
export function decodeAlertState(program: AlertProgram, version: number, chunks: readonly Chunk[]): AlertState {
  if (version !== alertStateVersion)
    throw new LogpipeError('LP_STATE_VERSION', `reading alert state of version ${version}`)
  const byId = new Map(chunks.map((chunk) => [chunk.id, chunk.bytes]))
  const state = new AlertState(program)
  const main = byId.get('alert')
  if (main === undefined) return state
  const from = new Decoder(main)
  state.tick = from.double()
  state.firstTick = from.double()
  state.earliest = from.double()
  state.isMoving = from.bool()
  for (const source of decodeList(from, decodeSource)) state.sources.set(source.source, source)
  for (const bytes of partsOf('pending')) decodePending(new Decoder(bytes), state)
  for (const { store } of state.watches) {
    for (const bytes of partsOf(`derive:${store.derive.id}`)) decodeStore(new Decoder(bytes), store, state.tick)
  }
  for (const rule of state.rules) {
    const bytes = byId.get(`rule:${rule.rule.id}:${rule.rule.level}`)
    if (bytes !== undefined) decodeRule(new Decoder(bytes), rule)
  }
  return state

  function* partsOf(name: string): Generator<Uint8Array> {
    for (let n = 0; ; n++) {
      const bytes = byId.get(numberedId(name, n))
      if (bytes === undefined) return
      yield bytes
    }
  }
}

function encodeSource(to: Encoder, source: SourceState): void {
  to.text(source.source)
  to.text(source.pipeline)
  to.bool(source.lastTo !== undefined)
  if (source.lastTo !== undefined) encodePosition(to, source.lastTo)
  to.double(source.watermark)
  to.uint(standings.indexOf(source.standing))
  to.bool(source.isEnded)
  for (const count of [source.gaps, source.overlaps, source.repeats]) to.uint(count)
}

function decodeSource(from: Decoder): SourceState {
  const source = newSource(from.text(), 'included')
  source.pipeline = from.text()
  source.lastTo = from.bool() ? decodePosition(from) : undefined
  source.watermark = from.double()
  source.standing = standings[from.uint()]!
  source.isEnded = from.bool()
  source.gaps = from.uint()
  source.overlaps = from.uint()
  source.repeats = from.uint()
  return source
}

/** One part of a frame at a time, then what is small of its tick. */
function* encodePending({ pending }: AlertState): Generator<Uint8Array> {
  for (const tick of [...pending.byTick.keys()].sort((a, b) => a - b)) {
    const { parts, matches, samples } = pending.at(tick)
    for (const part of parts) yield encodeEffects(tick, { parts: [part], matches: [], samples: [] })
    yield encodeEffects(tick, { parts: [], matches, samples })
  }
}

function encodeEffects(tick: number, { parts, matches, samples }: Effects): Uint8Array {
  const to = new Encoder()
  to.double(tick)
  encodeList(to, parts, (_to, { part, isApproximate }) => {
    encodeCells(to, part)
    to.bool(isApproximate)
  })
  encodeList(to, matches, (_to, { source, match }) => {
    to.text(source)
    encodeMatch(to, match)
  })
  encodeList(to, samples, (_to, { source, sample }) => {
    to.text(source)
    encodeSample(to, sample)
  })
  return to.finish()
}

function decodePending(from: Decoder, { pending }: AlertState): void {
  const effects = pending.at(from.double())
  effects.parts.push(...decodeList(from, () => ({ part: decodeCells(from), isApproximate: from.bool() })))
  effects.matches.push(...decodeList(from, () => ({ source: from.text(), match: decodeMatch(from) })))
  effects.samples.push(...decodeList(from, () => ({ source: from.text(), sample: decodeSample(from) })))
}
