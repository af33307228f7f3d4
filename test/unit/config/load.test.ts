import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { flagVariable } from '../../../src/config/environment.ts'
import { loadProject } from '../../../src/config/load.ts'
import { components } from '../../support/config-components.ts'
import { loadFiles, withFiles } from '../../support/config-files.ts'

const app = `version: 1
source: { type: file, paths: [app.log] }
derive: [{ id: errors, type: error_rate, by: [service.name], window: 5m }]
rules: [{ id: many, type: threshold, metric: errors.ratio, above: 5%, severity: high }]
`

test('no file at all is a project of defaults', () => {
  const { project, findings } = loadFiles({})
  expect(findings).toEqual([])
  expect(project?.installation).toMatchObject({
    app: 'logpipe',
    tick: 15_000,
    store: { path: 'data' },
    server: { host: '127.0.0.1', port: 8680 },
    limits: { max_series: 10_000 },
    retention: { events: 30 * 86_400_000, schedule: '17 * * * *' },
  })
  expect(project).toMatchObject({ pipelines: [], ruleFiles: [], channels: [], outputs: { metrics: [] } })
})

test('a pipeline gets its name from its file, base units, and the defaults of its keys', () => {
  const { project } = loadFiles({ 'pipelines/app.yaml': app })
  expect(project?.pipelines).toMatchObject([
    {
      name: 'app',
      source: {
        type: 'file',
        keys: { out_of_order: 10_000 },
        config: { paths: ['app.log'], follow: true, max_batch: 1_048_576 },
      },
      parse: { type: 'auto', config: { multiline: 'auto' } },
      derives: [
        {
          id: 'errors',
          type: 'error_rate',
          keys: { by: ['service.name'], where: [], allowed_lateness: 3_600_000 },
          config: { window: 300_000, bad: [] },
        },
      ],
      rules: [
        {
          id: 'many',
          pipeline: 'app',
          keys: { severity: 'high' },
          config: { metric: 'errors.ratio', above: { value: 0.05, unit: 'share' } },
        },
      ],
      sinks: [{ type: 'store' }],
      maxSeries: 10_000,
    },
  ])
  expect(project?.pipelines[0]?.rules[0]?.place).toBe('pipelines/app.yaml:4')
})

test('a project is frozen to the bottom', () => {
  const { project } = loadFiles({ 'pipelines/app.yaml': app })
  expect(Object.isFrozen(project?.pipelines[0]?.derives[0]?.keys.by)).toBe(true)
  expect(Object.isFrozen(project?.installation.retention)).toBe(true)
})

test('one error anywhere leaves no project, a warning does', () => {
  const files = { 'pipelines/app.yaml': app, 'pipelines/web.yaml': 'version: 1\n' }
  expect(loadFiles(files).project).toBeUndefined()
  const warned = loadFiles({ 'pipelines/app.yaml': app.replace('service.name', 'service.nam') })
  expect(warned.findings).toMatchObject([{ severity: 'warning', code: 'unknown_field' }])
  expect(warned.project).toBeDefined()
})

test.each([
  [{ 'logpipe.yaml': 'app: a', 'config/logpipe.yaml': 'app: b' }, {}, {}, 'a'],
  [{ 'config/logpipe.yaml': 'app: b' }, {}, {}, 'b'],
  [{ 'logpipe.yaml': 'app: a', 'x.yaml': 'app: c' }, { LOGPIPE_CONFIG: 'x.yaml' }, {}, 'c'],
  [
    { 'logpipe.yaml': 'app: a', 'x.yaml': 'app: c', 'y.yaml': 'app: d' },
    { LOGPIPE_CONFIG: 'x.yaml' },
    { config: 'y.yaml' },
    'd',
  ],
])('of %j with %j and %j the first of flag, variable and folders is read', (files, env, options, name) => {
  expect(loadFiles(files as Record<string, string>, env, options).project?.installation.app).toBe(name)
})

test('pipelines stand beside logpipe.yaml, or where the flag or the variable says', () => {
  const files = { 'config/logpipe.yaml': 'app: a', 'config/pipelines/one.yaml': app, 'other/two.yaml': app }
  const names = (options: object, env = {}): unknown =>
    loadFiles(files, env, options).project?.pipelines.map((pipeline) => pipeline.name)
  expect(names({})).toEqual(['one'])
  expect(names({ pipelines: 'other' })).toEqual(['two'])
  expect(names({}, { LOGPIPE_PIPELINES: 'other' })).toEqual(['two'])
})

test.each([
  ['config', { config: 'none.yaml' }],
  ['folder', { pipelines: 'none' }],
  ['file', { files: ['none.yaml'] }],
  ['folder in place of a file', { config: 'pipelines' }],
])('a %s that was asked for and cannot be read is a finding', (_, options) => {
  const { findings, project } = loadFiles({ 'pipelines/app.yaml': app }, {}, options)
  expect(findings).toMatchObject([{ line: 1, col: 1, code: 'unreadable' }])
  expect(project).toBeUndefined()
})

test('hidden files, folders and other endings are passed over, a folder named like a pipeline too', () => {
  withFiles({ 'pipelines/app.yaml': app, 'pipelines/.hidden.yaml': '[', 'pipelines/notes.md': '#' }, (cwd) => {
    mkdirSync(path.join(cwd, 'pipelines', 'folder.yaml'))
    expect(loadProject({ cwd, env: {} }, components).findings).toEqual([])
  })
})

test('single files are told apart by what they hold', () => {
  const files = {
    'a.yaml': app,
    'b.yaml': 'version: 1\nrules: []\n',
    'c.yaml': 'version: 1\nchannels: {}\n',
    'pipelines/bad.yaml': 'x',
  }
  const { project, findings } = loadFiles(files, {}, { files: ['a.yaml', 'b.yaml', 'c.yaml'] })
  expect(findings).toEqual([])
  expect(project?.pipelines.map((pipeline) => pipeline.name)).toEqual(['a'])
  expect(project?.ruleFiles.map((file) => file.file)).toEqual(['b.yaml'])
})

test('channels have names and secrets that do not print', () => {
  const files = {
    'pipelines/notify/routing.yaml': 'version: 1\nchannels: { ops: { type: webhook, url: "env:HOOK" } }\n',
  }
  const { project } = loadFiles(files, { HOOK: 'https://example.org/canary' })
  expect(project?.channels).toMatchObject([{ name: 'ops', type: 'webhook' }])
  expect(JSON.stringify(project)).not.toContain('canary')
})

test('the server listens on loopback alone', () => {
  expect(loadFiles({ 'logpipe.yaml': 'server: { host: 0.0.0.0 }' }).findings).toMatchObject([
    { code: 'bad_value', line: 1, col: 17 },
  ])
  expect(loadFiles({ 'logpipe.yaml': 'server: { host: "::1", port: 0 }' }).findings).toEqual([])
})

test.each([
  ['17 3 * * *', true],
  ['*/5 0-6,22 1 jan-mar mon', true],
  ['* * * * 7', true],
  ['60 3 * * *', false],
  ['17 3 * *', false],
  ['17 3 * * * *', false],
  ['0 0 31-1 * *', false],
  ['*/0 * * * *', false],
  ['every hour', false],
])('the schedule %s is a cron expression: %s', (schedule, isValid) => {
  const { findings } = loadFiles({ 'logpipe.yaml': `retention: { schedule: "${schedule}" }` })
  expect(findings.map((finding) => finding.code)).toEqual(isValid ? [] : ['bad_cron'])
})

test('the hash follows from the meaning: not from order, units, comments, summary, tests or secrets', () => {
  const hash = (text: string, env = {}): unknown =>
    loadFiles({ 'pipelines/app.yaml': text }, env).project?.pipelines[0]?.hash
  const base = hash(app)
  expect(hash(`# a comment\n${app.replace('5m', '300s')}summary: changed\n`)).toBe(base)
  expect(hash(`${app}tests: [{ name: a, expect: {} }]\n`)).toBe(base)
  expect(hash(app.replace('5m', '10m'))).not.toBe(base)
  expect(hash(app.replace('5%', '6%'))).not.toBe(base)
  const http = 'version: 1\nsource: { type: http, token: "env:TOKEN" }\n'
  expect(hash(http, { TOKEN: 'a' })).toBe(hash(http, { TOKEN: 'b' }))
})

test('the hash of the project covers rules and installation', () => {
  const hash = (files: Record<string, string>): unknown =>
    loadFiles({ 'pipelines/app.yaml': app, ...files }).project?.hash
  const rule = (n: number): string =>
    `version: 1\nrules: [{ id: r, type: frequency, num_events: ${n}, window: 1m, severity: low }]\n`
  const all = [
    hash({}),
    hash({ 'logpipe.yaml': 'tick: 30s' }),
    hash({ 'pipelines/rules/a.yaml': rule(5) }),
    hash({ 'pipelines/rules/a.yaml': rule(6) }),
  ]
  expect(new Set(all).size).toBe(4)
})

test('a flag has a variable', () => {
  expect(flagVariable('--log-level')).toBe('LOGPIPE_LOG_LEVEL')
})
