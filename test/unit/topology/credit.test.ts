import { expect, test } from 'vitest'
import { Credit } from '../../../src/topology/credit.ts'

test('a source waits while the limit is reached and goes on once enough was given back', async () => {
  const credit = new Credit(10)
  await credit.room()
  credit.take(12)
  let hasRoom = false
  const waiting = credit.room().then(() => (hasRoom = true))
  credit.give(1)
  await Promise.resolve()
  expect(hasRoom).toBe(false)
  credit.give(5)
  await waiting
  expect(hasRoom).toBe(true)
  expect(credit.inFlight).toBe(6)
})
