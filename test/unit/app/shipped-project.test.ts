import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from '../../../src/app/embedded.ts'
import { IngestRoutes } from '../../../src/app/inputs.ts'
import { shippedProject, type Input } from '../../../src/app/shipped-project.ts'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { openStore } from '../../../src/state/store.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import { IdleClock } from '../../support/idle-clock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-shipped-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const startMs = Date.UTC(2026, 0, 5, 10)
const requests = [200, 200, 503, 404]
const lines = requests
  .map((status, i) => {
    const time = new Date(startMs + i * 1000).toISOString()
    return `time=${time} level=info msg="request done" service=shop method=GET path=/cart status=${status} duration=12ms\n`
  })
  .join('')

/** Counts of the documents of a metric, after the lines came by all inputs and five quiet minutes. */
async function countsOf(inputs: readonly Input[], metric: string): Promise<number[]> {
  const store = openStore(path.join(folder, 'data'))
  const clock = new IdleClock(startMs + 5000)
  const ingest = new IngestRoutes()
  const running = startEmbedded(shippedProject(inputs), {
    store,
    telemetry: new Telemetry(new Metrics(), createLogger({ level: 'silent', format: 'json', write: () => {} })),
    clock,
    ingest,
    stdout: () => Promise.resolve(),
    version: '0',
    instance: 'test',
  })
  for (const { name } of shippedProject(inputs).pipelines.filter(({ source }) => source.type === 'http')) {
    const post = (): Promise<unknown> => ingest.accept(`/ingest/${name}`, bytesOf(lines), 'text/plain')
    while ((await post()) === undefined) await setImmediate()
  }
  clock.onIdle = () => {
    if (clock.ms > startMs + 300_000) void running.stop()
  }
  await running.done
  const docs = store.view.outputs.metrics({ name: metric }).map(({ doc }) => JSON.parse(doc) as MetricDocument)
  store.close()
  return docs.map(({ logpipe }) => logpipe.metric.count)
}

interface MetricDocument {
  readonly logpipe: { readonly metric: { readonly count: number } }
}

test.each([
  ['a file', ['file'], 4],
  ['HTTP', ['http'], 4],
  ['a file and HTTP', ['file', 'http'], 8],
] as const)('metrics count what comes by %s', async (_, types, count) => {
  writeFileSync(path.join(folder, 'shop.log'), lines)
  const configs = { file: { paths: [path.join(folder, '*.log')], follow: true }, http: {} }
  const inputs = types.map((type) => ({ type, config: configs[type] }))
  expect(await countsOf(inputs, 'requests')).toEqual([count])
})
