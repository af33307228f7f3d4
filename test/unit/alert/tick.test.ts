import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/core/frame.ts'
import type { Output } from '../../../src/core/unit.ts'
import type { Transition } from '../../../src/alert/publish.ts'
import { configDecisionValue } from '../../../src/alert/state.ts'
import { createAlertUnit } from '../../../src/alert/unit.ts'
import {
  chunkText,
  decisionOf,
  documentsOf,
  enginesOf,
  framesOf,
  storyOf,
  tellingOf,
  type EngineOptions,
} from '../../support/engines.ts'
import { storyStart, type PlainEvent } from '../../support/events.ts'

const minute = 60_000

function every(
  ms: number,
  options: { from?: number; to: number; fields?: Readonly<Record<string, string | number | boolean>> },
): PlainEvent[] {
  const events: PlainEvent[] = []
  for (let at = options.from ?? 0; at < options.to; at += ms) events.push({ at, ...options.fields })
  return events
}

/** What one source tells a set of rules. */
function told(
  options: EngineOptions,
  events: readonly PlainEvent[],
  untilMs: number,
  labels: readonly string[] = [],
): string[] {
  const engines = enginesOf(options)
  return tellingOf(storyOf(engines, framesOf(engines, events, { untilMs })), labels)
}

const api = { 'service.name': 'api' }
const failing = { ...api, 'logpipe.error': true, message: 'upstream timed out' }

describe('occurrence rules', () => {
  it('fire at the first match, collect further ones, and resolve so long after the last', () => {
    const engines = enginesOf({
      rules: [
        {
          id: 'oom',
          type: 'any',
          severity: 'high',
          where: ['message contains "Out of memory"'],
          by: ['host.name'],
          resolve_after: '1m',
          samples: 2,
        },
      ],
    })
    const events = [20_000, 50_000, 70_000].map((at, i) => ({
      at,
      'host.name': 'web-1',
      message: `Out of memory: Killed process ${i}`,
    }))
    const story = storyOf(engines, framesOf(engines, events, { untilMs: 5 * minute }))
    expect(tellingOf(story, ['host_name'])).toEqual(['firing 30s web-1', 'resolved 135s web-1'])
    const [firing, resolved] = documentsOf(story, 'alert')
    expect(firing).toMatchObject({ logpipe: { revision: 1, count: 1, samples: ['Out of memory: Killed process 0'] } })
    expect(resolved).toMatchObject({
      status: 'resolved',
      alerts: [{ startsAt: '2026-03-01T10:00:30.000Z', endsAt: '2026-03-01T10:02:10.000Z' }],
      logpipe: {
        revision: 2,
        count: 3,
        durationMs: 100_000,
        samples: ['Out of memory: Killed process 0', 'Out of memory: Killed process 1'],
      },
    })
  })

  it('of frequency need so many within the window, and then begin anew', () => {
    const rules = [
      {
        id: 'many',
        type: 'frequency',
        severity: 'high',
        num_events: 3,
        window: '20s',
        by: ['user.name'],
        resolve_after: '30s',
      },
    ]
    const ann = (at: number): PlainEvent => ({ at, 'user.name': 'ann' })
    expect(told({ rules }, [ann(0), ann(10_000), ann(20_001)], minute)).toEqual([])
    expect(told({ rules }, [ann(0), ann(10_000), ann(19_999)], minute)).toEqual(['firing 30s', 'resolved 60s'])
    expect(told({ rules }, [ann(0), ann(1), ann(2), ann(3), ann(4)], minute)).toEqual(['firing 15s', 'resolved 45s'])
    expect(told({ rules }, [ann(0), ann(1), { at: 2, 'user.name': 'bob' }], minute)).toEqual([])
    const before = [ann(20_000), ann(30_000), ann(45_000), { at: 100_000, 'user.name': 'bob' }]
    expect(told({ rules }, [...before, { at: 24_000, recordAt: 90_000, 'user.name': 'ann' }], 2 * minute)).toEqual([])
    const late = [...before, { at: 26_000, recordAt: 90_000, 'user.name': 'ann' }]
    expect(told({ rules }, late, 2 * minute)).toEqual(['firing 105s', 'resolved 120s'])
  })
})

describe('condition rules', () => {
  const derives = [{ id: 'd', type: 'error_rate', by: ['service.name'], window: '30s' }]

  it('begin a new episode with a new id when they are true again', () => {
    const engines = enginesOf({
      derives,
      rules: [{ id: 'r', type: 'threshold', metric: 'd.ratio', above: '50%', severity: 'low' }],
    })
    const events = [
      ...every(5000, { to: 10_000, fields: failing }),
      ...every(5000, { from: minute, to: 70_000, fields: failing }),
    ]
    const story = storyOf(engines, framesOf(engines, events, { untilMs: 3 * minute }))
    expect(tellingOf(story)).toEqual(['firing 15s', 'resolved 45s', 'firing 75s', 'resolved 105s'])
    const ids = story.outputs.filter(({ stage }) => stage === 'alert').map(({ id, revision }) => [id, revision])
    expect(ids[0]![0]).toBe(ids[1]![0])
    expect(ids[2]![0]).not.toBe(ids[0]![0])
    expect(ids.map(([, revision]) => revision)).toEqual([1, 2, 1, 2])
  })

  it.each([
    ['clear', ['firing 15s', 'resolved 45s']],
    ['keep', ['firing 15s']],
    ['fire', ['firing 15s']],
  ])('take a window without a value as no_value: %s says', (policy, expected) => {
    const rules = [{ id: 'r', type: 'threshold', metric: 'd.ratio', above: '50%', severity: 'low', no_value: policy }]
    expect(told({ derives, rules }, every(5000, { to: 10_000, fields: failing }), 5 * minute)).toEqual(expected)
  })

  it('with no_value: fire fire for keys that were seen and have gone quiet', () => {
    const rules = [{ id: 'r', type: 'threshold', metric: 'd.ratio', above: '50%', severity: 'low', no_value: 'fire' }]
    const events = [
      ...every(5000, { to: 10_000, fields: api }),
      ...every(5000, { from: 2 * minute, to: 125_000, fields: api }),
    ]
    expect(told({ derives, rules }, events, 4 * minute)).toEqual(['firing 45s', 'resolved 135s', 'firing 165s'])
  })

  it('become one instance for each level', () => {
    const levels = [
      { severity: 'medium', above: '10%' },
      { severity: 'critical', above: '90%' },
    ]
    const rules = [{ id: 'r', type: 'threshold', metric: 'd.ratio', levels }]
    expect(told({ derives, rules }, every(5000, { to: 10_000, fields: failing }), minute, ['severity'])).toEqual([
      'firing 15s critical',
      'firing 15s medium',
      'resolved 45s critical',
      'resolved 45s medium',
    ])
  })

  it('create so many instances as the limit says, by key, and count the rest', () => {
    const engines = enginesOf({
      derives,
      rules: [{ id: 'r', type: 'threshold', metric: 'd.ratio', above: '50%', severity: 'low', limit_instances: 2 }],
    })
    const events = ['c', 'a', 'b'].map((name, i) => ({ ...failing, at: i, 'service.name': name }))
    const story = storyOf(engines, framesOf(engines, events, { untilMs: 20_000 }))
    expect(tellingOf(story, ['service_name'])).toEqual(['firing 15s a', 'firing 15s b'])
  })

  it('say a firing alert again every twelve hours', () => {
    const rules = [{ id: 'r', type: 'threshold', window: '1h', above: 0, severity: 'low' }]
    expect(told({ rules }, every(10 * minute, { to: 30 * 60 * minute, fields: api }), 30 * 60 * minute)).toEqual([
      'firing 15s',
      'updated 43215s',
      'updated 86415s',
    ])
  })

  it('drop labels that are empty, and let those of the rule win', () => {
    const labels = { team: 'payments', service_name: 'renamed', empty: '' }
    const engines = enginesOf({
      derives,
      rules: [{ id: 'r', name: 'Errors', type: 'threshold', metric: 'd.ratio', above: 0, severity: 'low', labels }],
    })
    const [alert] = documentsOf(
      storyOf(engines, framesOf(engines, [{ at: 0, ...failing }], { untilMs: 20_000 })),
      'alert',
    )
    expect(alert).toMatchObject({
      commonLabels: { team: 'payments', service_name: 'renamed', alertname: 'Errors', severity: 'low' },
    })
    expect(alert).not.toHaveProperty('commonLabels.empty')
  })

  it('do not make two alerts with equal labels', () => {
    const engines = enginesOf({
      derives,
      rules: [
        { id: 'r', type: 'threshold', metric: 'd.ratio', above: 0, severity: 'low', labels: { service_name: 'all' } },
      ],
    })
    const events = ['a', 'b'].map((name, i) => ({ ...failing, at: i, 'service.name': name }))
    expect(tellingOf(storyOf(engines, framesOf(engines, events, { untilMs: 20_000 })), ['service_name'])).toEqual([
      'firing 15s all',
    ])
  })
})

describe('flatline', () => {
  const rule = { id: 'quiet', type: 'flatline', window: '1m', by: ['service.name'], severity: 'critical' }

  it('begins a window after the first event of a key, and ends with the next one', () => {
    const events = [
      { at: 1000, ...api },
      { at: 100_000, ...api },
    ]
    expect(told({ rules: [rule] }, events, 110_000)).toEqual(['firing 75s', 'resolved 105s'])
  })

  it('watches expected keys from the start', () => {
    const expecting = { ...rule, expected: [{ 'service.name': 'batch' }] }
    expect(
      told({ rules: [expecting] }, every(5000, { to: 2 * minute, fields: api }), 2 * minute, ['service_name']),
    ).toEqual(['firing 75s batch'])
  })

  it('tells a key once and drops it with forget_keys', () => {
    const forgetting = { ...rule, forget_keys: true }
    const events = [
      { at: 1000, ...api },
      { at: 5 * minute, ...api },
    ]
    expect(told({ rules: [forgetting] }, events, 10 * minute)).toEqual([
      'firing 75s',
      'resolved 90s',
      'firing 375s',
      'resolved 390s',
    ])
  })

  it('takes no longer for an event of 1970', () => {
    const events = [
      { at: -storyStart, recordAt: -storyStart, ...api },
      { at: 0, ...api },
    ]
    const transitions = told({ rules: [rule] }, events, minute)
    expect(transitions[0]).toBe(`firing ${75 - storyStart / 1000}s`)
    expect(transitions.at(-1)).toBe('resolved 15s')
  })
})

describe('metric documents', () => {
  const derives = [{ id: 'd', type: 'count', window: '1m', by: ['service.name'] }]

  it('get another revision when late events change them, and none when nothing changed', () => {
    const engines = enginesOf({ derives })
    const events = [
      { at: 0, ...api },
      { at: 90_000, ...api },
      { at: 1000, recordAt: 90_000, ...api },
      { at: 200_000, ...api },
    ]
    const story = storyOf(engines, framesOf(engines, events, { untilMs: 5 * minute }))
    const documents = story.outputs.map(
      ({ id, revision, value }) => [id, revision, JSON.parse(value).logpipe.metric] as const,
    )
    expect(
      documents.map(([, revision, metric]) => [
        metric.window_start.slice(11, 19),
        revision,
        metric.revision,
        metric.count,
      ]),
    ).toEqual([
      ['10:00:00', 1, 1, 1],
      ['10:00:00', 2, 2, 2],
      ['10:01:00', 1, 1, 1],
      ['10:03:00', 1, 1, 1],
    ])
    expect(documents[0]![0]).toBe(documents[1]![0])
  })

  it('are final after the allowed lateness: what comes then is counted as expired', () => {
    const engines = enginesOf({ derives, allowedLatenessMs: minute })
    const unit = createAlertUnit(engines.alertProgram)
    const state = unit.initial()
    const events = [
      { at: 0, ...api },
      { at: 10 * minute, ...api },
      { at: 1000, recordAt: 10 * minute, ...api },
    ]
    const counts: number[] = []
    for (const frame of framesOf(engines, events, { untilMs: 20 * minute })) {
      unit.step(state, frame, ({ value }) => counts.push(JSON.parse(value).logpipe.metric.count))
    }
    expect(counts).toEqual([1, 1])
    expect(state.watches[0]!.store.expired).toBe(1)
  })

  it('of windows that are open when every source has ended are partial', () => {
    const engines = enginesOf({ derives })
    const story = storyOf(engines, framesOf(engines, every(10_000, { to: 75_000, fields: api })))
    expect(documentsOf(story, 'metric')).toMatchObject([
      { logpipe: { metric: { count: 6, revision: 1 } } },
      { logpipe: { metric: { count: 2, revision: 1, partial: true } } },
    ])
  })

  it('of series beyond the limit are one, in the order of first tick and key', () => {
    const engines = enginesOf({ derives, maxSeries: 2 })
    const names = [
      ...['d', 'b', 'c'].map((name) => ({ at: 0, name })),
      { at: 20_000, name: 'a' },
      { at: 20_000, name: 'b' },
    ]
    const story = storyOf(
      engines,
      framesOf(
        engines,
        names.map(({ at, name }) => ({ at, 'service.name': name })),
        { untilMs: minute },
      ),
    )
    const counts = documentsOf(story, 'metric').map((document) => {
      const { labels, logpipe } = document as unknown as {
        labels: { service_name: string }
        logpipe: { metric: { count: number } }
      }
      return [labels.service_name, logpipe.metric.count]
    })
    expect(counts).toEqual([['__other__', 2], ['b', 2], ['c', 1]]) // prettier-ignore
  })

  it('hold by fields in their places, typed, and as labels', () => {
    const engines = enginesOf({
      derives: [{ id: 'd', type: 'count', window: '1m', by: ['http.response.status_code', 'user.name'] }],
    })
    const story = storyOf(
      engines,
      framesOf(engines, [{ at: 0, 'http.response.status_code': 502 }], { untilMs: minute }),
    )
    expect(documentsOf(story, 'metric')).toMatchObject([
      { http: { response: { status_code: 502 } }, labels: { http_response_status_code: '502', user_name: '_missing' } },
    ])
    expect(documentsOf(story, 'metric')[0]).not.toHaveProperty('user')
  })
})

describe('sources', () => {
  const engines = enginesOf({
    derives: [{ id: 'd', type: 'count', window: '15s' }],
    rules: [{ id: 'r', type: 'threshold', metric: 'd.count', above: 0, severity: 'low' }],
  })

  interface Running {
    readonly told: string[]
    readonly outputs: Output[]
    take(...frames: readonly Frame[]): void
    decide(...decision: Parameters<typeof decisionOf>): void
    readonly unit: ReturnType<typeof createAlertUnit>
    readonly state: ReturnType<ReturnType<typeof createAlertUnit>['initial']>
  }

  function running(sources: readonly string[]): Running {
    const transitions: Transition[] = []
    const outputs: Output[] = []
    const unit = createAlertUnit(engines.alertProgram, (transition) => transitions.push(transition))
    const state = unit.initial()
    function out(output: Output): void {
      outputs.push(output)
    }
    unit.decide(state, decisionOf('sources', { add: [...sources] }), out)
    return {
      get told() {
        return tellingOf({ transitions })
      },
      outputs,
      unit,
      state,
      take(...frames) {
        for (const frame of frames) unit.step(state, frame, out)
      },
      decide: (...decision) => unit.decide(state, decisionOf(...decision), out),
    }
  }

  function framesFrom(source: string, untilMs: number): Frame[] {
    return framesOf(engines, every(1000, { to: 30_000, fields: api }), { source, untilMs })
  }

  it('hold every tick back until each has reported', () => {
    const run = running(['s1', 's2'])
    run.take(...framesFrom('s1', minute))
    expect(run.unit.watermark(run.state)).toBe(-Infinity)
    expect(run.told).toEqual([])
    run.take(...framesFrom('s2', minute))
    expect(run.told).toEqual(['firing 15s', 'resolved 45s'])
    expect(documentsOf(run, 'metric')).toMatchObject([
      { logpipe: { metric: { count: 30 } } },
      { logpipe: { metric: { count: 30 } } },
    ])
  })

  it('that are excluded hold nothing back, and nothing resolves meanwhile', () => {
    const run = running(['s1', 's2'])
    const [first, ...rest] = framesFrom('s2', minute)
    run.take(first!, ...framesFrom('s1', minute))
    expect(run.told).toEqual([])
    run.decide('exclude', { source: 's2' })
    expect(run.told).toEqual(['firing 15s'])
    run.decide('include', { source: 's2' })
    run.take(...rest)
    expect(run.told).toEqual(['firing 15s', 'resolved 60s'])
  })

  it('that come later count, and hold ticks back once they are included', () => {
    const run = running(['s1'])
    const frames = framesFrom('s1', 2 * minute)
    run.take(frames[0]!, frames[1]!)
    run.decide('sources', { add: ['s2'] })
    expect(run.state.sources.get('s2')).toMatchObject({ standing: 'joining' })
    run.take(frames[2]!)
    expect(run.told).toEqual(['firing 15s', 'resolved 45s'])
    run.decide('include', { source: 's2' })
    expect(run.unit.watermark(run.state)).toBe(-Infinity)
  })

  it('are told apart by their ranges: repeats are dropped, gaps and overlaps are counted', () => {
    const run = running(['s1'])
    const [first, second, third] = framesFrom('s1', minute)
    run.take(first!, first!, third!, second!, { ...third!, to: { offset: 99n, sub: 0 }, at: storyStart + 75_000 })
    expect(run.state.sources.get('s1')).toMatchObject({ repeats: 2, gaps: 1, overlaps: 1 })
  })

  it('that are read in frames of an overlap make documents approximate', () => {
    const run = running(['s1', 's2'])
    const frames = framesFrom('s1', minute)
    run.take(
      frames[0]!,
      { ...frames[1]!, from: { offset: 5n, sub: 0 } },
      ...frames.slice(2),
      ...framesFrom('s2', minute),
    )
    expect(
      documentsOf(run, 'metric').map((document) => JSON.stringify(document).includes('"approximate":true')),
    ).toEqual([true, true])
  })
})

describe('a change of the configuration', () => {
  const common = {
    derives: [
      { id: 'kept', type: 'count', window: '5m' },
      { id: 'changed', type: 'count', window: '5m' },
    ],
    rules: [
      { id: 'kept', type: 'threshold', metric: 'kept.count', above: 0, severity: 'low' },
      { id: 'changed', type: 'threshold', metric: 'kept.count', above: 1, severity: 'low' },
      { id: 'removed', type: 'threshold', metric: 'kept.count', above: 0, severity: 'low' },
    ],
  }

  it('ends what changed, and goes on with the rest', () => {
    const engines = enginesOf(common)
    const next = enginesOf({
      derives: [common.derives[0]!, { ...common.derives[1]!, window: '1m' }],
      rules: [common.rules[0]!, { ...common.rules[1]!, above: 2 }],
    })
    const unit = createAlertUnit(engines.alertProgram)
    const state = unit.initial()
    const outputs: Output[] = []
    function out(output: Output): void {
      outputs.push(output)
    }
    const frames = framesOf(engines, every(1000, { to: 40_000, fields: api }), { untilMs: 45_000 }).map((frame) => ({
      ...frame,
      isEnd: false,
    }))
    for (const frame of frames) unit.step(state, frame, out)
    outputs.length = 0
    unit.decide(state, decisionOf('config', configDecisionValue(next.alertProgram)), out)
    expect(documentsOf({ outputs }, 'metric')).toMatchObject([
      { logpipe: { metric: { id: 'changed', count: 40, partial: true } } },
    ])
    expect(documentsOf({ outputs }, 'alert')).toMatchObject([
      { logpipe: { ruleId: 'changed', transition: 'resolved', reason: 'rule_changed' } },
      { logpipe: { ruleId: 'removed', transition: 'resolved', reason: 'rule_removed' } },
    ])
    const nextUnit = createAlertUnit(next.alertProgram)
    const nextState = nextUnit.decode(1, [...unit.encode(state)])
    expect(nextUnit.alerts(nextState).map(({ rule, state: standing }) => [rule, standing])).toEqual([
      ['kept', 'firing'],
    ])
    expect(nextState.watches.map(({ store }) => store.series.size)).toEqual([1, 0])
    expect(chunkText(nextUnit.encode(nextUnit.decode(1, [...nextUnit.encode(nextState)])))).toBe(
      chunkText(nextUnit.encode(nextState)),
    )
  })
})
