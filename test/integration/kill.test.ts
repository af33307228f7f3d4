import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planOf } from '../../src/source/generator/plan.ts'
import { writeFiles, type Ledger } from '../../src/source/generator/write-files.ts'
import { openStoreView } from '../../src/state/store.ts'
import { Commands } from '../support/command.ts'
import { Dice } from '../support/simulation/random.ts'

/** The long form has 2,000,000. */
const lines = Number(process.env['LOGPIPE_KILL_LINES'] ?? 300_000)
const kills = Number(process.env['LOGPIPE_KILLS'] ?? 20)
const seed = Number(process.env['LOGPIPE_KILL_SEED'] ?? 1)
const storySeconds = 900

/** Rule that tells of each planted incident. */
const ruleOf = { server_errors: 'server-errors', slow_requests: 'slow', high_cpu: 'high-cpu' }

const pipeline = `version: 1
source: { type: file, paths: [LOGS], follow: false }
parse: [{ type: auto }]
derive:
  - id: requests
    type: requests
    by: [log.file.path]
    window: 1m
    where:
      - 'log.file.path !~ ".*billing.*"'
      - 'logpipe.format in ["pino_http", "ecs", "winston", "nginx_access", "logfmt"]'
  - { id: slow-requests, type: slow_requests, by: [log.file.path], window: 1m, threshold: 1s }
  - { id: cpu, type: last, by: [log.file.path], field: logpipe.business.cpu_pct, field_unit: share, window: 1m }
rules:
  - id: server-errors
    type: ratio
    by: [log.file.path]
    where: ['http.response.status_code exists']
    bad: ['http.response.status_code >= 500']
    window: 1m
    above: 10%
    severity: high
  - { id: slow, type: threshold, metric: slow-requests.ratio, above: 20%, severity: medium }
  - { id: high-cpu, type: threshold, metric: cpu.last, above: 90%, no_value: keep, severity: medium }
`

let folder = ''
let ledger: Ledger

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-kill-'))
  const plan = planOf({ seed, rate: lines / storySeconds, durationMs: storySeconds * 1000, streams: 8 })
  ledger = writeFiles(plan, path.join(folder, 'logs'))
  mkdirSync(path.join(folder, 'pipelines'))
  writeFileSync(path.join(folder, 'logpipe.yaml'), 'app: shop\n')
  writeFileSync(path.join(folder, 'pipelines', 'shop.yaml'), pipeline.replace('LOGS', path.join(folder, 'logs')))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the project until it is done, or kills it after a time; true if it was killed. */
async function run(data: string, killAfterMs = Infinity): Promise<boolean> {
  const args = ['run', '--data', path.join(folder, data), '--listen', '127.0.0.1:0']
  const { child, ended } = new Commands(folder).start(...args)
  if (killAfterMs < Infinity) {
    const waiting = new AbortController()
    await Promise.race([sleep(killAfterMs, undefined, { signal: waiting.signal }).catch(() => {}), ended])
    waiting.abort()
    child.kill('SIGKILL')
  }
  const { code, signal, stderr } = await ended
  if (signal === 'SIGKILL') return true
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`)
  return false
}

type Row = Record<string, string | number | null>

function rowsOf(data: string, query: string): Row[] {
  const db = new DatabaseSync(path.join(folder, data, 'logpipe.db'), { readOnly: true })
  try {
    return db.prepare(query).all() as Row[]
  } finally {
    db.close()
  }
}

/** Share of the bytes that is not committed. */
function shareLeft(data: string): number {
  if (!existsSync(path.join(folder, data, 'logpipe.db'))) return 1
  if (rowsOf(data, `SELECT name FROM sqlite_master WHERE name = 'progress'`).length === 0) return 1
  const all = ledger.files.reduce((sum, file) => sum + statSync(file.path).size, 0)
  const [row] = rowsOf(data, `SELECT coalesce(sum(position), 0) AS done FROM progress WHERE unit LIKE 'derive/%'`)
  return 1 - Number(row?.['done']) / all
}

interface Line {
  readonly offset: number
  readonly text: string
}

function linesOf(file: string): Line[] {
  const bytes = readFileSync(file)
  const found: Line[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start)
    found.push({ offset: start, text: bytes.toString('utf8', start, end) })
    start = end + 1
  }
  return found
}

/** Walks through a file beside its events: each line is the next one of an event, or blank. */
function lineFaults(file: string, events: readonly Row[]): string[] {
  const faults: string[] = []
  let next = 0
  let open = 0
  for (const { offset, text } of linesOf(file)) {
    if (open > 0) open--
    else if (events[next]?.['offset'] === offset) {
      // The first of two parts of a line, as container runtimes cut them.
      open = Number(events[next++]!['lines']) - 1 + (/^\S+Z stdout P /.test(text) ? 1 : 0)
    } else if (text.trim() !== '') faults.push(`${file} ${offset}: in no event`)
  }
  if (next < events.length) faults.push(`${file}: ${events.length - next} events of nothing`)
  return faults
}

interface Request {
  readonly timeMs: number
  readonly status: number
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const accessLine =
  /^\S+ \S+ \S+ \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) \+0000\] "\w+ \S+ HTTP\/1\.1" (\d{3}) \d+ "-" "[^"]*" "-" /

/** What a person would write to count requests: no part of it knows how logpipe reads a line. */
function requestOf(line: string): Request | undefined {
  const access = accessLine.exec(line)
  if (access !== null) {
    const [, day, month, year, clock, status] = access
    const at = `${year}-${String(months.indexOf(month!) + 1).padStart(2, '0')}-${day}T${clock}Z`
    return { timeMs: Date.parse(at), status: Number(status) }
  }
  const pairs = /^time=(\S+) level=\w+ msg="[^"]*" .* status=(\d{3}) duration=\d+ms trace_id=/.exec(line)
  if (pairs !== null) return { timeMs: Date.parse(pairs[1]!), status: Number(pairs[2]) }
  if (!line.startsWith('{')) return undefined
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const res = record['res'] as { statusCode: number } | undefined
  if (res !== undefined) return { timeMs: Number(record['time']), status: res.statusCode }
  const status = Number(record['http.response.status_code'] ?? record['status'])
  const at = record['ecs.version'] === undefined ? record['durationMs'] && record['timestamp'] : record['@timestamp']
  return typeof at === 'string' && status > 0 ? { timeMs: Date.parse(at), status } : undefined
}

/** Requests and failed ones by `file minute`. Billing writes lines in envelopes: counting those is more than a few lines. */
function recount(): Record<string, string> {
  const counts: Record<string, { all: number; failed: number }> = {}
  for (const { path: file, service } of ledger.files) {
    if (service === 'billing') continue
    for (const { text } of linesOf(file)) {
      const request = requestOf(text)
      if (request === undefined) continue
      const minute = new Date(request.timeMs - (request.timeMs % 60_000)).toISOString()
      const of = (counts[`${path.basename(file)} ${minute}`] ??= { all: 0, failed: 0 })
      of.all++
      if (request.status >= 500) of.failed++
    }
  }
  return Object.fromEntries(Object.entries(counts).map(([key, { all, failed }]) => [key, `${all} ${failed}`]))
}

function metricCounts(data: string): Record<string, string> {
  const rows = rowsOf(data, `SELECT doc FROM metrics WHERE name = 'requests'`)
  return Object.fromEntries(
    rows.map((row) => {
      const { labels, logpipe: own } = JSON.parse(String(row['doc'])) as {
        labels: { log_file_path: string }
        logpipe: { metric: { window_start: string; count: number; values: { status_5xx: number } } }
      }
      const { window_start, count, values } = own.metric
      return [`${path.basename(labels.log_file_path)} ${window_start}`, `${count} ${values.status_5xx}`]
    }),
  )
}

/** Transitions by `rule file`, in order; `updated` ones say only that it goes on. */
function transitions(data: string): Record<string, string[]> {
  const told: Record<string, string[]> = {}
  for (const row of rowsOf(data, 'SELECT doc FROM alerts ORDER BY n')) {
    const { alerts, logpipe: own } = JSON.parse(String(row['doc'])) as {
      alerts: { labels: { log_file_path: string } }[]
      logpipe: { ruleId: string; transition: string }
    }
    const list = (told[`${own.ruleId} ${path.basename(alerts[0]!.labels.log_file_path)}`] ??= [])
    if (own.transition !== 'updated') list.push(own.transition)
  }
  return told
}

function planted(): Record<string, string[]> {
  const incidents = ledger.incidents.flatMap(({ name, service }) => {
    const files = ledger.files.filter((file) => file.service === service)
    return files.map(
      (file) => [`${ruleOf[name]} ${path.basename(file.path)}`, ['firing', 'resolved']] as [string, string[]],
    )
  })
  return Object.fromEntries(incidents)
}

describe('a process that is killed', () => {
  it(
    `loses and repeats nothing of ${lines} lines in ${kills} kills`,
    async () => {
      const began = Date.now()
      await run('whole')
      const wholeMs = Date.now() - began
      const dice = new Dice(seed)
      const told: string[] = []
      for (let kill = 0; kill < kills; kill++) {
        // Early enough in what is left that it is not done before.
        const afterMs = dice.between(200, Math.max(400, Math.floor(shareLeft('killed') * wholeMs * 0.25)))
        if (!(await run('killed', afterMs)))
          throw new Error(`void: done before kill ${kill + 1}; kills at ${told.join()}`)
        told.push(String(afterMs))
      }
      const left = shareLeft('killed')
      await run('killed')
      const facts = `seed ${seed}, undisturbed ${wholeMs} ms, kills after ${told.join(', ')} ms, ${Math.round(left * 100)} % left then`
      console.log(facts)

      const events = rowsOf(
        'killed',
        `SELECT name AS file, position AS offset, coalesce(doc ->> '$.logpipe.lines', 1) AS lines
       FROM events JOIN sources ON sources.id = events.source ORDER BY file, offset`,
      )
      const byFile = Map.groupBy(events, (row) => String(row['file']))
      const faults = ledger.files.flatMap((file) => lineFaults(file.path, byFile.get(file.path) ?? []))
      expect(faults.slice(0, 5), facts).toEqual([])
      const counted = ledger.files.map((file) => [file.path, byFile.get(file.path)?.length])
      expect(counted, facts).toEqual(ledger.files.map((file) => [file.path, file.tally.events]))
      expect(rowsOf('killed', 'SELECT id FROM dead_letters'), facts).toEqual([])

      expect(metricCounts('killed'), facts).toEqual(recount())
      expect(transitions('killed'), facts).toEqual(planted())

      const [whole, killed] = ['whole', 'killed'].map((data) => {
        const view = openStoreView(path.join(folder, data))
        try {
          return view.exactDigest()
        } finally {
          view.close()
        }
      })
      // Bounded files make `end` decisions only, at the same places in every run: the plain run has the same ones.
      const decisions = `SELECT unit, ordinal, position, kind FROM decisions ORDER BY unit, ordinal`
      expect(rowsOf('killed', decisions), facts).toEqual(rowsOf('whole', decisions))
      expect(killed, facts).toEqual(whole)
    },
    120_000 + lines,
  )
})
