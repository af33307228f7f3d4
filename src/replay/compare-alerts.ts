import { parseInstant } from '../core/moment.ts'
import { isJsonObject, valueAt, type JsonObject } from '../core/event-batch.ts'

/** One alert from its firing to its end. */
export interface AlertSpan {
  readonly rule: string
  /** `name=value`, sorted. */
  readonly labels: string
  /** Epoch ms. */
  readonly fromMs: number
  /** Infinity: it still fires. */
  readonly toMs: number
}

export interface SpanVerdict extends AlertSpan {
  readonly verdict: 'same' | 'shifted' | 'added' | 'removed'
}

/** The span of a message of the alerts topic; undefined if it is none. */
export function spanOf(doc: JsonObject): AlertSpan | undefined {
  const rule = valueAt(doc, 'logpipe.ruleId')
  const [alert] = Array.isArray(doc['alerts']) ? doc['alerts'] : []
  if (typeof rule !== 'string' || !isJsonObject(alert) || !isJsonObject(alert['labels'])) return undefined
  const names = Object.entries(alert['labels']).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const [start, end] = [alert['startsAt'], alert['endsAt']].map((text) =>
    parseInstant(typeof text === 'string' ? text : ''),
  )
  const toMs = end !== undefined && end > 0 ? end : Infinity // Year 1: not yet.
  return { rule, labels: names.sort().join(' '), fromMs: start ?? NaN, toMs }
}

/**
 * Pairs the alerts of two runs that have the same rule and labels and overlap: `same` within a tick, else `shifted`. What
 * is left of the first is `removed`, of the second `added`. By time.
 */
export function compareSpans(before: readonly AlertSpan[], after: readonly AlertSpan[], tickMs: number): SpanVerdict[] {
  const left = new Set(before)
  const verdicts = after.map((span): SpanVerdict => {
    const match = [...left].find((other) => isOverlapping(other, span))
    if (match === undefined) return { ...span, verdict: 'added' }
    left.delete(match)
    const isSame = isNear(match.fromMs, span.fromMs, tickMs) && isNear(match.toMs, span.toMs, tickMs)
    return { ...span, verdict: isSame ? 'same' : 'shifted' }
  })
  for (const span of left) verdicts.push({ ...span, verdict: 'removed' })
  return verdicts.sort((a, b) => a.fromMs - b.fromMs || (a.rule + a.labels < b.rule + b.labels ? -1 : 1))
}

function isOverlapping(a: AlertSpan, b: AlertSpan): boolean {
  return a.rule === b.rule && a.labels === b.labels && a.fromMs <= b.toMs && b.fromMs <= a.toMs
}

function isNear(a: number, b: number, tickMs: number): boolean {
  return a === b || Math.abs(a - b) <= tickMs
}
