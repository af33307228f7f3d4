import { pino } from 'pino'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/project.ts'
import { Reloader } from '../../../src/app/reload.ts'
import { StoredConfigs } from '../../../src/app/stored-configs.ts'
import type { Loaded } from '../../../src/config/load.ts'
import type { Project } from '../../../src/config/project.ts'
import type { Json } from '../../../src/core/event-batch.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import { withFiles } from '../../support/config-files.ts'

const pipeline = `version: 1
source: { type: file, paths: ['*.log'] }
parse: [{ type: auto, multiline: auto }]
derive: [{ id: errors, type: error_rate, by: [service.name], window: 1m }]
rules: [{ id: failing, type: threshold, metric: errors.ratio, above: 20%, for: 15s, severity: high }]
`

function loaded(change: readonly [from: string, to: string] = ['', ''], main = ''): Loaded {
  const files = { 'logpipe.yaml': `app: logpipe\n${main}`, 'pipelines/app.yaml': pipeline.replace(...change) }
  return withFiles(files, (cwd) => loadConfig({ cwd, env: {} }))
}

const first = loaded().project!

/** Reloads what is given, one after the other; `inForce` says what could come into force. */
async function reloads(configs: readonly Loaded[], putInForce: (project: Project) => Promise<boolean>) {
  const left = [...configs]
  const metrics = new Metrics()
  const telemetry = new Telemetry(metrics, pino({ level: 'silent' }))
  const reloader = new Reloader({ project: first, load: () => left.shift()!, putInForce, telemetry })
  const outcomes = await Promise.all(configs.map(() => reloader.reload()))
  const [success, info] = [metrics.configReloadSuccess, metrics.configInfo]
  return { outcomes, success: (await success.get()).values[0]?.value, info: (await info.get()).values }
}

test('a configuration that changed comes into force, and one that did not is told so', async () => {
  const second = loaded(['20%', '30%'])
  const inForce: string[] = []
  const { outcomes, success, info } = await reloads([second, second], async ({ hash }) => inForce.push(hash) > 0)
  expect(outcomes.map(({ status }) => status)).toEqual(['reloaded', 'unchanged'])
  expect(inForce).toEqual([second.project!.hash, second.project!.hash])
  expect(success).toBe(1)
  expect(info).toEqual([{ labels: { hash: second.project!.hash }, value: 1 }])
})

test.each<[string, Loaded, (project: Project) => Promise<boolean>, RegExp]>([
  ['has errors', loaded(['above', 'abve']), async () => true, /^pipelines\/app.yaml:5:\d+ unknown_key .*did you mean/],
  ['needs another port', loaded(['', ''], 'server: { port: 9000 }'), async () => true, /^server in logpipe.yaml/],
  ['needs another tick', loaded(['', ''], 'tick: 30s'), async () => true, /^tick in logpipe.yaml/],
  ['does not come into force', loaded(['20%', '30%']), async () => false, /within a minute/],
  ['cannot be built', loaded(['20%', '30%']), () => Promise.reject(new Error('no')), /no/],
])('the old configuration stays if the new one %s', async (_, next, putInForce, reason) => {
  const { outcomes, success } = await reloads([next], putInForce)
  expect(outcomes).toMatchObject([{ status: 'refused', hash: first.hash }])
  expect(outcomes[0]!.reasons).toEqual([expect.stringMatching(reason)])
  expect(success).toBe(0)
})

test('a configuration is kept as it was, without its tests', () => {
  const memory = new Map<string, Json>()
  const configs = new StoredConfigs({ get: (key) => memory.get(key), set: (key, value) => memory.set(key, value) })
  const second = loaded(['20%', '30%']).project!
  configs.begin(first)
  configs.begin(second)
  configs.keep(second)
  expect(configs.get(undefined)).toEqual(first)
  expect(configs.get(second.hash)).toEqual(second)
  expect(configs.get('nobody knows it')).toBeUndefined()
})
