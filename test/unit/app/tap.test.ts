import { expect, test } from 'vitest'
import type { Json } from '../../../src/core/event-batch.ts'
import { Taps } from '../../../src/app/tap.ts'
import type { TapRequest } from '../../../src/server/tap-api.ts'
import { eventsOf, storyStart } from '../../support/events.ts'

const usual: TapRequest = { stage: 'parse', where: [], limit: 100, perSecond: 50, forMs: 60_000 }
const transition = {
  kind: 'firing',
  rule: 'r',
  alertId: 'a',
  labels: { x: '1' },
  annotations: {},
  t: storyStart,
  value: 1,
} as const

function batchOf(messages: readonly string[]) {
  return eventsOf(messages.map((message, i) => ({ at: i, message })))
}

async function linesOf(stream: ReadableStream<Uint8Array> | string): Promise<Json[]> {
  if (typeof stream === 'string') return [stream]
  const text = await new Response(stream).text()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
}

test('a tap shows what fits its filter, in order, and ends with the counts', async () => {
  const taps = new Taps(() => 0)
  const lines = linesOf(taps.open({ ...usual, where: ['message contains "pay"'] }))
  taps.events(batchOf(['pay 1', 'cart 1', 'pay 2']))
  taps.transition(transition)
  taps.close()
  expect(await lines).toMatchObject([
    { stage: 'parse', event: { message: 'pay 1' } },
    { stage: 'parse', event: { message: 'pay 2' } },
    { seen: 2, shown: 2, left_out: 0 },
  ])
})

test('what is dropped and rejected is told with its reason', async () => {
  const taps = new Taps(() => 0)
  const lines = linesOf(taps.open(usual))
  const batch = batchOf([])
  batch.drop('empty')
  batch.drop('empty')
  batch.dead.push({ record: 0, reason: 'handler_error', stage: 'parse', error: 'no' })
  taps.events(batch)
  taps.close()
  expect(await lines).toEqual([
    { stage: 'parse', verdict: 'rejected', reason: 'handler_error', error: 'no' },
    { stage: 'parse', verdict: 'dropped', reason: 'empty', count: 2 },
    { seen: 2, shown: 2, left_out: 0 },
  ])
})

test('more than the rate is left out and counted, until time has passed', async () => {
  let ms = 0
  const taps = new Taps(() => ms)
  const lines = linesOf(taps.open({ ...usual, perSecond: 2 }))
  taps.events(batchOf(['1', '2', '3', '4', '5']))
  ms = 1000
  taps.events(batchOf(['6', '7', '8']))
  taps.close()
  expect((await lines).map((line) => (line as { event?: { message: string } }).event?.message ?? line)).toEqual([
    '1', '2', '6', '7', { seen: 8, shown: 4, left_out: 4 },
  ]) // prettier-ignore
})

test('a reader that does not read costs nothing but what it misses', async () => {
  let ms = 0
  const taps = new Taps(() => (ms += 1000))
  const stream = taps.open({ ...usual, limit: 10_000, perSecond: 1000 })
  for (let i = 0; i < 1500; i++) taps.events(batchOf(['x']))
  taps.close()
  expect((await linesOf(stream)).at(-1)).toEqual({ seen: 1500, shown: 1000, left_out: 500 })
})

test('a tap ends by itself with its limit, and makes room for another one', async () => {
  const taps = new Taps(() => 0)
  const streams = Array.from({ length: 4 }, () => taps.open({ ...usual, limit: 1 }))
  expect(taps.open(usual)).toBe('there are 4 taps already')
  taps.events(batchOf(['1', '2']))
  for (const stream of streams) expect((await linesOf(stream)).at(-1)).toEqual({ seen: 1, shown: 1, left_out: 0 })
  expect(typeof taps.open(usual)).toBe('object')
  taps.close()
})

test('the alert stage tells transitions', async () => {
  const taps = new Taps(() => 0)
  const lines = linesOf(taps.open({ ...usual, stage: 'alert' }))
  taps.events(batchOf(['1']))
  taps.transition(transition)
  taps.close()
  expect(await lines).toMatchObject([{ stage: 'alert', verdict: 'firing', rule: 'r', labels: { x: '1' } }, { seen: 1 }])
})

test.each([
  [{ where: ['message contians "x"'] }, /^the filter cannot be read: /],
  [{ stage: 'alert' as const, where: ['message exists'] }, /^filters are about events$/],
])('%j is no tap', (change, message) => {
  expect(new Taps(() => 0).open({ ...usual, ...change })).toMatch(message)
})
