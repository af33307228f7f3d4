import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../../src/state/store.ts'
import { batchOf, fileSource, noon, temporaryFolder, type EventSpec } from '../../support/stored-events.ts'

const events: readonly EventSpec[] = [
  {
    message: 'GET /pay 200',
    timeMs: noon,
    service: 'pay',
    level: 3,
    status: 200,
    durationNs: 12e6,
    format: 'nginx_access',
    fields: { 'http.request.method': 'GET' },
  },
  {
    message: 'POST /pay 502 upstream timeout',
    timeMs: noon + 1000,
    service: 'pay',
    level: 5,
    status: 502,
    durationNs: 2e9,
    format: 'nginx_access',
    fields: { 'http.request.method': 'POST', tags: ['edge', 'eu'] },
  },
  {
    message: 'connection refused by 10.0.0.7',
    timeMs: noon + 2000,
    service: 'payments',
    level: 5,
    fields: { 'error.type': 'ConnectionError', 'attributes.attempt': 3 },
  },
  { message: '订单支付超时，已重试 3 次', timeMs: noon + 3000, service: 'pay', level: 4 },
  {
    message: 'debug cache miss for user_id=42',
    timeMs: noon + 4000,
    level: 2,
    fields: { 'attributes.hot': true, 'attributes.attempt': 11 },
  },
  {
    message: 'Überweisung an "Müller" abgelehnt 100%',
    timeMs: noon + 5000,
    service: "o'neil",
    level: 4,
    fields: { 'attributes.list': [7, 8] },
  },
]

describe.each(['fts', 'like'] as const)('a search with %s', (text) => {
  const folder = temporaryFolder()
  let store: Store

  beforeAll(async () => {
    store = openStore(folder.dir, { text })
    await store.events.write(batchOf(events.slice(0, 3)), 0)
    await store.events.write(batchOf(events.slice(3), { source: fileSource('/var/log/app.log') }), 0)
    store.flush()
  })
  afterAll(() => {
    store.close()
    folder.remove()
  })

  function found(expression: string): number[] {
    const result = store.view.query.search({ expression, nowMs: noon + 6000, sort: 'oldest' })
    if (!result.ok) throw new Error(result.problem.message)
    return result.value.events.map((event) => (event.timeMs - noon) / 1000)
  }

  test.each([
    ['', [0, 1, 2, 3, 4, 5]],
    ['level:error', [1, 2]],
    ['level:>=warn', [1, 2, 3, 5]],
    ['level:error,debug', [1, 2, 4]],
    ['service:pay', [0, 1, 3]],
    ['service:pay*', [0, 1, 2, 3]],
    ['service:pay,payments level:error', [1, 2]],
    ['-service:pay', [2, 4, 5]],
    ['service:*', [0, 1, 2, 3, 5]],
    ['-service:*', [4]],
    ['status:>=500', [1]],
    ['status:200..499', [0]],
    ['-status:200', [1, 2, 3, 4, 5]],
    ['duration:>500ms', [1]],
    ['duration:<=12ms', [0]],
    ['format:nginx_access', [0, 1]],
    ['source:*app.log', [3, 4, 5]],
    ['method:POST', [1]],
    ['tags:eu', [1]],
    ['tags:e*', [1]],
    ['attributes.list:8', [5]],
    ['attributes.attempt:>3', [4]],
    ['attributes.attempt:3', [2]],
    ['attributes.hot:true', [4]],
    ['error.type:Conn*', [2]],
    ['message:refused', [2]],
    ['attributes.none:1', []],
    ['timeout', [1]],
    ['TimeOut', [1]],
    ['"connection refused"', [2]],
    ['"refused connection"', []],
    ['connection refused', [2]],
    ['conn*', [2]],
    ['-timeout level:error', [2]],
    ['支付超时', [3]],
    ['超时', [3]],
    ['支付 3', [3]],
    ['überweisung', text === 'fts' ? [5] : []], // LIKE knows the case of ASCII letters alone.
    ['user_id=42', [4]],
    [`service:o'neil`, [5]],
    [`service:"o'neil"`, [5]],
    [`"'; DROP TABLE events; --drop"`, []],
    ['-2s..now', [4, 5]],
    ['2026-11-21T12:00:01Z..2026-11-21T12:00:03Z', [1, 2]],
    ['..2026-11-21T12:00:01Z', [0]],
    ['time:>=2026-11-21T12:00:04Z', [4, 5]],
  ])('finds for %s the events of second %j', (expression, seconds) => {
    expect(found(expression)).toEqual(seconds)
  })

  test.each([
    ['level:error status:>=x', 22, '"x" is not a number'],
    ['level:warn,eror', 12, '"eror" is not a level'],
    ['level:>=loud', 9, '"loud" is not a level'],
    ['a "b', 3, 'a quote is not closed'],
    ['service:', 9, 'a value is missing'],
    ['a OR b', 3, 'OR is no operator'],
    ['ok "---"', 4, 'no letter and no digit'],
    ['duration:>soon', 11, 'not a duration'],
    ['now..-1h', 1, 'the time range is empty'],
  ])('says where %s is wrong', (expression, column, message) => {
    const result = store.view.query.search({ expression, nowMs: noon })
    expect(result).toMatchObject({ ok: false, problem: { column } })
    expect(result.ok ? '' : result.problem.message).toContain(message)
  })

  test('pages through all events in both directions without a gap or a repeat', () => {
    for (const sort of ['newest', 'oldest'] as const) {
      const times: number[] = []
      let cursor: string | undefined
      do {
        const page = store.view.query.search({ expression: '', nowMs: noon, sort, limit: 2, ...(cursor && { cursor }) })
        if (!page.ok) throw new Error(page.problem.message)
        expect(page.value.events.length).toBeLessThanOrEqual(2)
        times.push(...page.value.events.map((event) => event.timeMs - noon))
        cursor = page.value.cursor
      } while (cursor !== undefined)
      expect(sort === 'newest' ? times.reverse() : times).toEqual([0, 1000, 2000, 3000, 4000, 5000])
    }
  })

  test('refuses a cursor that it did not make', () => {
    const page = store.view.query.search({ expression: '', nowMs: noon, cursor: 'Jyk7LS0' })
    expect(page).toEqual({ ok: false, problem: { column: 1, message: 'the cursor is none of ours' } })
  })

  test('counts, and scans in the order of positions', () => {
    expect(store.view.query.count({ expression: 'service:pay', nowMs: noon })).toEqual({ ok: true, value: 3 })
    const scan = store.view.query.scan({ expression: 'level:>=warn', nowMs: noon }, 'position')
    if (!scan.ok) throw new Error(scan.problem.message)
    expect([...scan.value].map((event) => [event.source, event.timeMs - noon])).toEqual([
      ['file:/var/log/pay.log', 1000],
      ['file:/var/log/pay.log', 2000],
      ['file:/var/log/app.log', 3000],
      ['file:/var/log/app.log', 5000],
    ])
  })

  test.each([
    [
      'level',
      {
        events: 6,
        present: 6,
        values: [
          { value: 'error', count: 2 },
          { value: 'warn', count: 2 },
          { value: 'debug', count: 1 },
          { value: 'info', count: 1 },
        ],
        numbers: undefined,
      },
    ],
    [
      'service',
      {
        present: 5,
        values: [
          { value: 'pay', count: 3 },
          { value: "o'neil", count: 1 },
          { value: 'payments', count: 1 },
        ],
      },
    ],
    ['duration', { present: 2, numbers: { min: 12e6, avg: 1006e6, p50: 12e6, p95: 2e9, p99: 2e9, max: 2e9 } }],
    ['attributes.attempt', { present: 2, numbers: { min: 3, avg: 7, p50: 3, p95: 11, p99: 11, max: 11 } }],
    ['nothing.here', { events: 6, present: 0, values: [], numbers: undefined }],
  ])('sums up %s', (field, stats) => {
    expect(store.view.query.stats({ expression: '', nowMs: noon }, field)).toMatchObject({ ok: true, value: stats })
  })
})
