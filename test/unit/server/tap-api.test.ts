import { expect, test } from 'vitest'
import { answerTap, type TapRequest } from '../../../src/server/tap-api.ts'

function ask(query: string): { response: Response; asked: TapRequest[] } {
  const asked: TapRequest[] = []
  const response = answerTap(new URL(`http://127.0.0.1:8680/api/v1/tap?${query}`), (request) => {
    asked.push(request)
    return new Blob(['{"seen":0}\n']).stream()
  })
  return { response, asked }
}

test.each<[string, TapRequest]>([
  ['', { stage: 'parse', where: [], limit: 100, perSecond: 50, forMs: 60_000 }],
  ['stage=alert&limit=5&rate=30/m&for=2m', { stage: 'alert', where: [], limit: 5, perSecond: 0.5, forMs: 120_000 }],
  [
    'filter=a+%3D+1&filter=b+exists',
    { stage: 'parse', where: ['a = 1', 'b exists'], limit: 100, perSecond: 50, forMs: 60_000 },
  ],
])('%j asks for a tap', async (query, request) => {
  const { response, asked } = ask(query)
  expect(asked).toEqual([request])
  expect([response.status, await response.text()]).toEqual([200, '{"seen":0}\n'])
})

test.each([
  ['stage=sink', 'there is no stage sink'],
  ['limit=0', 'limit is from 1'],
  ['limit=many', 'limit is from 1'],
  ['rate=2000/s', 'rate is such as 50/s'],
  ['rate=50', 'rate is such as 50/s'],
  ['for=2h', 'for is such as 60s'],
  ['for=forever', 'for is such as 60s'],
])('%s is refused', async (query, message) => {
  const { response, asked } = ask(query)
  expect([response.status, asked]).toEqual([400, []])
  expect(await response.text()).toContain(message)
})

test('why there can be no tap is told', async () => {
  const response = answerTap(new URL('http://127.0.0.1:8680/api/v1/tap'), () => 'there are 4 taps already')
  expect(await response.json()).toEqual({ schema: 'logpipe.error.v1', message: 'there are 4 taps already' })
})
