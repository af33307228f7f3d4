import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Partition } from '../../../src/core/component.ts'
import { generator, GeneratedStream } from '../../../src/source/generator.ts'
import { lineFormats } from '../../../src/source/generator/line-table.ts'
import { planOf, plannedIncidents, type Plan } from '../../../src/source/generator/plan.ts'
import { writeFiles } from '../../../src/source/generator/write-files.ts'
import { FakePorts, readAll, valuesOf } from '../../support/source-ports.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'logpipe-generator-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const always = { pipeline: 'demo', horizon: () => Infinity }
const oddPlan = planOf({ rate: 20, late: 0.05, shuffled: 0.05, duplicate: 0.05, broken: 0.05 })

async function linesOf(plan: Plan, stream: number): Promise<string[]> {
  return (await readAll(new GeneratedStream(plan, stream, always))).values
}

describe('lines', () => {
  test('follow from the seed, and differ for other seeds and streams', async () => {
    const lines = await linesOf(oddPlan, 0)
    expect(await linesOf(oddPlan, 0)).toEqual(lines)
    expect(await linesOf({ ...oddPlan, seed: 2 }, 0)).not.toEqual(lines)
    expect(await linesOf({ ...oddPlan, services: ['a'] }, 1)).not.toEqual(
      await linesOf({ ...oddPlan, services: ['a'] }, 2),
    )
  })

  test('are the same from any position and for reads of any size', async () => {
    const lines = await linesOf(oddPlan, 2)
    expect(lines).toHaveLength(3600)
    for (const from of [0, 1, 999, 1000, 1001, 2500, 3599]) {
      const stream = new GeneratedStream(oddPlan, 2, always)
      const { records } = await stream.read(BigInt(from), 2000)
      expect(valuesOf(records)).toEqual(lines.slice(from, from + records.count))
      expect([records.count > 0, records.next]).toEqual([true, records.count])
      expect((await readAll(stream, BigInt(from), 1)).values).toEqual(lines.slice(from))
    }
  })

  test('carry ascending record times of their turn', async () => {
    const { records } = await new GeneratedStream(oddPlan, 0, always).read(0n, 1 << 20)
    const times = [...records.timestamp.subarray(0, records.count)]
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeGreaterThan(oddPlan.startMs + 240_000)
    expect(times.at(-1)).toBeLessThan(oddPlan.startMs + 250_000)
  })

  test('a position beyond the end is refused, and the end is an end', async () => {
    const stream = new GeneratedStream(oddPlan, 0, always)
    await expect(stream.read(stream.end() + 1n, 10)).rejects.toMatchObject({ code: 'LP_REPLAY_RANGE' })
    expect(await stream.read(stream.end(), 10)).toMatchObject({
      isAtEnd: true,
      isFinished: true,
      records: { count: 0 },
    })
  })
})

describe('files', () => {
  const plan = { ...oddPlan, rate: 60, services: ['shop'], streams: 3 }
  const ledger = writeFiles(plan, directory)

  test('hold what the streams hold, and the ledger counts their lines and events', () => {
    let lines = 0
    for (const { path: file, tally } of ledger.files) {
      const found = readFileSync(file).toString('latin1').split('\n').slice(0, -1)
      expect(found).toHaveLength(tally.lines)
      expect(found.filter((line) => line.trim() === '')).toHaveLength(tally.blank)
      // Frames of traces and parts of lines before their last are no events of their own.
      const inside =
        /^(\tat |\t\.\.\. |Caused by|java\.lang|Traceback| {2}File| {4}\w|app\.errors|Error: | {4}at )|^\S+ stdout P /
      const events = found.filter((line) => line.trim() !== '' && !inside.test(line))
      expect(events).toHaveLength(tally.events)
      lines += found.length
    }
    expect(ledger.total.lines).toBe(lines)
    expect(ledger.total.formats.java_trace).toMatchObject({ lines: (ledger.total.formats.java_trace?.events ?? 0) * 8 })
    expect(JSON.parse(readFileSync(path.join(directory, '.ledger.json'), 'utf8'))).toEqual(ledger)
  })

  test('have all formats and all kinds of odd lines', () => {
    expect(Object.keys(ledger.total.formats).sort()).toEqual([...lineFormats].sort())
    const { blank, broken, late, shuffled, duplicate } = ledger.total
    expect(Math.min(blank, broken, late, shuffled, duplicate)).toBeGreaterThan(50)
  })

  test('of one format hold nothing else', () => {
    const pure = { formats: ['nginx_access'] as const, late: 0, shuffled: 0, duplicate: 0, broken: 0 }
    const { total } = writeFiles(planOf({ ...pure, rate: 10, streams: 1 }), path.join(directory, 'pure'))
    expect(total).toMatchObject({ lines: 9000, events: 9000, formats: { nginx_access: { lines: 9000, events: 9000 } } })
  })

  test('of every JSON format are JSON, and of every other are not', () => {
    for (const format of lineFormats) {
      const plain = planOf({ formats: [format], rate: 1, streams: 1, late: 0, shuffled: 0, duplicate: 0, broken: 0 })
      const { files } = writeFiles(plain, path.join(directory, format))
      const found = readFileSync(files[0]?.path ?? '', 'utf8').split('\n')
      const isJson = /^(pino|pino_http|ecs|winston|python_json|json|filebeat|fluent_bit|docker_json)$/.test(format)
      for (const line of found.slice(0, 100)) {
        const parse = (): unknown => JSON.parse(line)
        if (isJson) expect(parse()).toBeTypeOf('object')
        else expect(parse, line).toThrow()
      }
    }
  })
})

describe('the story', () => {
  const plan = planOf({ rate: 150, durationMs: 1_800_000, broken: 0 })

  test('tells its incidents, once for each round', () => {
    const told = plannedIncidents(plan).map(({ name, service, fromMs, toMs }) => {
      const minutes = [fromMs, toMs].map((ms) => (ms - plan.startMs) / 60_000)
      return `${name} ${service} ${minutes.join('-')}`
    })
    const round = ['slow_requests catalog 3-6', 'server_errors checkout 6.5-9.5', 'high_cpu orders 7-10']
    const again = ['slow_requests catalog 18-21', 'server_errors checkout 21.5-24.5', 'high_cpu orders 22-25']
    expect(told).toEqual([...round, ...again])
    expect(plannedIncidents({ ...plan, story: 'steady' })).toEqual([])
  })

  test('the lines show them, and nothing outside of them', async () => {
    const incidents = plannedIncidents(plan)
    const shares = new Map<string, { inside: number[]; outside: number[] }>()
    for (const [stream, service] of plan.services.entries()) {
      const partition = new GeneratedStream(plan, stream, always)
      for (let from = 0n; from < partition.end();) {
        const { records } = await partition.read(from, 1 << 20)
        from += BigInt(records.next)
        valuesOf(records).forEach((line, i) => {
          const status = /"statusCode":(\d+)/.exec(line)?.[1]
          const ns = /"event\.duration":(\d+)/.exec(line)?.[1]
          const cpu = /CPU使用率: (.*)%/.exec(line)?.[1]
          const name = status !== undefined ? 'server_errors' : ns !== undefined ? 'slow_requests' : 'high_cpu'
          const value = status !== undefined ? Number(status) >= 500 : Number(ns ?? 0) > 1e9 || Number(cpu ?? 0) > 90
          if ((status ?? ns ?? cpu) === undefined) return
          const timeMs = records.timestamp[i] ?? 0
          const isInside = incidents.some(
            (one) => one.name === name && one.service === service && timeMs >= one.fromMs && timeMs < one.toMs,
          )
          const of = shares.get(name) ?? { inside: [], outside: [] }
          ;(isInside ? of.inside : of.outside).push(value ? 1 : 0)
          shares.set(name, of)
        })
      }
    }
    const mean = (list: number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length
    for (const name of ['server_errors', 'slow_requests', 'high_cpu']) {
      const { inside, outside } = shares.get(name) ?? { inside: [], outside: [] }
      expect([name, mean(inside) > 0.3, mean(outside) < 0.01]).toEqual([name, true, true])
    }
  })
})

describe('the source', () => {
  function streamsOf(ports: FakePorts, config: Record<string, unknown>): Promise<readonly Partition[]> {
    return generator.build(generator.config.parse(config), ports).discover()
  }

  test('hands out lines as event time passes, also after a restart', async () => {
    const saved = new Map<string, string>()
    const ports = new FakePorts(saved)
    const config = { start: 'now', speed: 30, rate: 5, services: ['checkout'], streams: 1 }
    const [stream] = await streamsOf(ports, config)
    if (stream === undefined) throw new Error('there is no stream')
    expect(await readAll(stream)).toMatchObject({ next: 0n, isFinished: false })
    ports.nowMs += 2000
    const { next } = await readAll(stream)
    expect([next >= 299n, next <= 301n]).toEqual([true, true])
    const later = new FakePorts(saved)
    later.nowMs += 4000
    const [again] = await streamsOf(later, config)
    const more = again === undefined ? 0n : (await readAll(again, next)).next
    expect([more >= 599n, more <= 601n]).toEqual([true, true])
  })

  test('has one stream for each service unless more are asked for, each with its name', async () => {
    const streams = await streamsOf(new FakePorts(), { streams: 6 })
    expect(streams.map(({ source }) => source.constants[0]?.value)).toEqual([
      'checkout',
      'catalog',
      'orders',
      'gateway',
      'billing',
      'checkout',
    ])
    expect(new Set(streams.map(({ source }) => Buffer.from(source.idHead).toString('hex'))).size).toBe(6)
  })

  test.each(['yesterday', '2026-02-30T00:00:00Z'])('refuses the start %s', (start) => {
    expect(generator.config.safeParse({ start }).success).toBe(false)
  })
})
