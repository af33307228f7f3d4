import { expect, test } from 'vitest'
import { createLogger } from '../../../src/telemetry/logger.ts'

test('pretty lines carry level, message and fields; secrets are left out', () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', format: 'pretty', write: (line) => lines.push(line) })
  logger.debug('too low')
  logger.warn({ pipeline: 'shop', channel: { token: 'hunter2' } }, 'going on')
  expect(lines).toEqual(['warn  going on pipeline=shop channel={"token":"[Redacted]"}\n'])
})

test('json lines are those of pino', () => {
  const lines: string[] = []
  createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) }).info({ n: 1 }, 'started')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, n: 1, msg: 'started' })
})
