import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/core/clock.ts'
import type { Channel } from '../../../src/core/component.ts'
import { LogpipeError } from '../../../src/core/error.ts'
import type { Output } from '../../../src/core/unit.ts'
import { Dispatcher, type AlertFeed, type DeliveryLog } from '../../../src/notify/dispatcher.ts'

/** Revisions as the store gives them, `alert:revision` each. */
class Feed implements AlertFeed {
  readonly rows: { n: number; output: Output }[] = []

  add(...names: string[]): void {
    for (const name of names) {
      const [id = '', revision = ''] = name.split(':')
      const value = JSON.stringify({ logpipe: { ruleId: 'r', ...(id.startsWith('shadow') ? { run: 'shadow' } : {}) } })
      const output = { stage: 'alert', id, revision: Number(revision), key: id, value, headers: {} } as const
      this.rows.push({ n: this.rows.length + 1, output })
    }
  }

  alertsAfter(n: number, limit: number): { n: number; output: Output }[] {
    return this.rows.slice(n, n + limit)
  }
}

class Log implements DeliveryLog {
  readonly places = new Map<string, number>()

  settled(channel: string): number | undefined {
    return this.places.get(channel)
  }

  settle(channel: string, n: number): void {
    this.places.set(channel, n)
  }
}

const later = (retryAfterMs?: number): LogpipeError =>
  new LogpipeError('LP_NOTIFY_SEND', 'posting to a', { retryable: true, retryAfterMs })
const never = (): LogpipeError => new LogpipeError('LP_NOTIFY_SEND', 'posting to a: it answered 400')

/** Keeps the keys that it was sent; fails while it has something to fail with. */
class Target implements Channel {
  readonly sent: string[] = []
  readonly failures: Error[] = []
  /** Fails every send. */
  isDead = false

  async send({ idempotencyKey }: { idempotencyKey: string }): Promise<void> {
    if (this.isDead) throw later()
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    this.sent.push(idempotencyKey)
  }
}

interface Scene {
  readonly feed?: Feed
  readonly log?: Log
  readonly newest?: number
  readonly capacity?: number
  readonly random?: () => number
}

function start(channels: Readonly<Record<string, Channel>>, scene: Scene = {}) {
  const feed = scene.feed ?? new Feed()
  const log = scene.log ?? new Log()
  const clock = new VirtualClock(0)
  const told: string[] = []
  const dispatcher = new Dispatcher({
    channels: Object.entries(channels).map(([name, channel]) => ({ name, channel })),
    feed,
    log,
    newest: scene.newest ?? 0,
    clock,
    telemetry: {
      noticeSent: (channel) => void told.push(`${channel} sent`),
      noticeFailed: (channel, _error, willRetry) => void told.push(`${channel} ${willRetry ? 'later' : 'given up'}`),
      reported: (error) => void told.push(String(error)),
    },
    random: scene.random ?? (() => 1),
    ...(scene.capacity === undefined ? {} : { capacity: scene.capacity }),
  })
  return { feed, log, clock, told, dispatcher }
}

/** Lets everything happen that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('every channel gets the alerts in the order of their commits', async () => {
  const [a, b] = [new Target(), new Target()]
  const { feed, dispatcher, log } = start({ a, b })
  feed.add('x:1', 'y:1')
  dispatcher.nudge()
  await settle()
  feed.add('x:2')
  dispatcher.nudge()
  await settle()
  expect([a.sent, b.sent]).toEqual([
    ['x:1', 'y:1', 'x:2'],
    ['x:1', 'y:1', 'x:2'],
  ])
  expect(Object.fromEntries(log.places)).toEqual({ a: 3, b: 3 })
})

test('a dead channel blocks no other, and gets the newest revisions once it lives again', async () => {
  const [dead, alive] = [new Target(), new Target()]
  dead.isDead = true
  const { feed, dispatcher, clock, log } = start({ dead, alive })
  for (const name of ['x:1', 'y:1', 'x:2', 'y:2', 'x:3']) {
    feed.add(name)
    dispatcher.nudge()
    await settle()
  }
  expect(alive.sent).toEqual(['x:1', 'y:1', 'x:2', 'y:2', 'x:3'])
  expect(log.places.get('dead')).toBe(0)
  dead.isDead = false
  clock.advanceTo(60_000)
  await settle()
  expect(dead.sent).toEqual(['y:2', 'x:3'])
  expect(log.places.get('dead')).toBe(5)
})

test('pauses double from one second to one minute, and start anew after a success', async () => {
  const target = new Target()
  const { feed, dispatcher, clock } = start({ target })
  target.isDead = true
  feed.add('x:1')
  dispatcher.nudge()
  await settle()
  const due = [1, 3, 7, 15, 31, 63, 123, 183].map((seconds) => seconds * 1000)
  for (const ms of due) {
    target.isDead = false
    clock.advanceTo(ms - 1)
    await settle()
    expect(target.sent).toEqual([])
    target.isDead = ms !== due.at(-1)
    clock.advanceTo(ms)
    await settle()
  }
  expect(target.sent).toEqual(['x:1'])
  target.failures.push(later())
  feed.add('x:2')
  dispatcher.nudge()
  await settle()
  clock.advanceTo(clock.now() + 1000)
  await settle()
  expect(target.sent).toEqual(['x:1', 'x:2'])
})

test('the least pause is half of the longest', async () => {
  const target = new Target()
  target.failures.push(later())
  const { feed, dispatcher, clock } = start({ target }, { random: () => 0 })
  feed.add('x:1')
  dispatcher.nudge()
  await settle()
  clock.advanceTo(499)
  await settle()
  expect(target.sent).toEqual([])
  clock.advanceTo(500)
  await settle()
  expect(target.sent).toEqual(['x:1'])
})

test('a pause lasts at least as long as the other side asks for', async () => {
  const target = new Target()
  target.failures.push(later(90_000))
  const { feed, dispatcher, clock } = start({ target })
  feed.add('x:1')
  dispatcher.nudge()
  await settle()
  clock.advanceTo(89_999)
  await settle()
  expect(target.sent).toEqual([])
  clock.advanceTo(90_000)
  await settle()
  expect(target.sent).toEqual(['x:1'])
})

test.each([
  ['what is refused for good', never()],
  ['what fails by a bug', new TypeError('x is undefined')],
])('%s is given up, and the next one is sent', async (_what, failure) => {
  const target = new Target()
  target.failures.push(failure)
  const { feed, dispatcher, told, log } = start({ target })
  feed.add('x:1', 'y:1')
  dispatcher.nudge()
  await settle()
  expect(told).toEqual(['target given up', 'target sent'])
  expect([target.sent, log.places.get('target')]).toEqual([['y:1'], 2])
})

test('a new channel begins behind what there is', async () => {
  const feed = new Feed()
  feed.add('x:1', 'x:2')
  const target = new Target()
  const { dispatcher, log } = start({ target }, { feed, newest: 2 })
  expect(log.places.get('target')).toBe(2)
  feed.add('x:3')
  dispatcher.nudge()
  await settle()
  expect(target.sent).toEqual(['x:3'])
})

test('alerts of shadow rules are never told', async () => {
  const target = new Target()
  const { feed, dispatcher, log } = start({ target })
  feed.add('x:1', 'shadow:1')
  dispatcher.nudge()
  await settle()
  expect([target.sent, log.places.get('target')]).toEqual([['x:1'], 2])
})

test('a full queue leaves the rest in the store, in order', async () => {
  const target = new Target()
  target.isDead = true
  const { feed, dispatcher, clock } = start({ target }, { capacity: 2 })
  feed.add('a:1', 'a:2', 'b:1', 'c:1', 'a:3', 'd:1')
  dispatcher.nudge()
  await settle()
  target.isDead = false
  clock.advanceTo(1000)
  await settle()
  // Where a:3 is read, a:2 was sent: the queue had no room for it.
  expect(target.sent).toEqual(['a:2', 'b:1', 'c:1', 'a:3', 'd:1'])
})

test('stop ends a send that hangs, and the next start sends it again under the same key', async () => {
  const [feed, log] = [new Feed(), new Log()]
  const hanging: Channel = {
    send: (_notice, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(later()))),
  }
  const first = start({ target: hanging }, { feed, log })
  feed.add('x:1')
  first.dispatcher.nudge()
  await settle()
  const stopped = first.dispatcher.stop(100)
  first.clock.advanceTo(100)
  await stopped
  await first.dispatcher.stop(0)
  const target = new Target()
  start({ target }, { feed, log, newest: 1 }).dispatcher.nudge()
  await settle()
  expect(target.sent).toEqual(['x:1'])
})

test('stop sends what it can before', async () => {
  const target = new Target()
  const { feed, dispatcher } = start({ target })
  feed.add('x:1', 'y:1')
  dispatcher.nudge()
  await dispatcher.stop(100)
  expect(target.sent).toEqual(['x:1', 'y:1'])
})

test('a store that cannot be read is reported, and the next nudge tries again', async () => {
  const feed = new Feed()
  const target = new Target()
  const { dispatcher, told } = start({ target }, { feed })
  const read = feed.alertsAfter.bind(feed)
  feed.alertsAfter = () => {
    throw new LogpipeError('LP_STORE_DAMAGED', 'reading logpipe.db')
  }
  feed.add('x:1')
  dispatcher.nudge()
  await settle()
  expect(told).toEqual(['LogpipeError: reading logpipe.db'])
  feed.alertsAfter = read
  dispatcher.nudge()
  await settle()
  expect(target.sent).toEqual(['x:1'])
})

test('whatever fails and whenever the process dies: the newest revision of each alert arrives, never an older one after it', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('alert' as const), id: fc.constantFrom('x', 'y', 'z') }),
    fc.record({ kind: fc.constant('fail' as const) }),
    fc.record({ kind: fc.constant('wait' as const) }),
    fc.record({ kind: fc.constant('crash' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, capacity) => {
      const feed = new Feed()
      const target = new Target()
      const revisions = new Map<string, number>()
      let log = new Log()
      log.settle('target', 0)
      let begun = 0
      let scene = start({ target }, { feed, log, capacity })
      for (const { kind, ...rest } of steps) {
        if (kind === 'fail') target.failures.push(later())
        if (kind === 'wait') scene.clock.advanceTo(scene.clock.now() + 60_000)
        if (kind === 'crash') {
          // What was settled last in this life may be lost with the transaction.
          const place = Math.max(begun, (log.places.get('target') ?? 0) - 1)
          begun = place
          const stopped = scene.dispatcher.stop(0)
          scene.clock.advanceTo(scene.clock.now())
          await stopped
          log = new Log()
          log.settle('target', place)
          scene = start({ target }, { feed, log, capacity })
        }
        if ('id' in rest) {
          const revision = (revisions.get(rest.id) ?? 0) + 1
          revisions.set(rest.id, revision)
          feed.add(`${rest.id}:${revision}`)
        }
        scene.dispatcher.nudge()
        await settle()
      }
      target.failures.length = 0
      scene.clock.advanceTo(scene.clock.now() + 60_000)
      await settle()
      for (const [id, revision] of revisions) {
        const seen = target.sent.filter((key) => key.startsWith(id)).map((key) => Number(key.slice(2)))
        expect(seen.at(-1)).toBe(revision)
        // A crash repeats the one that was sent last, at most.
        expect(seen.every((value, i) => value >= (seen[i - 1] ?? 0))).toBe(true)
      }
      expect(log.places.get('target')).toBe(feed.rows.length)
    }),
    { numRuns: 60 },
  )
})
