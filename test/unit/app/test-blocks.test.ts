import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/project.ts'
import { runTests, type TestReport } from '../../../src/app/test-blocks.ts'
import { updateTests } from '../../../src/app/update-tests.ts'
import type { Project } from '../../../src/config/project.ts'
import { junitReport, tapReport, textReport } from '../../../src/app/test-report.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'logpipe-blocks-'))
afterAll(() => rmSync(folder, { recursive: true }))
let projects = 0

interface Parts {
  readonly pipeline?: string
  readonly rules?: string
  readonly files?: Record<string, string>
  readonly filter?: string
}

/** A pipeline `web` and one rule file, given as YAML after their fixed heads. */
function projectWith(parts: Parts): { cwd: string; project: Project } {
  const cwd = path.join(folder, String(projects++))
  mkdirSync(path.join(cwd, 'pipelines', 'rules'), { recursive: true })
  const derive = '[{ id: slow, type: slow_requests, by: [service.name], window: 1m, threshold: 500ms }]'
  const head = `version: 1\nsource: { type: file, paths: [/srv/web.log], service_name: web }\nderive: ${derive}\n`
  writeFileSync(path.join(cwd, 'pipelines', 'web.yaml'), head + (parts.pipeline ?? ''))
  if (parts.rules !== undefined) writeFileSync(path.join(cwd, 'pipelines/rules/web.yaml'), `version: 1\n${parts.rules}`)
  for (const [name, text] of Object.entries(parts.files ?? {})) writeFileSync(path.join(cwd, 'pipelines', name), text)
  const { project, findings } = loadConfig({ cwd, env: {} })
  expect(findings).toEqual([])
  return { cwd, project: project! }
}

function report(parts: Parts): TestReport {
  const { cwd, project } = projectWith(parts)
  return runTests(project, { cwd, filter: parts.filter })
}

function problems(parts: Parameters<typeof report>[0]): string[] {
  return report(parts).results.flatMap((result) => [...result.problems])
}

const slowRule = 'rules: [{ id: slow-web, type: threshold, metric: slow.ratio, above: 10%, severity: high }]\n'
const lines = `
      - '{"@timestamp":"2026-01-05T10:00:01Z","ecs.version":"8.11.0","event.duration":20000000,"message":"a"}'
      - '{"@timestamp":"2026-01-05T10:00:02Z","ecs.version":"8.11.0","event.duration":900000000,"message":"b"}'`

test('raw records go through parse, derive and alert, with the constants of the source', () => {
  const pipeline = `${slowRule}tests:
  - name: one of two is slow
    given: ${lines}
    expect:
      events: [{ message: a, service: { name: web } }, { message: b }]
      metrics: [{ derive: slow, by: { service.name: web }, window_start: 2026-01-05T10:00:00Z, values: { ratio: 0.5, slow: 1 } }]
      alerts: [{ at: 2026-01-05T10:01:00Z, state: firing, labels: { service_name: web } }]
      transitions: [{ at: 2026-01-05T10:00:15Z, transition: firing }, { at: 2026-01-05T10:01:15Z, transition: resolved }]
      dead_letters: []
      drops: []
`
  const { results, rules, formats } = report({ pipeline })
  expect(results.map((result) => result.problems)).toEqual([[]])
  expect({ rules, formats }).toEqual({ rules: { all: ['slow-web'], fired: ['slow-web'] }, formats: ['ecs'] })
})

test('each list that is given is compared whole', () => {
  const pipeline = `${slowRule}tests:
  - name: every list is wrong
    given: ${lines}
    expect:
      events: [{ message: a }]
      metrics: [{ derive: slow, values: { ratio: 0.25 } }]
      alerts: [{ at: 2026-01-05T10:01:00Z, state: none }, { at: 2026-01-05T10:02:00Z, state: firing }]
      transitions: []
      dead_letters: [{ reason: too_large }]
      drops: [{ reason: empty, count: 1 }]
`
  const titles = problems({ pipeline }).filter((line) => !line.startsWith(' '))
  expect(titles).toEqual([
    'events: 1 expected, 2 found',
    'metrics: 1 expected, 1 found',
    'transitions: 0 expected, 2 found',
    'alerts at 2026-01-05T10:01:00Z: 0 expected, 1 found',
    'alerts at 2026-01-05T10:02:00Z: 1 expected, 0 found',
    'dead_letters: 1 expected, 0 found',
    'drops: 1 expected, 0 found',
  ])
})

test('lines of a file are records, and stay together where they are one event', () => {
  const log = `2026-11-21 22:14:01,104 ERROR [pay] charge failed\r
Traceback (most recent call last):\r
  File "/srv/pay.py", line 31, in charge\r
ValueError: amount\r
2026-11-21 22:14:02,200 INFO [pay] next\r
`.repeat(6)
  const pipeline = `tests:
  - name: six traces
    given: [{ file: pay.log }, { value: '', timestamp: 2026-11-21T22:14:03Z }]
    expect:
      events: [${'{ logpipe: { lines: 4 } }, { logpipe: { lines: { $absent: true } } }, '.repeat(6)}]
      drops: [{ reason: empty, count: 1 }]
`
  expect(problems({ pipeline, files: { 'pay.log': log } })).toEqual([])
})

test('a record without a timestamp has the time of its event, one with a timestamp is checked against it', () => {
  const line = '{"@timestamp":"2031-01-05T10:00:01Z","ecs.version":"8.11.0","message":"a"}'
  const pipeline = `tests:
  - name: as it is
    given: ['${line}']
    expect: { events: [{ '@timestamp': '2031-01-05T10:00:01.000Z', logpipe: { flags: { $absent: true } } }] }
  - name: clamped
    given: [{ value: '${line}', timestamp: 2026-01-05T10:00:00Z }]
    expect: { events: [{ '@timestamp': '2026-01-05T10:00:00.000Z', logpipe: { flags: [time_clamped] } }] }
`
  expect(problems({ pipeline })).toEqual([])
})

test('events that come behind the watermark count at later ticks', () => {
  const pipeline = `tests:
  - name: the minute is revised
    start: 2026-01-05T10:00:00Z
    given:
      - { value: '{"@timestamp":"2026-01-05T10:00:01Z","ecs.version":"8.11.0","event.duration":20000000}' }
      - { value: '{"@timestamp":"2026-01-05T10:05:00Z","ecs.version":"8.11.0","event.duration":20000000}' }
      - { value: '{"@timestamp":"2026-01-05T10:00:02Z","ecs.version":"8.11.0","event.duration":900000000}', timestamp: 5m1s }
    expect:
      metrics:
        - { derive: slow, window_start: 0, values: { ratio: 0.5 } }
        - { derive: slow, window_start: 5m, values: { ratio: 0 } }
`
  expect(problems({ pipeline })).toEqual([])
})

const ruleHead = `rules:
  - { id: busy, type: threshold, metric: slow.ratio, above: 50%, for: 30s, severity: high }
  - { id: errors, type: frequency, where: [logpipe.level = "error"], by: [host.name], num_events: 3, window: 1m, severity: low }
`

test('rule files start after parse: generated events and series', () => {
  const rules = `${ruleHead}tests:
  - name: events
    rules: [errors]
    given: [{ events: { every: 10s, count: 3, set: { host.name: a, logpipe.level: error, event.duration: 2s } } }]
    expect:
      events: [${'{ host: { name: a }, event: { duration: 2000000000 } }, '.repeat(3)}]
      transitions:
        - { at: 30s, transition: firing, labels: { host_name: a } }
        - { at: 5m30s, transition: resolved }
  - name: series
    rules: [busy]
    given: [{ series: { metric: slow.ratio, by: { service.name: web }, values: '0.2 0.6x3 _x1 0.6x5 stale', every: 15s } }]
    expect:
      alerts: [{ at: 45s, state: firing }, { at: 1m15s, state: none }, { at: 1m30s, state: pending }]
      transitions:
        - { at: 15s, transition: pending }
        - { at: 45s, transition: firing }
        - { at: 1m15s, transition: resolved }
        - { at: 1m30s, transition: pending }
        - { at: 2m, transition: firing }
        - { at: 3m, transition: resolved }
`
  expect(problems({ rules })).toEqual([])
})

test('raw records of a rule file are parsed as its format', () => {
  const rules = `${ruleHead}tests:
  - name: lines
    format: logfmt
    given: ['level=error host=a msg=x ts=2026-01-05T10:00:00Z']
    expect: { events: [{ logpipe: { format: logfmt, level: error } }] }
`
  expect(problems({ rules })).toEqual([])
})

test('time runs to exactly advance_to', () => {
  const rules = `${ruleHead}tests:
  - name: not yet
    rules: [errors]
    given: [{ events: { every: 1s, count: 3, set: { host.name: a, logpipe.level: error } } }]
    advance_to: 5m
    expect: { transitions: [{ at: 15s, transition: firing }], alerts: [{ at: 5m, state: firing }] }
  - name: beyond the end
    rules: [errors]
    given: [{ events: { every: 1s, count: 3, set: { host.name: a, logpipe.level: error } } }]
    advance_to: 5m
    expect: { alerts: [{ at: 6m, state: none }] }
`
  expect(problems({ rules })).toEqual(['alerts at 2026-01-01T00:06:00Z: this is after the end of the block'])
})

test('a block that cannot run fails alone', () => {
  const pipeline = `tests:
  - { name: no such file, given: [{ file: none.log }], expect: {} }
  - { name: fine, given: [], expect: { events: [] } }
`
  const { results, passed, failed } = report({ pipeline })
  expect([passed, failed]).toEqual([1, 1])
  expect(results[0]?.problems[0]).toMatch(/ENOENT.*none\.log/)
})

test('a filter takes blocks by their names', () => {
  const pipeline = 'tests: [{ name: one, given: [], expect: {} }, { name: two, given: [], expect: {} }]\n'
  expect(report({ pipeline, filter: 'tw' }).results.map(({ name }) => name)).toEqual(['two'])
})

test('the report comes as text, TAP and JUnit', () => {
  const pipeline = `${slowRule}tests:
  - { name: 'fine #1', given: [], expect: { events: [] } }
  - { name: 'a < b', given: [], expect: { events: [{ message: '"x"' }] } }
`
  const result = report({ pipeline })
  const problem = ['events: 1 expected, 0 found', '  - {"message":"\\"x\\""}']
  expect(textReport(result)).toEqual([
    'FAILED pipelines/web.yaml:7 a < b',
    ...problem.map((line) => `  ${line}`),
    '2 tests: 1 passed, 1 failed',
    'rules that fired: 0 of 1, not slow-web',
  ])
  expect(tapReport(result)).toEqual([
    'TAP version 14',
    '1..2',
    'ok 1 - pipelines/web.yaml:6 fine \\#1',
    'not ok 2 - pipelines/web.yaml:7 a < b',
    '  ---',
    '  message: |',
    ...problem.map((line) => `    ${line}`),
    '  ...',
  ])
  expect(junitReport(result).replaceAll(/time="[0-9.]+"/g, 'time="0"')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="logpipe" tests="2" failures="1" time="0">
  <testsuite name="pipelines/web.yaml" tests="2" failures="1" errors="0" skipped="0" time="0">
    <testcase name="fine #1" classname="pipelines/web.yaml" time="0"/>
    <testcase name="a &lt; b" classname="pipelines/web.yaml" time="0">
      <failure message="events: 1 expected, 0 found" type="difference">pipelines/web.yaml:7
events: 1 expected, 0 found
  - {&quot;message&quot;:&quot;\\&quot;x\\&quot;&quot;}</failure>
    </testcase>
  </testsuite>
</testsuites>
`)
})

test('an update writes what came into failed blocks, keeps comments and makes them pass', () => {
  const pipeline = `${slowRule}tests:
  - name: everything is wrong # as it was written
    start: 2026-01-05T10:00:00Z
    given: ${lines}
    expect:
      # what a and b say
      events: [{ message: a, event: { duration: { $approx: 20000000 } } }, { message: c, event: { duration: 1 } }, { message: gone }]
      metrics: [{ derive: slow, by: { service.name: web }, window_start: 2026-01-05T10:00:00Z, values: { ratio: 0.25 } }]
      alerts: [{ at: 1m, state: none }, { at: 30s, state: pending, labels: { service_name: web } }]
      transitions:
        - { at: 30s, transition: firing } # too late
      drops: [{ reason: empty, count: 2 }]
  - name: this one passes
    given: []
    expect: { transitions: [] }
`
  const { cwd, project } = projectWith({ pipeline })
  const before = runTests(project, { cwd, keepsDetails: true })
  expect(before.failed).toBe(1)
  expect(updateTests(before, cwd)).toEqual(['pipelines/web.yaml'])
  const text = readFileSync(path.join(cwd, 'pipelines/web.yaml'), 'utf8')
  const expected = [
    /name: everything is wrong # as it was written/,
    /# what a and b say/,
    /message: a, event: \{ duration: \{ \$approx: 20000000 \} \}/,
    /message: b, event: \{ duration: 900000000 \}/,
    /ratio: 0.5/,
    /at: 30s, state: firing/,
    /at: 15s, transition: firing \} # too late/,
    /at: 1m15s, transition: resolved/,
    /drops: \[\]/,
  ]
  for (const pattern of expected) expect(text).toMatch(pattern)
  expect(text).not.toMatch(/gone|state: none/)
  const { project: after, findings } = loadConfig({ cwd, env: {} })
  expect(findings).toEqual([])
  expect(runTests(after!, { cwd }).results.map((result) => result.problems)).toEqual([[], []])
})
