import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/core/frame.ts'
import { createDeriveUnit } from '../../../src/derive/unit.ts'
import { batchesOf, chunkText, decisionOf, enginesOf, framesOf } from '../../support/engines.ts'
import { eventsOf, sourceOf, storyStart, type PlainEvent } from '../../support/events.ts'

const engines = enginesOf({ derives: [{ id: 'all', type: 'count', by: ['service.name'] }] })

function unitOf(of = engines) {
  return createDeriveUnit({ program: of.deriveProgram(), source: 's1', pipeline: 'shop' })
}

/** A frame in seconds after the start of the story. */
function brief({ from, to, at, watermark, isEnd, derives }: Frame): Record<string, unknown> {
  return {
    range: [Number(from.offset), Number(to.offset)],
    at: (at - storyStart) / 1000,
    watermark: (watermark - storyStart) / 1000,
    ...(isEnd ? { isEnd } : {}),
    rows: derives.flatMap(({ width, pane, cells }) =>
      Array.from(pane, (start, i) => [(start - storyStart) / 1000, cells[i * width]!]),
    ),
  }
}

function every(seconds: number, count: number): PlainEvent[] {
  return Array.from({ length: count }, (_, i) => ({ at: i * seconds * 1000, 'service.name': 'api' }))
}

describe('the derive unit', () => {
  it('cuts a frame before the event that moves the watermark past the end of a pane', () => {
    expect(framesOf(engines, every(5, 9)).map(brief)).toEqual([
      { range: [0, 2], at: 0, watermark: 0, rows: [[0, 2]] },
      { range: [2, 5], at: 15, watermark: 15, rows: [[0, 1], [15, 2]] }, // prettier-ignore
      { range: [5, 8], at: 30, watermark: 30, rows: [[15, 1], [30, 2]] }, // prettier-ignore
      { range: [8, 9], at: 45, watermark: 45, isEnd: true, rows: [[30, 1]] },
    ])
  })

  it('skips the panes that no event is in: the frame belongs to the first end passed', () => {
    const events = [
      { at: 0, 'service.name': 'api' },
      { at: 100_000, 'service.name': 'api' },
    ]
    expect(framesOf(engines, events).map(brief)).toEqual([
      { range: [0, 1], at: 0, watermark: 90, rows: [[0, 1]] },
      { range: [1, 2], at: 105, watermark: 105, isEnd: true, rows: [[90, 1]] },
    ])
  })

  it('is not moved by a clock that runs ahead of the record times', () => {
    const events = [
      { at: 0, 'service.name': 'api' },
      { at: 3_600_000, recordAt: 1000, 'service.name': 'api' },
      { at: 2000, 'service.name': 'api' },
    ]
    expect(framesOf(engines, events, { untilMs: 0 }).map(brief)).toEqual([
      { range: [0, 3], at: 0, watermark: 0, isEnd: true, rows: [[0, 2], [3600, 1]] }, // prettier-ignore
    ])
  })

  it('counts what is older than the pane of the watermark as late, and keeps it', () => {
    const unit = unitOf()
    const state = unit.initial()
    const frames: Frame[] = []
    const [batch] = batchesOf([
      ...every(5, 9),
      { at: 29_999, 'service.name': 'api' },
      { at: 14_000, 'service.name': 'api' },
    ])
    unit.step(state, batch!, (frame) => frames.push(frame))
    expect(state.late).toBe(2)
    unit.decide(state, decisionOf('end'), (frame) => frames.push(frame))
    expect(brief(frames.at(-1)!)['rows']).toEqual([[30, 1], [15, 1], [0, 1]]) // prettier-ignore
  })

  it('lifts the watermark at a lull and cuts what is open', () => {
    const unit = unitOf()
    const state = unit.initial()
    const frames: Frame[] = []
    function take(frame: Frame): void {
      frames.push(frame)
    }
    unit.step(state, batchesOf(every(1, 3))[0]!, take)
    unit.decide(state, decisionOf('lull', { lift: storyStart + 20_000 }), take)
    unit.decide(state, decisionOf('lull', { lift: storyStart + 20_000 }), take)
    unit.decide(state, decisionOf('lull', { lift: storyStart + 40_000 }), take)
    expect(frames.map(brief)).toEqual([
      { range: [0, 3], at: 0, watermark: 20, rows: [[0, 3]] },
      { range: [3, 3], at: 30, watermark: 40, rows: [] },
    ])
    expect(brief(unit.heartbeat(state)!)).toEqual({ range: [3, 3], at: 45, watermark: 40, rows: [] })
  })

  it('ends at the end of the last open pane, or where it is told to', () => {
    expect(brief(framesOf(engines, every(1, 2)).at(-1)!)).toMatchObject({ watermark: 15, isEnd: true })
    expect(brief(framesOf(engines, every(1, 2), { untilMs: 120_000 }).at(-1)!)).toMatchObject({ watermark: 120 })
    expect(framesOf(engines, [])).toMatchObject([{ isEnd: true, watermark: -Infinity, derives: [] }])
  })

  it('never holds more than 50,000 cells, wherever batches are cut', () => {
    const two = enginesOf({
      derives: [
        { id: 'a', type: 'count', by: ['user.id'] },
        { id: 'b', type: 'count', by: ['user.id'] },
      ],
    })
    const events = Array.from({ length: 60_000 }, (_, i) => ({ at: (i % 100) * 10, 'user.id': `u${i % 40_000}` }))
    const frames = framesOf(two, events)
    expect(frames.map(({ derives }) => derives.map(({ pane }) => pane.length))).toEqual([
      [25_000, 25_000],
      [25_000, 25_000],
      [10_000, 10_000],
    ])
    expect(frames[0]!.to).toEqual({ offset: 25_000n, sub: 0 })
    const cut = framesOf(two, events, { cuts: [7, 24_999, 25_001, 40_000] })
    expect(cut.map(({ from, to, at, watermark }) => [from, to, at, watermark])).toEqual(
      frames.map(({ from, to, at, watermark }) => [from, to, at, watermark]),
    )
  })

  it('forgets words and series that it no longer needs, and nothing else', () => {
    const unit = unitOf()
    const state = unit.initial()
    const frames: Frame[] = []
    const events = Array.from({ length: 120_000 }, (_, i) => ({
      at: Math.floor(i / 10),
      'service.name': `s${Math.floor(i / 2)}`,
    }))
    for (const batch of batchesOf(events, [30_000, 60_000, 90_000, 110_000]))
      unit.step(state, batch, (frame) => frames.push(frame))
    unit.decide(state, decisionOf('end'), (frame) => frames.push(frame))
    const keys = frames.flatMap(({ derives }) => derives.flatMap(({ series }) => [...series]))
    expect(new Set(keys).size).toBe(60_000)
    expect(keys.at(-1)).toBe('["s59999"]')
  })

  it('counts matches above a thousand of one rule, series and pane by second', () => {
    const rules = enginesOf({
      rules: [{ id: 'r', type: 'any', severity: 'low', where: ['message contains "refused"'], by: ['service.name'] }],
    })
    const events = Array.from({ length: 3000 }, (_, i) => ({
      at: i,
      'service.name': 'api',
      message: `connection ${i} refused`,
    }))
    const [frame] = framesOf(rules, events)
    expect(frame!.matches).toHaveLength(1002)
    expect(frame!.matches[0]).toEqual({
      rule: 'r',
      series: '["api"]',
      timeMs: storyStart,
      position: { offset: 0n, sub: 0 },
      count: 1,
      sample: 'connection 0 refused',
    })
    expect(frame!.matches.slice(1000).map(({ timeMs, count }) => [timeMs - storyStart, count])).toEqual([[1000, 1000], [2000, 1000]]) // prettier-ignore
    expect(framesOf(rules, events, { cuts: [500, 1500], restores: true })[0]!.matches).toEqual(frame!.matches)
  })

  it('keeps the first lines of each series and pane that are worth showing, for rules that want them', () => {
    const rules = enginesOf({
      rules: [{ id: 'r', type: 'ratio', severity: 'low', window: '1m', above: '5%', samples: 2, by: ['service.name'] }],
    })
    const events = [
      { at: 900, 'service.name': 'api', message: 'ok' },
      {
        at: 800,
        'service.name': 'api',
        'http.response.status_code': 502,
        'url.path': '/pay',
        'http.request.method': 'POST',
      },
      { at: 700, 'service.name': 'api', 'logpipe.error': true, message: 'x'.repeat(400) },
      { at: 600, 'service.name': 'api', 'logpipe.error': true, message: 'timeout' },
    ]
    const samples = framesOf(rules, events).flatMap((frame) => frame.samples)
    expect(samples.map(({ series, text }) => [series, text])).toEqual([['["api"]', 'timeout'], ['["api"]', 'x'.repeat(300)]]) // prettier-ignore
    expect(framesOf(rules, events.slice(0, 2)).flatMap((frame) => frame.samples)[0]!.text).toBe('POST /pay 502')
  })

  it('sees only the derives of its pipeline', () => {
    const rules = enginesOf({ rules: [{ id: 'r', type: 'any', severity: 'low', pipelines: ['other'] }] })
    expect(rules.deriveProgram('shop').occurrences).toEqual([])
    expect(rules.deriveProgram('other').occurrences).toHaveLength(1)
  })

  it('cuts what is open at a change of the configuration, and goes on under the next program', () => {
    const unit = unitOf()
    const state = unit.initial()
    const frames: Frame[] = []
    unit.step(state, batchesOf(every(1, 3))[0]!, (frame) => frames.push(frame))
    unit.decide(state, decisionOf('config'), (frame) => frames.push(frame))
    const next = unitOf(enginesOf({ derives: [{ id: 'other', type: 'count' }] }))
    const state2 = next.decode(1, [...unit.encode(state)])
    next.step(state2, eventsOf(every(1, 2), { source: sourceOf('s1'), base: 3 }), (frame) => frames.push(frame))
    next.decide(state2, decisionOf('end'), (frame) => frames.push(frame))
    expect(frames.map(({ derives }) => derives.map(({ derive }) => derive))).toEqual([['all'], ['other']])
    expect(frames[1]!.from).toEqual(frames[0]!.to)
  })

  it('saves and reads its state without a change, and refuses other versions', () => {
    const unit = unitOf()
    const state = unit.initial()
    unit.step(state, batchesOf(every(5, 9))[0]!, () => {})
    const chunks = [...unit.encode(state)]
    expect(chunkText(unit.encode(unit.decode(1, chunks)))).toBe(chunkText(chunks))
    expect(() => unit.decode(2, chunks)).toThrow(expect.objectContaining({ code: 'LP_STATE_VERSION' }))
  })
})
