import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formats } from '../../src/registry.ts'
import { Commands, readyUrl, until, type Running } from '../support/command.ts'

const promtool = spawnSync('promtool', ['--version'], { encoding: 'utf8' })

let folder = ''
let url = ''
let commands: Commands
let running: Running

/** One line of each format, a dead letter, and enough failed requests for an alert. */
function givenLines(): string[] {
  const failed = Array.from({ length: 60 }, (_, i) => {
    const at = new Date(Date.UTC(2026, 2, 1, 10, 0, i)).toISOString()
    return `time=${at} level=error msg="charge failed" service=pay status=503 duration=12ms n=${i}`
  })
  const bomb = `[${'{"a":1},'.repeat(10_001)}{"a":1}]`
  return [bomb, ...formats.map(({ example }) => example), ...failed, '', 'no format at all']
}

async function page(): Promise<string> {
  const answer = await fetch(`${url}/metrics`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
  return await answer.text()
}

/** Sum of a metric over its labels; NaN if it has no sample. */
function valueOf(text: string, name: string): number {
  const samples = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return samples.length === 0 ? NaN : samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

describe('the metrics of a process that serves', () => {
  const given = givenLines()

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'logpipe-metrics-'))
    writeFileSync(path.join(folder, 'app.log'), given.map((line) => `${line}\n`).join(''))
    commands = new Commands(folder)
    running = commands.start('serve', 'app.log', '--port', '0')
    url = await readyUrl(running)
    await until(async () => valueOf(await page(), 'logpipe_records_received_total') === given.length)
    await until(async () => valueOf(await page(), 'logpipe_commits_total') > 0)
    // A line that others may follow waits for them a while.
    await until(async () => valueOf(await page(), 'logpipe_events_indexed_total') > 60)
  })

  afterAll(() => {
    commands.killAll()
    rmSync(folder, { recursive: true, force: true })
  })

  test.skipIf(promtool.error !== undefined)(
    `pass promtool check metrics${promtool.error === undefined ? '' : ' (skipped: promtool is not installed)'}`,
    async () => {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: await page(),
        encoding: 'utf8',
      })
      expect([status, stdout, stderr]).toEqual([0, '', ''])
    },
  )

  test('say what became of each line', async () => {
    const text = await page()
    expect(valueOf(text, 'logpipe_dlq_events_total')).toBe(1)
    expect(text).toMatch(/^logpipe_events_dropped_total\{[^}]*reason="empty"[^}]*\} 1$/m)
    expect(valueOf(text, 'logpipe_events_indexed_total')).toBeGreaterThan(60)
    for (const name of ['logpipe_build_info', 'logpipe_config_info', 'logpipe_ready']) {
      expect(valueOf(text, name), name).toBe(1)
    }
    // Unknown until every source has said something: no sample then, and never the year 1970.
    expect(valueOf(text, 'logpipe_watermark_timestamp_seconds')).not.toBe(0)
  })

  test('have a help text and a type for each name, and a name of ours or of the runtime', async () => {
    const text = await page()
    const helped = [...text.matchAll(/^# HELP (\S+) \S/gm)].map((found) => found[1]!)
    const typed = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/gm)].map((found) => found[1]!)
    expect(helped).toEqual(typed)
    expect(new Set(helped).size).toBe(helped.length)
    expect(helped.filter((name) => !/^(?:logpipe|process|nodejs)_/.test(name))).toEqual([])
    const samples = [...text.matchAll(/^([a-z_0-9]+)[ {]/gim)].map((found) => found[1]!)
    const known = new Set(helped)
    const isKnown = (name: string): boolean => known.has(name) || known.has(name.replace(/_(?:bucket|sum|count)$/, ''))
    expect(samples.filter((name) => !isKnown(name))).toEqual([])
  })

  test.each([
    ['/livez', 200, 'ok\n'],
    ['/healthz', 200, 'ok\n'],
    ['/-/healthy', 200, 'ok\n'],
    ['/readyz', 200, 'ok  restored\n'],
    ['/-/ready', 200, 'ok  restored\n'],
    ['/nothing-here', 404, undefined],
  ])('%s answers with %i', async (route, status, body) => {
    const answer = await fetch(`${url}${route}`)
    expect(answer.status).toBe(status)
    if (body !== undefined) expect(await answer.text()).toBe(body)
  })

  test('/version names the version of the package and of Node', async () => {
    const answer = await fetch(`${url}/version`)
    expect(await answer.json()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: expect.stringMatching(/^v\d+\./),
    })
  })
})
