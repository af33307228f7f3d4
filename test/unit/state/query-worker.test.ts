import { expect, test } from 'vitest'
import { startQueryThread } from '../../../src/state/query-worker.ts'
import { openStore } from '../../../src/state/store.ts'
import { batchOf, noon, temporaryFolder } from '../../support/stored-events.ts'

const all = { expression: '', nowMs: noon }

test('a thread gives the answers of the query itself', async () => {
  const folder = temporaryFolder()
  const store = openStore(folder.dir)
  await store.events.write(batchOf([{ message: 'GET /pay 502', timeMs: noon, service: 'pay', level: 5 }]), 0)
  store.flush()
  const thread = startQueryThread(folder.dir)
  const { query } = store.view
  expect(await thread.search(all)).toEqual(query.search(all))
  expect(await thread.count(all)).toEqual({ ok: true, value: 1 })
  expect(await thread.stats(all, 'service')).toEqual(query.stats(all, 'service'))
  expect(await thread.search({ ...all, expression: 'level:loud' })).toMatchObject({ ok: false, problem: { column: 7 } })
  await thread.close()
  await thread.close()
  store.close()
  folder.remove()
})

test('a thread gives back errors with their code, goes on after one, and refuses work once closed', async () => {
  const thread = startQueryThread('/proc/self/none')
  const codes: unknown[] = []
  for (let i = 0; i < 2; i++) await thread.count(all).catch((error: { code: string }) => codes.push(error.code))
  expect(codes).toEqual(['LP_STORE_OPEN', 'LP_STORE_OPEN'])
  const unanswered = thread.count(all).catch((error: { code: string }) => error.code)
  await thread.close()
  expect(await unanswered).toBe('LP_STORE_OPEN')
  await expect(thread.count(all)).rejects.toMatchObject({ code: 'LP_STORE_OPEN' })
})

test('a thread takes a bounded number of questions', async () => {
  const thread = startQueryThread('/proc/self/none')
  const results = await Promise.all(
    Array.from({ length: 65 }, () =>
      thread.count(all).then(String, (error: { retryable: boolean }) => error.retryable),
    ),
  )
  expect(results.filter((retryable) => retryable === true)).toHaveLength(1)
  await thread.close()
})
