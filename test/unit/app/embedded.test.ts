import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from '../../../src/app/embedded.ts'
import { IngestRoutes } from '../../../src/app/inputs.ts'
import { loadConfig } from '../../../src/app/project.ts'
import type { Project } from '../../../src/config/project.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { openStore, openStoreView } from '../../../src/state/store.ts'
import { isJsonObject } from '../../../src/core/event-batch.ts'
import { openHistory } from '../../../src/state/history.ts'
import type { Digest } from '../../../src/state/digest.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-embedded-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const startMs = Date.UTC(2026, 0, 5, 10)

/** Each look at it takes a while, so that commits come in the middle of reading. */
function busyClock(): Clock {
  let ms = startMs + 86_400_000
  return {
    now: () => (ms += 100),
    schedule(_, run) {
      const turn = setImmediate(run)
      return () => clearImmediate(turn)
    },
  }
}

const pipeline = (dir: string): string => `
version: 1
source: { type: file, paths: ['${dir}/*.log'], follow: false }
derive:
  - { id: errors, type: error_rate, by: [service.name], window: 1m }
  - { id: times, type: percentiles, field: event.duration, by: [service.name], window: 1m }
rules:
  - { id: failing, type: threshold, metric: errors.ratio, above: 20%, for: 15s, severity: high }
  - { id: boom, type: any, where: ['message =~ /boom/'], severity: low }
`

function projectOf(): Project {
  mkdirSync(path.join(folder, 'pipelines'), { recursive: true })
  writeFileSync(path.join(folder, 'pipelines', 'app.yaml'), pipeline(folder))
  const { project, findings } = loadConfig({ cwd: folder, env: {} })
  expect(findings).toEqual([])
  return project!
}

function lines(service: string, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const time = new Date(startMs + i * 50).toISOString()
    const isFailed = i % 2000 > 1200 && i % 3 === 0
    const level = isFailed ? 'error' : 'info'
    const message = i % 997 === 0 ? `boom ${i}` : `order ${i} of ${service}`
    return `${JSON.stringify({ '@timestamp': time, 'ecs.version': '8.11.0', 'log.level': level, 'service.name': service, 'event.duration': i * 1e6, message })}\n`
  }).join('')
}

function write(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text)
  utimesSync(path.join(folder, name), startMs / 1000, startMs / 1000)
}

/** Runs to the end of the files, or until the process is gone right after a commit; what was not committed is lost. */
async function run(project: Project, data: string, goneAfterCommits = Infinity): Promise<Digest> {
  const store = openStore(path.join(folder, data))
  let commits = 0
  const running = startEmbedded(project, {
    store,
    telemetry: new Telemetry(new Metrics(), createLogger({ level: 'silent', format: 'json', write: () => {} })),
    clock: busyClock(),
    ingest: new IngestRoutes(),
    stdout: () => Promise.resolve(),
    version: '0',
    instance: 'test',
    onCommitted() {
      if (++commits === goneAfterCommits) store.close()
    },
  })
  await running.done
  const digest = store.view.exactDigest()
  store.close()
  return digest
}

/** Ids of the sources, in the order of their names. */
function sourcesOf(data: string): string[] {
  const history = openHistory(path.join(folder, data))
  const names = [...history.names()].sort(([, a], [, b]) => (a < b ? -1 : 1))
  history.close()
  return names.map(([source]) => source)
}

/** Bytes of each file that were committed, in the order of names. */
function committed(data: string): number[] {
  const history = openHistory(path.join(folder, data))
  const names = history.names()
  const found = [...history.progress()].flatMap(([unit, { offset }]): [string, number][] => {
    const name = [...names].find(([source]) => unit.endsWith(`/${source}`))?.[1]
    return name === undefined ? [] : [[name, Number(offset)]]
  })
  history.close()
  return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, offset]) => offset)
}

test.each([2, 5])(
  'a file that is gone after a crash at commit %i counts up to there, and exactly once',
  async (commits) => {
    const project = projectOf()
    const whole = lines('shop', 12_000)
    write('a.log', lines('mail', 9000))
    write('b.log', whole)
    await expect(run(project, 'killed', commits)).rejects.toThrow()
    const [, read] = committed('killed')
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(whole.length)

    rmSync(path.join(folder, 'b.log'))
    const killed = await run(project, 'killed')

    write('b.log', whole.slice(0, read))
    const undisturbed = await run(project, 'undisturbed')
    expect(killed).toEqual(undisturbed)
    expect(readFileSync(path.join(folder, 'b.log'), 'utf8').endsWith('\n')).toBe(true)
  },
)

test('a file that is gone, and of which too little is known to end it, does not hold the others back', async () => {
  const project = projectOf()
  write('a.log', lines('mail', 9000))
  write('b.log', lines('shop', 12_000))
  await expect(run(project, 'killed', 5)).rejects.toThrow()
  rmSync(path.join(folder, 'b.log'))
  const [, source] = sourcesOf('killed')
  const db = new DatabaseSync(path.join(folder, 'killed', 'logpipe.db'))
  db.prepare('DELETE FROM changes WHERE unit LIKE ?').run(`%/${source}`)
  db.close()

  await run(project, 'killed')
  const history = openHistory(path.join(folder, 'killed'))
  const decided = history
    .decisions('alert')
    .map(({ kind, value }) => [kind, isJsonObject(value) ? value['source'] : ''])
  history.close()
  expect(decided).toContainEqual(['exclude', source])
  const view = openStoreView(path.join(folder, 'killed'))
  const docs = view.outputs.metrics({ name: 'errors', labels: { service_name: 'mail' } }).map(({ doc }) => doc)
  view.close()
  const counts = docs.map((doc) => (JSON.parse(doc) as { logpipe: { metric: { count: number } } }).logpipe.metric.count)
  expect(counts.reduce((a, b) => a + b, 0)).toBe(9000)
})
