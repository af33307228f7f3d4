import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/core/clock.ts'

test('a virtual clock runs its timers in the order of their times, and none that was cancelled', () => {
  const clock = new VirtualClock(1000)
  const ran: number[] = []
  clock.schedule(3000, () => ran.push(clock.now()))
  clock.schedule(2000, () => {
    ran.push(clock.now())
    clock.schedule(2500, () => ran.push(clock.now()))
  })
  const cancel = clock.schedule(2200, () => ran.push(-1))
  cancel()
  clock.advanceTo(2600)
  expect(ran).toEqual([2000, 2500])
  clock.advanceTo(5000)
  expect(ran).toEqual([2000, 2500, 3000])
  expect(clock.now()).toBe(5000)
})
