import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { firstOf } from '../../../src/app/first-of.ts'

const forever = new Promise<never>(() => {})

test('the result of the work, its error, or the signal', async () => {
  const controller = new AbortController()
  const { signal } = controller
  expect(await firstOf(Promise.resolve(7), { signal })).toBe(7)
  await expect(firstOf(Promise.reject(new Error('gone')), { signal })).rejects.toThrow('gone')
  const waiting = firstOf(forever, { signal })
  controller.abort()
  expect(await waiting).toBe('stopped')
  expect(await firstOf(Promise.resolve(7), { signal })).toBe('stopped')
})

test('work that takes too long goes on', async () => {
  vi.useFakeTimers()
  try {
    const { signal } = new AbortController()
    const work = new Promise<number>((resolve) => setTimeout(resolve, 3000, 7))
    const first = firstOf(work, { signal, quietMs: 2000 })
    vi.advanceTimersByTime(2000)
    expect(await first).toBe('quiet')
    const second = firstOf(work, { signal, quietMs: 2000 })
    vi.advanceTimersByTime(1000)
    expect(await second).toBe(7)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('nothing stays on the signal', async () => {
  const { signal } = new AbortController()
  for (let i = 0; i < 100; i++) await firstOf(Promise.resolve(i), { signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
