import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planOf } from '../../src/source/generator/plan.ts'
import { writeFiles } from '../../src/source/generator/write-files.ts'
import { Commands, readyUrl, until, type Ending } from '../support/command.ts'

const repository = path.dirname(path.dirname(import.meta.dirname))
const fixtures = path.join(repository, 'test', 'fixtures')

let folder = ''
let commands: Commands
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-cli-'))
  commands = new Commands(folder)
})
afterEach(() => {
  commands.killAll()
  rmSync(folder, { recursive: true, force: true })
})

async function result(args: readonly string[], input = ''): Promise<Ending> {
  return await commands.feed(input, ...args)
}

function fileWith(name: string, text: string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const goldenFlags = ['--reference-time', '2026-11-21T22:14:15Z', '--original', 'never']

test('help lists the commands on standard output', async () => {
  const { code, stdout, stderr } = await result(['--help'])
  expect([code, stderr]).toEqual([0, ''])
  for (const name of ['demo', 'serve', 'run', 'parse', 'query', 'validate'])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
})

test.each([
  [['prase'], 'Did you mean parse?'],
  [['parse', '--formt', 'json'], 'Did you mean --format?'],
  [['parse', '--format', 'jsn'], 'Did you mean json?'],
  [['query', '--limit', 'many'], '--limit many'],
  [[], 'names no command'],
])('%j is wrong usage: one line with a hint', async (args, hint) => {
  const { code, stdout, stderr } = await result(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error LP_USAGE reading the command line: /)
  expect(stderr).toContain(hint)
})

test('lines of mixed formats on standard input give the golden events', async () => {
  const formats = ['nginx_access', 'django', 'spring_boot', 'monitor', 'logfmt']
  const read = (name: string, file: string): string => readFileSync(path.join(fixtures, 'formats', name, file), 'utf8')
  const { code, stdout, stderr } = await result(
    ['parse', ...goldenFlags],
    formats.map((name) => read(name, 'lines.log')).join(''),
  )
  expect([code, stderr]).toEqual([0, ''])
  const parsed = (text: string): unknown[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  expect(parsed(stdout)).toEqual(formats.flatMap((name) => parsed(read(name, 'events.ndjson'))))
})

test('a file gives the same as its bytes on standard input, and counts on standard error', async () => {
  const file = fileWith('app.log', 'level=info msg=up n=1\n\nno format at all\n{"a":\n')
  const named = await result(['parse', file, '--stats', ...goldenFlags])
  const piped = await result(['parse', '--strict', ...goldenFlags], readFileSync(file, 'utf8'))
  expect(named.stdout).toBe(piped.stdout)
  expect(named.code).toBe(0)
  expect(named.stderr).toContain('lines 4, bytes 46, events 3, dead 0')
  expect(piped.code).toBe(3)
})

test('a reader that goes away ends it quietly', async () => {
  const { child, ended, saw } = commands.start('parse')
  child.stdin.end('level=info msg=up n=1\n'.repeat(200_000))
  await saw(/\n/, 'stdout')
  child.stdout.destroy()
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s ends parse with what it has read', async (signal, code) => {
  const { child, ended, saw } = commands.start('parse')
  child.stdin.write('level=info msg=first n=1\nlevel=info msg=unfini')
  await saw(/first/, 'stdout')
  child.kill(signal)
  const ending = await ended
  expect([ending.code, ending.stderr]).toEqual([code, ''])
  expect(ending.stdout.trimEnd().split('\n')).toHaveLength(1)
})

test('a second signal ends it at once, although nobody reads its output', async () => {
  const child = commands.startUnread('parse')
  const ended = once(child, 'exit')
  child.stdin.write('level=info msg=up n=1\n'.repeat(500_000))
  await once(child.stdout, 'readable') // The pipe is full, and is not read.
  child.kill('SIGTERM')
  child.kill('SIGINT')
  const [code] = await ended
  expect(code).toBeNull()
})

test.each([
  [['parse', 'nothing.log'], 1, 'LP_SOURCE_READ opening nothing.log'],
  [['query', 'x', '--data', 'nowhere'], 1, 'LP_STORE_OPEN opening nowhere: there is no store'],
  [['validate', '--config', 'nothing.yaml'], 78, ''],
  [['run', '--config', 'nothing.yaml'], 78, 'LP_CONFIG_READ loading the configuration: 1 error in nothing.yaml'],
  [['health', '--url', 'http://127.0.0.1:1'], 1, 'LP_SOURCE_READ asking http://127.0.0.1:1/readyz'],
])('%j ends with %i and says why', async (args, code, message) => {
  const ending = await result(args)
  expect(ending.code).toBe(code)
  expect(ending.stderr).toContain(message)
  expect(ending.stderr).not.toMatch(/^ {4}at /m)
})

test('ten mistakes are ten findings, sorted by place', async () => {
  const project = path.join(fixtures, 'config', 'ten-mistakes')
  const { code, stdout } = await result(['validate', '--json', '--pipelines', path.join(project, 'pipelines')])
  const { findings } = JSON.parse(stdout) as { findings: { line: number }[] }
  expect([code, findings.length]).toEqual([78, 10])
})

test.each([
  ['card declined', 0, 'ok 1'],
  ['card accepted', 3, 'not ok 1'],
])('a tests: block that expects "%s" ends test with %i', async (message, code, line) => {
  const file = fileWith(
    'pay.yaml',
    `version: 1
source: { type: file, paths: [pay.log] }
tests:
  - name: a logfmt line
    given: ['level=error msg="card declined" service=pay']
    expect: { events: [{ message: ${message} }] }
`,
  )
  const ending = await result(['test', file, '--format', 'tap', '--junit', 'report.xml'])
  expect([ending.code, ending.stdout.split('\n')[2]]).toEqual([code, `${line} - ${file}:4 a logfmt line`])
  expect(readFileSync(path.join(folder, 'report.xml'), 'utf8')).toContain(`failures="${code === 0 ? 0 : 1}"`)
})

test('a new project is valid, runs, and stores what its files say', async () => {
  expect((await result(['init'])).code).toBe(0)
  expect((await result(['init'])).stderr).toContain('LP_SINK_WRITE writing logpipe.yaml')
  expect((await result(['validate', '--deny-warnings'])).code).toBe(0)
  const file = fileWith('logs/app.log', 'level=error msg="card declined" service=pay n=1\n')
  const running = commands.start('run', '--listen', '127.0.0.1:0')
  const { child, ended } = running
  const url = await readyUrl(running)
  appendFileSync(file, 'level=info msg="card accepted" service=pay n=2\n')
  await found(url, 'service:pay', 2)
  expect((await result(['health', '--url', url])).stdout).toBe('ready\n')
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 143, stdout: '' })
  const query = await result(['query', 'level:error', '--json=lines'])
  expect(JSON.parse(query.stdout)).toMatchObject({ message: 'card declined', service: { name: 'pay' } })
})

/** Waits for what the API tells, asking again: the process has its own pace. */
async function found(url: string, expression: string, count: number): Promise<void> {
  await until(async () => {
    const answer = await fetch(`${url}/api/v1/query?q=${encodeURIComponent(expression)}`)
    return ((await answer.json()) as { events: unknown[] }).events.length >= count
  })
}

test('what is posted to serve is stored before the answer, and found', async () => {
  const running = commands.start('serve', '--port', '0')
  const { child, ended } = running
  const url = await readyUrl(running)
  const post = await fetch(`${url}/ingest/default`, {
    method: 'POST',
    body: 'level=warn msg="late" n=1\nlevel=info msg=x n=2\n',
  })
  expect([post.status, await post.json()]).toEqual([202, { records: 2 }])
  await found(url, 'level:warn,info', 2)
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/logpipe_events_indexed_total\{pipeline="default"\} 2/)
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  expect((await result(['query', '--count'])).stdout).toBe('2\n')
})

test('a port in use ends serve with code, address and remedy in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const { code, stderr } = await result(['serve', '--quiet', '--port', String(port)])
  other.close()
  expect(code).toBe(1)
  expect(stderr).toMatch(
    new RegExp(`^error LP_SERVER_LISTEN listening on 127.0.0.1:${port}: .*EADDRINUSE.*name another port.*\n$`),
  )
})

test('a data folder that cannot be made ends serve before it starts', async () => {
  fileWith('data', 'no folder')
  const { code, stderr } = await result(['serve', '--quiet', '--port', '0'])
  expect([code, stderr.startsWith('error LP_STORE_OPEN ')]).toEqual([1, true])
})

test('dead letters are listed, exported, sent through again and discarded', async () => {
  const line = `[${'{"a":1},'.repeat(10_001)}{"a":1}]`
  fileWith('logs/big.log', `level=info msg=before n=1\n${line}\n`)
  expect((await result(['serve', 'logs', '--no-follow', '--port', '0'])).code).toBe(0)
  const list = JSON.parse((await result(['dlq', 'list', '--json'])).stdout) as {
    letters: { id: string; reason: string }[]
  }
  expect(list.letters.map(({ reason }) => reason)).toEqual(['container_limit'])
  const id = list.letters[0]!.id
  expect((await result(['dlq', 'show', id, '--raw'])).stdout).toBe(line)
  const exported = JSON.parse((await result(['dlq', 'export'])).stdout) as { value_base64: string }
  expect(Buffer.from(exported.value_base64, 'base64').toString()).toBe(line)
  const redriven = JSON.parse((await result(['dlq', 'redrive', '--json'])).stdout) as unknown
  expect(redriven).toMatchObject({ outcomes: [{ id, outcome: 'again', events: 0 }] })
  expect((await result(['dlq', 'discard', id])).stderr).toContain('--yes')
  expect((await result(['dlq', 'discard', id, '--yes'])).stdout).toBe('1 deleted\n')
  expect((await result(['dlq', 'list'])).stdout).toBe('')
})

test('the demo without a screen makes an event of every line that is to be one, and leaves nothing behind', async () => {
  const ledger = writeFiles(planOf({ seed: 7 }), path.join(folder, 'lines'))
  const { code, stdout } = await result(['demo', '--headless', '--json'])
  const report = JSON.parse(stdout) as { lines: number; events: number; alerts: { state: string }[] }
  expect(code).toBe(0)
  expect([report.lines, report.events]).toEqual([ledger.total.lines, ledger.total.events])
  expect(report.alerts.length).toBeGreaterThan(3)
  expect(report.alerts.every(({ state }) => state === 'resolved')).toBe(true)
  expect((await result(['tail', '-n', '1', path.join(folder, 'lines')])).code).toBe(0)
})

test('a reload comes into force while it runs, outlives a kill, and is replayed', async () => {
  const event = (n: number, level: string): string => {
    const time = new Date(Date.UTC(2026, 0, 5, 10) + n * 1000).toISOString()
    return `${JSON.stringify({ '@timestamp': time, 'ecs.version': '8.11.0', 'log.level': level, 'service.name': 'shop', message: `line ${n}` })}\n`
  }
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => event(from + i, 'error')).join('')
  const log = fileWith('a.log', lines(0, 200))
  const pipeline = (above: string): string => `version: 1
source: { type: file, paths: ['${log}'], poll_interval: 100ms }
derive: [{ id: errors, type: error_rate, by: [service.name], window: 15s }]
rules: [{ id: failing, type: threshold, metric: errors.ratio, above: ${above}, severity: high }]
`
  fileWith('pipelines/app.yaml', pipeline('10%'))
  fileWith('logpipe.yaml', 'server: { port: 0 }\n')
  const first = commands.start('run')
  const [, url = ''] = await first.saw(/listening on (\S+)/)
  fileWith('pipelines/app.yaml', pipeline('ten'))
  expect((await fetch(`${url}/-/reload`, { method: 'POST' })).status).toBe(422)
  fileWith('pipelines/app.yaml', pipeline('20%'))
  first.child.kill('SIGHUP')
  await first.saw(/configuration \S+ is in force/)
  appendFileSync(log, lines(200, 300))
  first.child.kill('SIGKILL')
  await first.ended
  const second = commands.start('run')
  await second.saw(/listening on/)
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(143)
  const replayed = await result(['replay', '--compare', 'live', '--json'])
  const { exact, original, compared } = JSON.parse(replayed.stdout) as Record<string, unknown>
  expect([replayed.code, exact]).toEqual([0, original])
  expect(new Set((compared as { verdict: string }[]).map(({ verdict }) => verdict))).toEqual(new Set(['same']))
})
