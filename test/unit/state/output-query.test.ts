import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Output } from '../../../src/core/unit.ts'
import { openStore, type Store } from '../../../src/state/store.ts'
import { noon, temporaryFolder } from '../../support/stored-events.ts'

const folder = temporaryFolder()
let store: Store

function metric(id: string, name: string, facts: { minute: number; labels: Record<string, string> }): Output {
  const at = `2026-11-21T12:0${facts.minute}:00.000Z`
  const value = JSON.stringify({ '@timestamp': at, labels: facts.labels, logpipe: { metric: { id: name } } })
  return { stage: 'metric', id, revision: 1, key: id, value, headers: {} }
}

function alert(id: string, revision: number, facts: { rule: string; state: string; minute: number }): Output {
  const windowEnd = `2026-11-21T12:0${facts.minute}:00.000Z`
  const value = JSON.stringify({ status: facts.state, logpipe: { ruleId: facts.rule, state: facts.state, windowEnd } })
  return { stage: 'alert', id, revision, key: `key-${id}`, value, headers: {} }
}

beforeAll(async () => {
  store = openStore(folder.dir)
  const claim = await store.log.claim('alert/0')
  const outputs = [
    metric('m1', 'error-rate', { minute: 0, labels: { service_name: 'pay', zone: 'a' } }),
    metric('m2', 'error-rate', { minute: 1, labels: { service_name: 'pay', zone: 'b' } }),
    metric('m3', 'error-rate', { minute: 1, labels: { service_name: 'shop', zone: 'a' } }),
    metric('m4', 'slow-requests', { minute: 0, labels: {} }),
    alert('a1', 1, { rule: 'slow', state: 'firing', minute: 1 }),
    alert('a1', 2, { rule: 'slow', state: 'resolved', minute: 3 }),
    alert('a2', 1, { rule: 'errors', state: 'firing', minute: 2 }),
  ]
  const [from, next] = [
    { offset: 0n, sub: 0 },
    { offset: 1n, sub: 0 },
  ]
  await store.log.commit([
    { claim, commit: { unit: 'alert/0', seq: 1, from, next, decisions: [], outputs, progress: null } },
  ])
})
afterAll(() => {
  store.close()
  folder.remove()
})

test.each([
  [{}, ['m1', 'm2', 'm3', 'm4']],
  [{ name: 'error-rate' }, ['m1', 'm2', 'm3']],
  [{ name: 'error-rate', labels: { service_name: 'pay' } }, ['m1', 'm2']],
  [{ labels: { service_name: 'pay', zone: 'b' } }, ['m2']],
  [{ labels: { "x'": '1' } }, []],
  [{ fromMs: noon + 60_000 }, ['m2', 'm3']],
  [{ toMs: noon + 60_000 }, ['m1', 'm4']],
  [{ limit: 1 }, ['m1']],
])('lists the metrics that fit %j', (filter, ids) => {
  expect(store.view.outputs.metrics(filter).map((one) => one.id)).toEqual(ids)
})

test.each([
  [{}, ['a1:2', 'a2:1']],
  [{ rule: 'errors' }, ['a2:1']],
  [{ state: 'resolved' }, ['a1:2']],
  [{ fromMs: noon + 150_000 }, ['a1:2']],
  [{ limit: 1 }, ['a1:2']],
])('lists the newest state of the alerts that fit %j', (filter, ids) => {
  expect(store.view.outputs.alerts(filter).map((one) => `${one.id}:${one.revision}`)).toEqual(ids)
})

test('shows one metric, and each revision of one alert', () => {
  const { outputs } = store.view
  expect(outputs.metric('m3')).toMatchObject({ id: 'm3', name: 'error-rate', revision: 1, timeMs: noon + 60_000 })
  expect(outputs.metric('none')).toBeUndefined()
  const history = outputs.alertHistory('a1').map((one) => [one.revision, one.state, one.timeMs, one.key])
  expect(history).toEqual([
    [1, 'firing', noon + 60_000, 'key-a1'],
    [2, 'resolved', noon + 180_000, 'key-a1'],
  ])
})
