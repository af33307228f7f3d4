import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startCronJob } from '../../../src/schedule/cron-job.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 22, 14, 15) }))
afterEach(() => void vi.useRealTimers())

test('a job runs when it is due, and no more once stopped', async () => {
  let runs = 0
  const job = startCronJob({ name: 'retention', expression: '*/5 * * * *', run: async () => void runs++, failed() {} })
  await vi.advanceTimersByTimeAsync(11 * 60_000)
  expect(runs).toBe(3)
  await job.stop()
  await job.stop()
  await vi.advanceTimersByTimeAsync(11 * 60_000)
  expect(runs).toBe(3)
})

test('a run that fails is told, and the next one comes', async () => {
  const failures: unknown[] = []
  const job = startCronJob({
    name: 'retention',
    expression: '* * * * *',
    run: () => Promise.reject(new Error('disk')),
    failed: (error) => failures.push(error),
  })
  await vi.advanceTimersByTimeAsync(121_000)
  await job.stop()
  expect(failures).toHaveLength(2)
})
