import { expect, test } from 'vitest'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'

test('the gauge of firing alerts is what fires now, also what a restart found firing', async () => {
  const metrics = new Metrics()
  const telemetry = new Telemetry(metrics, createLogger({ level: 'silent', format: 'json', write() {} }))
  telemetry.alertsFiring(['slow', 'slow', 'errors'])
  telemetry.alertsFiring(['slow'])
  telemetry.alertChanged('slow', 'resolved')
  const text = await metrics.registry.metrics()
  expect(text.split('\n').filter((line) => line.startsWith('logpipe_alerts_active{'))).toEqual([
    'logpipe_alerts_active{rule="slow"} 1',
  ])
})
