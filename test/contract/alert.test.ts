import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlertDefinition } from '../../src/core/component.ts'
import type { Frame } from '../../src/core/frame.ts'
import { createAlertUnit } from '../../src/alert/unit.ts'
import { alerts, derives } from '../../src/registry.ts'
import { chunkText, decisionOf, enginesOf, framesOf, storyOf, type Engines, type Entry } from '../support/engines.ts'
import type { PlainEvent } from '../support/events.ts'

/** Everything that a person could call bad of an event. */
const bad = {
  'http.response.status_code': 503,
  'event.duration': 9e9,
  'logpipe.error': true,
  'logpipe.level': 'error',
  message: 'charge failed',
}
const good = { 'http.response.status_code': 200, 'event.duration': 1e6, 'logpipe.level': 'info', message: 'charged' }

/** A project whose only rule is the example of an alert type, with the derive that it watches, if it does. */
function engineOf(definition: AlertDefinition): Engines {
  const example = definition.example as Readonly<Record<string, unknown>>
  const { metric } = example
  const isOccurrence = definition.kind === 'occurrence'
  const rule: Entry = {
    id: 'watched',
    type: definition.type,
    severity: 'high',
    ...(metric === undefined ? { by: ['service.name'] } : {}),
    // Every event would be an occurrence.
    ...(isOccurrence ? { where: ['logpipe.error = true'] } : {}),
    ...example,
  }
  if (typeof metric !== 'string') return enginesOf({ rules: [rule] })
  const [id = ''] = metric.split('.')
  const type = id.replaceAll('-', '_')
  const derive = derives.find((one) => one.type === type)
  expect(derive, `${metric} of the example of ${definition.type} is of a derive named like its type`).toBeDefined()
  const entry = { id, type, by: ['service.name'], ...(derive!.example as object) }
  return enginesOf({ derives: [entry], rules: [rule] })
}

const minute = 60_000
const event = fc.record({
  at: fc.integer({ min: 0, max: 20 * minute }),
  isBad: fc.boolean(),
  service: fc.constantFrom('api', 'pay'),
})
const events = fc
  .record({ some: fc.array(event, { minLength: 1, maxLength: 30 }), burstAt: fc.integer({ min: 0, max: 15 * minute }) })
  .map(({ some, burstAt }): PlainEvent[] => {
    const burst = Array.from({ length: 40 }, (_, i) => ({ at: burstAt + i * 1000, isBad: i % 3 > 0, service: 'api' }))
    return [...some, ...burst]
      .sort((a, b) => Math.floor(a.at / 7000) - Math.floor(b.at / 7000))
      .map(({ at, isBad, service }) => ({ at, 'service.name': service, ...(isBad ? bad : good) }))
  })

/** Frames of two sources in an order that keeps that of each. */
function interleaved(one: readonly Frame[], two: readonly Frame[], turns: readonly boolean[]): Frame[] {
  const left = [...one]
  const right = [...two]
  const frames: Frame[] = []
  for (let i = 0; left.length + right.length > 0; i++) {
    const from = left.length > 0 && (right.length === 0 || turns[i % turns.length]!) ? left : right
    frames.push(from.shift()!)
  }
  return frames
}

describe.each(alerts)('the alert type $type', (definition) => {
  const engines = engineOf(definition)
  const untilMs = 60 * minute

  test('tells the same wherever batches are cut and the state is restored', () => {
    const cuts = fc.array(fc.nat(70), { maxLength: 6 }).map((all) => [...new Set(all)].sort((a, b) => a - b))
    const property = fc.property(events, cuts, fc.array(fc.nat(100), { maxLength: 5 }), (given, where, restores) => {
      const whole = storyOf(engines, framesOf(engines, given, { untilMs }))
      expect(whole.transitions.length, 'something is told').toBeGreaterThan(0)
      const frames = framesOf(engines, given, { untilMs, cuts: where, restores: true })
      expect(storyOf(engines, frames, { restoreAfter: new Set(restores) })).toEqual(whole)
    })
    fc.assert(property, { numRuns: 20 })
  })

  test('tells the same in whatever order the frames of two sources come', () => {
    const turns = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
    const property = fc.property(events, turns, turns, (given, first, second) => {
      const [one, two] = [0, 1].map((source) => {
        const own = given.filter((_, i) => i % 2 === source)
        return framesOf(engines, own, { source: `s${source}`, untilMs })
      })
      const story = storyOf(engines, interleaved(one!, two!, first))
      expect(storyOf(engines, interleaved(one!, two!, second))).toEqual(story)
    })
    fc.assert(property, { numRuns: 20 })
  })

  test('keeps over a restart that a source was excluded, and tells the same', () => {
    /** What follows from the frames of one source beside another one that says nothing. */
    function told(frames: readonly Frame[], restores: ReadonlySet<number>) {
      const transitions: unknown[] = []
      const unit = createAlertUnit(engines.alertProgram, (transition) => void transitions.push(transition))
      let state = unit.initial()
      unit.decide(state, decisionOf('sources', { add: ['quiet', 's1'] }), () => {})
      frames.forEach((frame, i) => {
        if (i === 1) unit.decide(state, decisionOf('exclude', { source: 'quiet' }), () => {})
        unit.step(state, frame, () => {})
        if (restores.has(i)) state = unit.decode(unit.stateVersion, [...unit.encode(state)])
      })
      return { transitions, watermark: unit.watermark(state), next: unit.nextTick(state) }
    }
    const property = fc.property(events, fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }), (given, restores) => {
      const frames = framesOf(engines, given, { untilMs })
      const whole = told(frames, new Set())
      expect(whole.watermark).toBeGreaterThan(0)
      expect(told(frames, new Set([1, ...restores]))).toEqual(whole)
    })
    fc.assert(property, { numRuns: 10 })
  })

  test('has one form of its state: what was decoded is encoded as it was', () => {
    const property = fc.property(events, (given) => {
      const unit = createAlertUnit(engines.alertProgram)
      const state = unit.initial()
      unit.decide(state, decisionOf('sources', { add: ['s1'] }), () => {})
      for (const frame of framesOf(engines, given, { untilMs })) {
        unit.step(state, frame, () => {})
        const chunks = [...unit.encode(state)]
        const ids = chunks.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(chunkText(unit.encode(unit.decode(unit.stateVersion, chunks)))).toBe(chunkText(chunks))
      }
    })
    fc.assert(property, { numRuns: 12 })
  })

  test('fires in a story of calm, trouble, silence and calm, and what fired is resolved', () => {
    function span(fromMinute: number, toMinute: number, everySeconds: number, what: object): PlainEvent[] {
      const count = Math.floor(((toMinute - fromMinute) * 60) / everySeconds)
      return Array.from({ length: count }, (_, i) => ({
        at: fromMinute * minute + i * everySeconds * 1000,
        'service.name': 'api',
        ...what,
      }))
    }
    const given = [
      ...span(0, 15, 10, good),
      ...span(15, 20, 2, bad),
      ...span(20, 30, 10, good),
      ...span(55, 85, 10, good),
    ]
    const { transitions } = storyOf(engines, framesOf(engines, given))
    const open = new Map<string, number>()
    for (const { kind, rule, labels, t } of transitions) {
      const instance = `${rule} ${JSON.stringify(labels)}`
      if (kind === 'firing') open.set(instance, t)
      if (kind === 'resolved') {
        expect(open.get(instance), `${instance} fired before`).toBeLessThan(t)
        open.delete(instance)
      }
    }
    expect(transitions.filter(({ kind }) => kind === 'firing').length).toBeGreaterThan(0)
    expect([...open.keys()]).toEqual([])
  })
})
