import type { Decoder, Encoder } from '../core/codec.ts'
import { sortedNames, type Labels } from '../core/fingerprint.ts'
import { decodeList, encodeList } from '../core/frame-codec.ts'
import type { Episode } from './episode.ts'
import { entriesByKey, type RuleState } from './state.ts'

/** Canonical bytes of what a rule remembers. */
export function encodeRule(to: Encoder, state: RuleState): void {
  to.text(state.rule.hash)
  to.uint(state.limited)
  to.uint(state.clashes)
  encodeList(to, entriesByKey(state.episodes), (_, [, episode]) => encodeEpisode(to, episode))
  encodeList(to, entriesByKey(state.keys), (_, [key, ms]) => {
    to.text(key)
    to.double(ms)
  })
  encodeList(to, entriesByKey(state.times), (_, [key, times]) => {
    to.text(key)
    encodeList(to, times, (_to, time) => to.double(time))
  })
}

/** Fills an empty rule; one that changed begins anew. */
export function decodeRule(from: Decoder, state: RuleState): void {
  if (from.text() !== state.rule.hash) return
  state.limited = from.uint()
  state.clashes = from.uint()
  for (const episode of decodeList(from, decodeEpisode)) state.episodes.set(episode.key, episode)
  for (const [key, ms] of decodeList(from, () => [from.text(), from.double()] as const)) state.keys.set(key, ms)
  for (const [key, times] of decodeList(from, () => [from.text(), decodeList(from, () => from.double())] as const)) {
    state.times.set(key, times)
  }
}

const numbers = ['startsAt', 'falseSince', 'publishedAt', 'value', 'windowStart', 'windowEnd', 'lastMatch'] as const

function encodeEpisode(to: Encoder, episode: Episode): void {
  for (const text of [episode.key, episode.alertId, episode.fingerprint]) to.text(text)
  to.double(episode.activeAt)
  to.uint(episode.revision)
  to.uint(episode.count)
  for (const name of numbers) to.double(episode[name])
  encodeLabels(to, episode.labels)
  encodeLabels(to, episode.annotations)
  encodeList(to, episode.samples, (_, sample) => to.text(sample))
}

function decodeEpisode(from: Decoder): Episode {
  const [key, alertId, fingerprint] = [from.text(), from.text(), from.text()]
  const [activeAt, revision, count] = [from.double(), from.uint(), from.uint()]
  const [startsAt, falseSince, publishedAt, value] = [from.double(), from.double(), from.double(), from.double()]
  const [windowStart, windowEnd, lastMatch] = [from.double(), from.double(), from.double()]
  const [labels, annotations] = [decodeLabels(from), decodeLabels(from)]
  const samples = decodeList(from, () => from.text())
  const times = { activeAt, startsAt, falseSince, publishedAt, windowStart, windowEnd, lastMatch }
  return { key, alertId, fingerprint, labels, annotations, revision, count, value, samples, ...times }
}

function encodeLabels(to: Encoder, labels: Labels): void {
  encodeList(to, sortedNames(labels), (_, name) => {
    to.text(name)
    to.text(labels[name]!)
  })
}

function decodeLabels(from: Decoder): Labels {
  return Object.fromEntries(decodeList(from, () => [from.text(), from.text()] as const))
}
