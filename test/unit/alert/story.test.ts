import { describe, expect, it } from 'vitest'
import { documentsOf, enginesOf, framesOf, storyOf, tellingOf } from '../../support/engines.ts'
import { storyStart, type PlainEvent } from '../../support/events.ts'

/** A minute is one window. */
const slow = enginesOf({
  derives: [{ id: 'slow-requests', type: 'slow_requests', by: ['service.name'], window: '1m', threshold: '500ms' }],
  rules: [{ id: 'slow', type: 'threshold', metric: 'slow-requests.ratio', above: '10%', severity: 'high' }],
})

describe('a pipeline from events to alerts', () => {
  it('fires once for one slow request of two, and resolves when the window has moved on', () => {
    const events: PlainEvent[] = [
      { at: 1000, 'service.name': 'api', 'event.duration': 20_000_000, message: 'GET /cart 200' },
      { at: 2000, 'service.name': 'api', 'event.duration': 900_000_000, message: 'GET /pay 200' },
    ]
    const story = storyOf(slow, framesOf(slow, events, { untilMs: 120_000 }))
    expect(tellingOf(story, ['alertname', 'service_name', 'severity'])).toEqual([
      'firing 15s slow api high',
      'resolved 75s slow api high',
    ])
    expect(documentsOf(story, 'metric')).toEqual([
      {
        '@timestamp': '2026-03-01T10:00:00.000Z',
        event: { kind: 'metric', dataset: 'logpipe.metric' },
        service: { name: 'api' },
        labels: { service_name: 'api' },
        logpipe: {
          metric: {
            id: 'slow-requests',
            window_start: '2026-03-01T10:00:00.000Z',
            window_end: '2026-03-01T10:01:00.000Z',
            revision: 1,
            count: 2,
            values: { ratio: 0.5, slow: 1, total: 2 },
          },
        },
      },
    ])
  })

  it('needs two minutes above five percent for the rule of the manual, as its test block says', () => {
    const engines = enginesOf({
      rules: [
        {
          id: 'checkout-errors',
          name: 'CheckoutErrorRate',
          type: 'ratio',
          where: ['service.name = "checkout"'],
          bad: ['http.response.status_code >= 500'],
          window: '5m',
          min_events: 50,
          for: '2m',
          by: ['service.name'],
          annotations: { summary: 'Checkout fails for {{ value | percent }} of requests' },
          levels: [
            { severity: 'high', above: '5%', recover_below: '3%' },
            { severity: 'critical', above: '20%', recover_below: '12%' },
          ],
        },
      ],
    })
    const good = Array.from({ length: 1200 }, (_, i) => ({
      at: i * 1000,
      'service.name': 'checkout',
      'http.response.status_code': 200,
    }))
    const bad = Array.from({ length: 60 }, (_, i) => ({
      at: 180_000 + i * 5000,
      'service.name': 'checkout',
      'http.response.status_code': 502,
      message: `POST /pay 502 upstream ${i}`,
    }))
    const events = [...good, ...bad].sort((a, b) => a.at - b.at)
    const story = storyOf(engines, framesOf(engines, events, { untilMs: 1_200_000 }))
    expect(tellingOf(story, ['severity'])).toEqual(['pending 255s high', 'firing 375s high', 'resolved 735s high'])
    const [firing] = documentsOf(story, 'alert')
    expect(firing).toMatchObject({
      version: '4',
      status: 'firing',
      groupKey: '{}:{alertname="CheckoutErrorRate", service_name="checkout", severity="high"}',
      commonAnnotations: { summary: 'Checkout fails for 11.5 % of requests' },
      alerts: [
        {
          status: 'firing',
          startsAt: '2026-03-01T10:06:15.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          fingerprint: 'a387967c5fe3a24a',
        },
      ],
      logpipe: {
        revision: 1,
        transition: 'firing',
        value: 39 / 339,
        unit: 'share',
        threshold: 0.05,
        windowStart: '2026-03-01T10:01:15.000Z',
        windowEnd: '2026-03-01T10:06:15.000Z',
        count: 339,
        samples: ['POST /pay 502 upstream 0', 'POST /pay 502 upstream 1', 'POST /pay 502 upstream 2'],
        durationMs: null,
      },
    })
    expect(storyStart).toBe(Date.parse('2026-03-01T10:00:00Z'))
  })
})
