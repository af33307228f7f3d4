import { expect, test } from 'vitest'
import { Progress, progressMode, type ProgressMode } from '../../../src/cli/progress.ts'

const whole = { total: 100 * 2 ** 20 }

/** What is written when `update` is called at each of these times, ms after the start; 1 MiB per second of 100 MiB. */
function shown(mode: ProgressMode, times: readonly number[], of: { total: number | undefined } = whole): string[] {
  const written: string[] = []
  let nowMs = 50_000
  const write = (text: string): void => void written.push(text)
  const progress = new Progress({ mode, title: 'parsing app.log', write, now: () => nowMs, columns: 120 })
  for (const ms of times) {
    nowMs = 50_000 + ms
    progress.update({ done: (ms / 1000) * 2 ** 20, total: of.total, unit: 'bytes', note: '7 events' })
  }
  progress.finish()
  return written
}

test('a short job shows nothing', () => {
  expect(shown('line', [0, 500, 1900])).toEqual([])
})

test('a terminal has one line, redrawn at most ten times a second and taken away at the end', () => {
  expect(shown('line', [10_000, 10_050, 10_100])).toEqual([
    '\r\u001b[K[##......................] parsing app.log: 10MiB of 100MiB, 10%, 1MiB/s, 1m30s left, 7 events',
    '\r\u001b[K[##......................] parsing app.log: 10.1MiB of 100MiB, 10%, 1MiB/s, 1m30s left, 7 events',
    '\r\u001b[K',
  ])
})

test('elsewhere a plain line comes every ten seconds', () => {
  expect(shown('plain', [2000, 9999, 10_000, 19_999, 20_000])).toEqual([
    'parsing app.log: 10MiB of 100MiB, 10%, 1MiB/s, 1m30s left, 7 events\n',
    'parsing app.log: 20MiB of 100MiB, 20%, 1MiB/s, 1m20s left, 7 events\n',
  ])
})

test('an unknown total has a count and a rate, and no percentage', () => {
  expect(shown('plain', [10_000], { total: undefined })).toEqual(['parsing app.log: 10MiB, 1MiB/s, 7 events\n'])
})

test('json gives the figures', () => {
  expect(shown('json', [50_000]).map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      progress: 'parsing app.log',
      done: 50 * 2 ** 20,
      total: 100 * 2 ** 20,
      unit: 'bytes',
      share: 0.5,
      rate: 2 ** 20,
      eta_ms: 50_000,
      note: '7 events',
    },
  ])
})

test('none is silent', () => {
  expect(shown('none', [50_000])).toEqual([])
})

test.each([
  ['auto', true, false, 'line'],
  ['auto', true, true, 'plain'],
  ['auto', false, false, 'plain'],
  ['json', true, false, 'json'],
  ['none', true, false, 'none'],
] as const)('--progress %s, terminal %s, CI %s: %s', (flag, isTerminal, isCi, mode) => {
  expect(progressMode(flag, { isTerminal, isCi })).toBe(mode)
})
