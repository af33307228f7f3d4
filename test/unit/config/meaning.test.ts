import { expect, test } from 'vitest'
import { loadFiles, marked } from '../../support/config-files.ts'

const pipeline = `version: 1
source: { type: file, paths: [app.log] }
derive:
  - { id: errors, type: error_rate, window: 1m }
  - { id: latency, type: percentiles, field: event.duration }
`

function about(files: Readonly<Record<string, string>>, env = {}): string[] {
  const { findings } = loadFiles(files, env)
  return findings.map(
    (finding) => `${finding.file.replace('pipelines/', '')}:${finding.line}:${finding.col} ${finding.code}`,
  )
}

test.each([
  ['type: threshold, metric: errors.ratio, above: 5%', ''],
  ['type: threshold, metric: errors.ratio, above: 0.05', ''],
  ['type: threshold, metric: errors.ratio, above: ▸5', 'unfit_unit'],
  ['type: threshold, metric: errors.total, above: ▸5%', 'unfit_unit'],
  ['type: threshold, metric: latency.p95, above: 800ms', ''],
  ['type: threshold, metric: latency.p95, above: ▸5MB', 'unfit_unit'],
  ['type: percentile, field: event.duration, window: 5m, above: 2s', ''],
  ['type: percentile, field: event.duration, window: 5m, above: ▸2', 'unfit_unit'],
  ['type: threshold, window: 5m, above: ▸80%', 'unfit_unit'],
  ['type: threshold, metric: ▸errors.ration, above: 5%', 'unknown_metric'],
  ['type: threshold, metric: ▸nothing.at_all, above: 5%', 'unknown_metric'],
  ['type: threshold, metric: errors.ratio, above: 5%, ▸by: [host.name]', 'not_allowed'],
  [`type: threshold, metric: errors.ratio, above: 5%, ▸where: ['message = "a"']`, 'not_allowed'],
  ['type: threshold, metric: errors.ratio, ▸abov: 5%', 'unknown_key'],
  ['type: frequency, num_events: 5, window: 1m, ▸for: 5m', 'not_allowed'],
  ['type: frequency, num_events: 5, window: 1m, resolve_after: 1m', ''],
  ['type: threshold, metric: errors.ratio, above: 5%, ▸resolve_after: 1m', 'not_allowed'],
  ['type: frequency, num_events: 5, window: 1m, ▸pipelines: [app]', 'not_allowed'],
  ['type: frequency, num_events: 5, window: ▸20s', 'window_not_on_tick'],
  ['type: frequency, num_events: 5, window: ▸0s', 'window_not_on_tick'],
  ['type: frequency, num_events: 5, window: ▸0', 'window_not_on_tick'],
  ['type: frequency, num_events: 5, window: 1m, by: [▸host.nam]', 'unknown_field'],
  ['type: frequency, num_events: 5, window: 1m, by: [attributes.order, labels.x]', ''],
  [`type: frequency, num_events: 5, window: 1m, where: [▸'host.nam = "a"']`, 'unknown_field'],
  [`type: frequency, num_events: 5, window: 1m, where: ['message =~ "a▸[b"']`, 'bad_regex'],
  [`type: frequency, num_events: 5, window: 1m, where: ['message ▸is "a"']`, 'bad_condition'],
])('a rule with %s has %j', (rule, code) => {
  const { text, places } = marked(`${pipeline}rules:\n  - { id: r, severity: high, ${rule} }\n`)
  expect(about({ 'pipelines/app.yaml': text })).toEqual(places.map((place) => `app.yaml:${place} ${code}`))
})

test('limits of levels are held against the unit of the metric, too', () => {
  const levels = 'levels: [{ severity: low, above: 5% }, { severity: high, above: ▸9ms }]'
  const { text, places } = marked(`${pipeline}rules: [{ id: r, type: threshold, metric: errors.ratio, ${levels} }]`)
  expect(about({ 'pipelines/app.yaml': text })).toEqual([`app.yaml:${places[0]} unfit_unit`])
})

test('nothing is said about metrics of a derive that has mistakes of its own', () => {
  const text = `version: 1\nsource: { type: file, paths: [a] }\nderive: [{ id: errors, type: eror_rate }]\nrules: [{ id: r, type: threshold, severity: low, metric: errors.ratio, above: 5% }]\n`
  expect(about({ 'pipelines/app.yaml': text })).toEqual(['app.yaml:3:30 unknown_type'])
})

test('windows are held against the tick of logpipe.yaml, also when another key of it is wrong', () => {
  const findings = about({ 'logpipe.yaml': 'tick: 40s\nport: 1\n', 'pipelines/app.yaml': pipeline })
  expect(findings).toEqual(['logpipe.yaml:2:1 unknown_key', 'app.yaml:4:45 window_not_on_tick'])
})

test('ids and names are unique over all files, and the second one is told where the first is', () => {
  const rule = (id: string, more = ''): string =>
    `  - { id: ${id}, type: frequency, num_events: 5, window: 1m, severity: low${more} }\n`
  const { findings } = loadFiles({
    'pipelines/app.yaml': `${pipeline}rules:\n${rule('a', ', name: Same')}`,
    'pipelines/web.yaml': `version: 1\nsource: { type: file, paths: [web.log] }\nderive: [{ id: errors, type: count }]\nrules:\n${rule('a')}`,
    'pipelines/rules/all.yaml': `version: 1\nrules:\n${rule('b', ', name: Same')}`,
  })
  expect(findings.map(({ file, line, col, code, hint }) => `${file}:${line}:${col} ${code} ${hint}`)).toEqual([
    'pipelines/rules/all.yaml:3:79 duplicate_id the first is pipelines/app.yaml:7',
    'pipelines/web.yaml:3:16 duplicate_id the first is pipelines/app.yaml:4',
    'pipelines/web.yaml:5:11 duplicate_id the first is pipelines/app.yaml:7',
  ])
})

test('a rule that brings its own window may not have the id of a derive', () => {
  expect(
    about({
      'pipelines/app.yaml': `${pipeline}rules: [{ id: errors, type: threshold, window: 5m, above: 10, severity: low }]`,
    }),
  ).toEqual(['app.yaml:6:15 duplicate_id'])
})

test('rules of a pipeline see its own metrics, rules of the project see all', () => {
  const rules = 'rules: [{ id: r, type: threshold, metric: errors.ratio, above: 5%, severity: low }]\n'
  const web = 'version: 1\nsource: { type: file, paths: [web.log] }\n'
  const { findings } = loadFiles({ 'pipelines/app.yaml': pipeline, 'pipelines/web.yaml': web + rules })
  expect(findings).toMatchObject([
    { code: 'unknown_metric', hint: 'it is made in the pipeline app: put the rule there or into rules/' },
  ])
  expect(about({ 'pipelines/app.yaml': pipeline, 'pipelines/rules/all.yaml': `version: 1\n${rules}` })).toEqual([])
})

test('a rule of the project names pipelines that exist', () => {
  const rules =
    'version: 1\nrules: [{ id: r, type: frequency, num_events: 5, window: 1m, severity: low, pipelines: [app, ap] }]\n'
  expect(about({ 'pipelines/app.yaml': pipeline, 'pipelines/rules/all.yaml': rules })).toEqual([
    'rules/all.yaml:2:94 unknown_pipeline',
  ])
})

test('one input in two pipelines, and two pipelines of one name, are findings', () => {
  const files = {
    'pipelines/app.yaml': pipeline,
    'pipelines/app.yml': 'version: 1\nsource: { type: file, paths: [other.log, app.log] }\n',
  }
  expect(about(files)).toEqual(
    ['app.yml:1:1 duplicate_id', 'app.yml:2:42 shared_input'].filter((text) => !text.includes('shared')),
  )
  expect(about({ 'pipelines/app.yaml': pipeline, 'pipelines/web.yaml': files['pipelines/app.yml'] })).toEqual([
    'web.yaml:2:42 shared_input',
  ])
})

test.each([
  ['rules: [other]', ['7:12 unknown_rule']],
  ['format: json', ['7:4 not_allowed']],
  ['given: [{ series: { metric: errors.none, values: "1" } }]', ['7:32 unknown_metric']],
])('a test of a pipeline with %s has %j', (key, findings) => {
  const text = `${pipeline}tests:\n - ${key}\n   name: a\n   expect: {}\n`
  expect(about({ 'pipelines/app.yaml': text }).map((finding) => finding.replace('app.yaml:', ''))).toEqual(findings)
})

test('raw records in the tests of a rule file need a format that exists', () => {
  const file = (format: string): string =>
    `version: 1\nrules: []\ntests: [{ name: a, ${format}given: ['x'], expect: {} }]\n`
  expect(about({ 'pipelines/rules/a.yaml': file('') })).toEqual(['rules/a.yaml:3:9 missing_key'])
  expect(about({ 'pipelines/rules/a.yaml': file('format: jsn, ') })).toEqual(['rules/a.yaml:3:28 bad_value'])
  expect(about({ 'pipelines/rules/a.yaml': file('format: json, ') })).toEqual([])
})

test('an output of a type that takes no such documents is refused at its place', () => {
  const main = `app: logpipe
outputs:
  metrics: [{ type: stdout }]
  alerts: [{ type: stdout }, { type: store }]
  dead_letters: [{ type: stdout }]
`
  const { findings } = loadFiles({ 'logpipe.yaml': main })
  expect(findings.map(({ line, col, message, hint }) => `${line}:${col} ${message}; ${hint}`)).toEqual([
    '4:38 store takes no alerts; these do: stdout',
    '5:26 stdout takes no dead letters; dead letters are in the store anyway',
  ])
})
