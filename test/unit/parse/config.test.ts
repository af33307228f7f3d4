import { expect, test } from 'vitest'
import { ParseConfig, settingsOf } from '../../../src/parse/config.ts'

test('an empty entry has the documented defaults', () => {
  const settings = settingsOf('auto', ParseConfig.parse({}))
  expect(settings).toMatchObject({ format: 'auto', multiline: 'auto', timezone: 'UTC', keepOriginal: 'on_failure' })
  expect(settings.slowNs).toBe(1e9)
  expect(settings.referenceMs).toBeNaN()
  expect(settings.limits).toEqual({
    maxEventSize: 1 << 20,
    maxParseSize: 1 << 20,
    maxDepth: 32,
    maxFields: 256,
    maxArrayItems: 1000,
    maxKeySize: 256,
    maxNumberChars: 64,
    maxChildren: 10_000,
    maxUnwraps: 3,
    maxFutureMs: 300_000,
    maxPastMs: 604_800_000,
    maxJoinLines: 500,
    maxJoinSize: 256 << 10,
    maxJoinGroups: 10_000,
    joinTimeoutMs: 2000,
  })
})

test.each([
  { name: 'an unknown key', config: { time_zone: 'UTC' } },
  { name: 'an unknown zone', config: { timezone: 'Mars/Olympus' } },
  { name: 'a size out of range', config: { limits: { max_event_size: '1KiB' } } },
  { name: 'a size without a unit', config: { limits: { max_join_size: 5000 } } },
  { name: 'an unknown policy', config: { keep_original: 'sometimes' } },
])('$name is refused', ({ config }) => {
  expect(ParseConfig.safeParse(config).success).toBe(false)
})

test('values come in base units', () => {
  const config = ParseConfig.parse({ slow_request: '250ms', limits: { max_past: '2h', join_timeout: '5s' } })
  const settings = settingsOf('nginx_access', config, 1000)
  expect(settings).toMatchObject({ format: 'nginx_access', slowNs: 250_000_000, referenceMs: 1000 })
  expect(settings.limits).toMatchObject({ maxPastMs: 7_200_000, joinTimeoutMs: 5000 })
})
