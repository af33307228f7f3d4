import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded, type Running } from '../../../src/app/embedded.ts'
import { IngestRoutes } from '../../../src/app/inputs.ts'
import { loadConfig } from '../../../src/app/project.ts'
import { startReplay, type ReplayOptions } from '../../../src/app/replay.ts'
import type { Project } from '../../../src/config/project.ts'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { openStore } from '../../../src/state/store.ts'
import { Telemetry } from '../../../src/telemetry/events.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import { IdleClock } from '../../support/idle-clock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-replay-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const startMs = Date.UTC(2026, 0, 5, 10)

const logging = { level: 'silent', format: 'json', write: () => {} } as const

const rules = `
derive: [{ id: errors, type: error_rate, by: [service.name], window: 1m }]
rules:
  - { id: failing, type: threshold, metric: errors.ratio, above: 20%, for: 15s, severity: high }
  - { id: quiet, type: flatline, by: [service.name], window: 2m, below: 1, severity: low }
`

function projectOf(source: string): Project {
  mkdirSync(path.join(folder, 'pipelines'), { recursive: true })
  writeFileSync(path.join(folder, 'pipelines', 'app.yaml'), `version: 1\nsource: ${source}\n${rules}`)
  const { project, findings } = loadConfig({ cwd: folder, env: {} })
  expect(findings).toEqual([])
  return project!
}

const dataDir = (): string => path.join(folder, 'data')

/** Runs the project live until the clock has come so far, with what happens on the way. */
async function runLive(
  project: Project,
  untilMs: number,
  happenings: readonly [atMs: number, happen: (running: Running) => void][],
) {
  const store = openStore(dataDir())
  const clock = new IdleClock(startMs)
  const left = [...happenings]
  const options = {
    store,
    telemetry: new Telemetry(new Metrics(), createLogger(logging)),
    clock,
    ingest: new IngestRoutes(),
    stdout: () => Promise.resolve(),
    version: '0',
    instance: 'live',
  }
  const running = startEmbedded(project, options)
  clock.onIdle = () => {
    const [next] = left
    if (next !== undefined && clock.ms >= startMs + next[0]) {
      left.shift()
      next[1](running)
    }
    if (clock.ms >= startMs + untilMs) void running.stop()
  }
  await running.done
  const counts = {
    events: store.counts.events,
    decisions: (await store.log.units()).flatMap((unit) => store.log.decisions(unit)),
  }
  store.close()
  return counts
}

async function replay(project: Project, wishes: Partial<ReplayOptions> = {}) {
  return await startReplay(project, {
    dataDir: dataDir(),
    into: 'replay',
    logging,
    version: '0',
    ...wishes,
  }).done
}

function lines(fromSecond: number, count: number, level: string, service: string): string {
  return Array.from({ length: count }, (_, i) => {
    const time = new Date(startMs + (fromSecond + i) * 1000).toISOString()
    return `${JSON.stringify({ '@timestamp': time, 'ecs.version': '8.11.0', 'log.level': level, 'service.name': service, message: `line ${i}` })}\n`
  }).join('')
}

/** Two files that grow while they are followed; one service fails, the other one goes quiet. */
async function liveFiles(): Promise<Project> {
  const [a, b] = [path.join(folder, 'a.log'), path.join(folder, 'b.log')]
  writeFileSync(a, lines(0, 60, 'info', 'shop'))
  writeFileSync(b, `${lines(0, 30, 'info', 'mail')}no json at all\n\n`)
  const project = projectOf(`{ type: file, paths: ['${folder}/*.log'], poll_interval: 200ms }`)
  const counts = await runLive(project, 360_000, [
    [61_000, () => appendFileSync(a, lines(60, 60, 'error', 'shop'))],
    [125_000, () => appendFileSync(a, lines(120, 90, 'info', 'shop'))],
    [215_000, () => writeFileSync(path.join(folder, 'c.log'), lines(214, 20, 'info', 'late'))],
  ])
  expect(new Set(counts.decisions.map(({ kind }) => kind))).toEqual(
    new Set(['sources', 'lull', 'join_flush', 'include']),
  )
  return project
}

test('a replay of all that a run has read gives the same, to the last byte', async () => {
  const project = await liveFiles()
  const fired: string[] = []
  const onTransition: ReplayOptions['onTransition'] = ({ kind, rule }) => void fired.push(`${kind} ${rule}`)
  const result = await replay(project, { onTransition })
  expect(new Set(fired)).toEqual(new Set(['pending failing', 'firing failing', 'resolved failing', 'firing quiet']))
  expect(result?.exact).toEqual(result?.original)
  expect(existsSync(path.join(result!.directory, 'logpipe.db'))).toBe(true)
})

test('lines that came after the run are not part of it', async () => {
  const project = await liveFiles()
  appendFileSync(path.join(folder, 'a.log'), lines(900, 50, 'error', 'shop'))
  const result = await replay(project)
  expect(result?.exact).toEqual(result?.original)
})

test('a replay that was stopped goes on where it was, and running it again changes nothing', async () => {
  const project = await liveFiles()
  const replaying = startReplay(project, {
    dataDir: dataDir(),
    into: 'replay',
    logging,
    version: '0',
    onEvents: () => void replaying.stop(),
  })
  expect(await replaying.done).toBeUndefined()
  let batches = 0
  const result = await replay(project, { resume: replaying.id, onEvents: () => void batches++ })
  expect(batches).toBeGreaterThan(0)
  expect(result?.exact).toEqual(result?.original)
  const again = await replay(project, { onEvents: () => expect.fail('nothing is left to read') })
  expect(again).toEqual(result)
})

test('what goes into none leaves nothing behind', async () => {
  const project = await liveFiles()
  const result = await replay(project, { into: 'none' })
  expect(result?.exact).toEqual(result?.original)
  expect(readdirSync(dataDir()).filter((name) => name.startsWith('replay-'))).toEqual([])
})

test('records that are gone are refused by name, unless gaps are allowed', async () => {
  const project = await liveFiles()
  rmSync(path.join(folder, 'b.log'))
  truncateSync(path.join(folder, 'a.log'), 3000)
  const refused = replay(project)
  await expect(refused).rejects.toMatchObject({ code: 'LP_REPLAY_RANGE' })
  await expect(refused).rejects.toThrow(/a\.log:3000-\d+, \S+b\.log:0-\d+: the records are gone/)
  const result = await replay(project, { allowsGaps: true })
  expect(result?.exact).not.toEqual(result?.original)
})

test('records of the journal are read from where they were kept', async () => {
  const project = projectOf('{ type: http }')
  const store = openStore(dataDir())
  const values = lines(0, 40, 'error', 'shop').trimEnd().split('\n').map(bytesOf)
  await store.journal.append('http-app', values, startMs)
  store.close()
  await runLive(project, 200_000, [])
  const result = await replay(project)
  expect(result?.exact).toEqual(result?.original)
})

test('a time range of a file begins in its middle, at its own time', async () => {
  const project = await liveFiles()
  const told: string[] = []
  await replay(project, {
    fromMs: startMs + 60_000,
    toMs: startMs + 120_000,
    onTransition: ({ kind, rule, t }) => void told.push(`${kind} ${rule} ${(t - startMs) / 1000}s`),
  })
  expect(told).toEqual(['pending failing 75s', 'firing failing 90s'])
})

test('a run of other pipelines is refused', async () => {
  await liveFiles()
  const { project } = loadConfig({ cwd: folder, env: {}, files: [] })
  expect(() => startReplay(project!, { dataDir: dataDir(), into: 'none', logging, version: '0' })).toThrow(
    'the run had the pipeline app, which is not there now',
  )
})

test('a time range reads the records of its events and ends with them', async () => {
  const project = projectOf('{ type: generator, seed: 5, rate: 20, duration: 10m, speed: 0, late: 0%, broken: 0% }')
  await runLive(project, 0, [])
  const [fromMs, toMs] = [startMs + 120_000, startMs + 180_000]
  const times: number[] = []
  const result = await replay(project, {
    fromMs,
    toMs,
    onEvents: (events) => void times.push(...events.time.subarray(0, events.count)),
  })
  expect(result?.original).toBeUndefined()
  expect(times.length).toBeGreaterThan(1000)
  // Lines that changed places may lie a little outside.
  expect(Math.min(...times)).toBeGreaterThan(fromMs - 10_000)
  expect(Math.max(...times)).toBeLessThan(toMs + 10_000)
  expect(times.filter((ms) => ms >= fromMs && ms < toMs).length).toBeGreaterThan(times.length * 0.98)
})

/** The project with a text in its file replaced by another one. */
function edited(from: string, to: string): Project {
  const file = path.join(folder, 'pipelines', 'app.yaml')
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replace(from, to))
  const { project, findings } = loadConfig({ cwd: folder, env: {} })
  expect(findings).toEqual([])
  return project!
}

test('a run that was reloaded and whose files were edited before a start is replayed with each configuration', async () => {
  const first = await liveFiles()
  const d = path.join(folder, 'd.log')
  edited('above: 20%', 'above: 30%')
  const second = edited('*.log', '{a,b,d}.log')
  expect(second.hash).not.toBe(first.hash)
  // Edited between two runs, and back again while one goes on.
  const counts = await runLive(second, 200_000, [
    [0, () => writeFileSync(d, lines(360, 60, 'error', 'disk'))],
    [60_000, (running) => void running.reload(first)],
    [90_000, () => appendFileSync(path.join(folder, 'a.log'), lines(450, 60, 'error', 'shop'))],
  ])
  const configs = counts.decisions.filter(
    ({ kind, value }) => kind === 'config' && JSON.stringify(value).includes('hash'),
  )
  expect(configs.map(({ value }) => (value as { hash: string }).hash)).toEqual([second.hash, first.hash])
  const told: string[] = []
  const result = await replay(first, { onTransition: ({ kind, rule }) => void told.push(`${kind} ${rule}`) })
  expect(result?.exact).toEqual(result?.original)
  expect(told).toContain('resolved failing')
})

test('another configuration than the run ended with holds for all records', async () => {
  await liveFiles()
  const result = await replay(edited('for: 15s', 'for: 45s'))
  expect(result?.original).toBeDefined()
  expect(result?.exact.alerts).not.toBe(result?.original?.alerts)
})
