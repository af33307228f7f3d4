import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseSettings } from '../../../src/app/parse.ts'
import { tail, type TailWish } from '../../../src/app/tail.ts'
import { documentOf } from '../../../src/core/log-event.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-tail-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const nowMs = Date.UTC(2026, 10, 21, 22, 14, 15)
const lineOf = (i: number): string => `level=${i % 5 === 0 ? 'error' : 'info'} msg="line ${i}" n=${i}\n`
const all = (count: number): string => Array.from({ length: count }, (_, i) => lineOf(i)).join('')

/** Messages that are shown; `seen` is called for each and may stop it. */
async function shown(
  wish: Partial<TailWish>,
  seen: (message: string, stop: () => void) => void = () => {},
): Promise<string[]> {
  const controller = new AbortController()
  let clockMs = nowMs
  const messages: string[] = []
  await tail(
    { paths: [], follow: false, lastLines: undefined, where: [], level: undefined, sinceMs: undefined, ...wish },
    parseSettings({ format: 'auto', multiline: 'auto', timezone: 'UTC', original: 'never' }),
    {
      stdin: Readable.from([Buffer.from(all(12))]),
      // Each look is some time after the one before.
      now: () => (clockMs += 300),
      signal: controller.signal,
      report: () => {},
      async show(batch, rows) {
        for (const row of rows) {
          const message = JSON.stringify(documentOf(batch, row)['message']).slice(1, -1)
          messages.push(message)
          seen(message, () => controller.abort())
        }
      },
    },
  )
  return messages
}

function fileWith(text: string, name = 'app.log'): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}

test('standard input is shown as a whole', async () => {
  expect(await shown({})).toHaveLength(12)
})

test.each([
  [3, 10, ['line 7', 'line 8', 'line 9']],
  [10, 3, ['line 0', 'line 1', 'line 2']],
  [1, 1, ['line 0']],
])('the last %i of %i lines of a file', async (lastLines, count, messages) => {
  expect(await shown({ paths: [fileWith(all(count))], lastLines })).toEqual(messages)
})

test('the last lines are found in a long file, also without a line feed at its end', async () => {
  const file = fileWith(`${all(20_000)}level=info msg="the end" n=1`)
  expect(await shown({ paths: [file], lastLines: 2 })).toEqual(['line 19999', 'the end'])
})

test('conditions, levels and times choose what is shown', async () => {
  expect(await shown({ level: 'warn' })).toEqual(['line 0', 'line 5', 'line 10'])
  expect(await shown({ where: ['message =~ "line 1.*"'] })).toEqual(['line 1', 'line 10', 'line 11'])
  expect(await shown({ sinceMs: nowMs + 3_600_000 })).toEqual([])
})

test('a condition that cannot be read is wrong usage', async () => {
  await expect(shown({ where: ['status >'] })).rejects.toMatchObject({
    code: 'LP_USAGE',
    message: expect.stringContaining('column'),
  })
})

test('a file that is not there is an error', async () => {
  await expect(shown({ paths: [path.join(folder, 'nothing.log')] })).rejects.toMatchObject({ code: 'LP_SOURCE_READ' })
})

test('following goes on with lines and files that come later', async () => {
  const file = fileWith(all(3))
  const messages = await shown({ paths: [folder], follow: true, lastLines: 1 }, (message, stop) => {
    if (message === 'line 2') appendFileSync(file, 'level=info msg="appended" n=1\n')
    if (message === 'appended') fileWith('level=info msg="other file" n=1\n', 'other.log')
    if (message === 'other file') stop()
  })
  expect(messages).toEqual(['line 2', 'appended', 'other file'])
})
