import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogEvent } from '../../../src/core/log-event.ts'
import { openStore, type Store } from '../../../src/state/store.ts'
import { batchOf, noon, temporaryFolder, type EventSpec } from '../../support/stored-events.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store
beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.dir, { mask: (text) => text.replace(/hunter2/g, '[masked]') })
})
afterEach(() => {
  store.close()
  folder.remove()
})

const origin = { configHash: 'c0ffee', version: '0.1.0', instance: 'host-1', nowMs: noon + 60_000 }
const specs: readonly EventSpec[] = [
  { message: '\u001b[31mred\u202e pass=hunter2 \n', timeMs: noon, dead: 'decode_failed' },
  { message: '{"a":1}', timeMs: noon + 1000 },
  { message: `支付${'x'.repeat(9000)}`, timeMs: noon + 2000, dead: 'too_large' },
]

function add(nowMs = origin.nowMs): number {
  const added = store.deadLetters.add(batchOf(specs, { base: 700 }), { ...origin, nowMs })
  store.flush()
  return added
}

test('keeps who, where, why and the original bytes, and shows a preview that is masked and inert', () => {
  expect(add()).toBe(2)
  const [first, second] = store.view.deadLetters.list()
  const id = new LogEvent(batchOf([{ message: 'x', timeMs: noon }], { base: 700 }), 0).id
  expect(first).toEqual({
    id: `${id}.decode`,
    source: 'file:/var/log/pay.log',
    name: '/var/log/pay.log',
    offset: 700,
    timestamp: noon,
    child: 0,
    bytes: 26,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    stage: 'decode',
    reason: 'decode_failed',
    error: 'RangeError: out of range',
    attempts: 1,
    at: noon + 60_000,
    replays: 0,
    done: false,
    pipeline: 'payments',
    config_hash: 'c0ffee',
    version: '0.1.0',
    instance: 'host-1',
    preview: '\\u001b[31mred\\u202e pass=[masked] \\u000a',
  })
  expect(second?.preview).toBe(`支付${'x'.repeat(254)}`)
  const original = store.view.deadLetters.show(`${id}.decode`)
  expect(Buffer.from(original?.value_base64 ?? '', 'base64').toString()).toBe(specs[0]!.message)
  expect([original?.key_base64, original?.headers]).toEqual([null, []])
  expect(store.view.deadLetters.show('none')).toBeUndefined()
})

test('keeps one copy of a letter that is written again', () => {
  add()
  expect(add(noon + 90_000)).toBe(0)
  expect(store.view.deadLetters.list().map((letter) => letter.at)).toEqual([noon + 60_000, noon + 60_000])
})

test.each([
  [{}, ['decode_failed', 'too_large']],
  [{ reason: 'too_large' }, ['too_large']],
  [{ stage: 'decode', limit: 1 }, ['decode_failed']],
  [{ stage: 'index' }, []],
  [{ fromMs: noon + 60_000, toMs: noon + 60_001 }, ['decode_failed', 'too_large']],
  [{ toMs: noon + 60_000 }, []],
  [{ done: true }, ['too_large']],
  [{ done: false }, ['decode_failed']],
])('lists and exports those that fit %j', (filter, reasons) => {
  add()
  const id = store.view.deadLetters.list({ reason: 'too_large' })[0]?.id ?? ''
  store.deadLetters.markRedriven(id, true)
  store.flush()
  const wanted = [...reasons].sort()
  expect(
    store.view.deadLetters
      .list(filter)
      .map((letter) => letter.reason)
      .sort(),
  ).toEqual(wanted)
  const exported = [...store.view.deadLetters.export(filter)].map(
    (line) => JSON.parse(line) as { reason: string; value_base64: string },
  )
  expect(exported.map((letter) => letter.reason).sort()).toEqual(wanted)
  expect(exported.every((letter) => letter.value_base64.length > 0)).toBe(true)
})

test('counts tries, remembers success, and forgets what is discarded', () => {
  add()
  const { id } = store.view.deadLetters.list()[0]!
  store.deadLetters.markRedriven(id, false)
  store.deadLetters.markRedriven(id, true)
  store.deadLetters.markRedriven(id, false)
  store.flush()
  expect(store.view.deadLetters.show(id)).toMatchObject({ replays: 3, done: true })
  expect([store.deadLetters.discard(id), store.deadLetters.discard(id)]).toEqual([true, false])
  store.flush()
  expect(store.view.deadLetters.list()).toHaveLength(1)
})
