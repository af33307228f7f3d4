import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Partition, RecordInput } from '../../../../src/core/component.ts'
import { eventId } from '../../../../src/core/id.ts'
import { file } from '../../../../src/source/file/file.ts'
import { FilePartition } from '../../../../src/source/file/read.ts'
import { FakePorts, plainSource, readAll, valuesOf } from '../../../support/source-ports.ts'

const first = '10.0.0.9 - - [21/Nov/2026:22:14:15 +0000] "GET /pay HTTP/1.1" 200 812'
const second = '10.0.0.9 - - [21/Nov/2026:22:14:16 +0000] "GET /pay HTTP/1.1" 502 0'
const third = '10.0.0.7 - - [21/Nov/2026:22:14:17 +0000] "GET /health HTTP/1.1" 200 2'

let directory = ''
const inputs: RecordInput[] = []

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'logpipe-file-'))
})

afterEach(async () => {
  for (const input of inputs.splice(0)) await input.stop()
  rmSync(directory, { recursive: true, force: true })
})

function at(name: string): string {
  return path.join(directory, name)
}

function write(name: string, ...lines: string[]): void {
  mkdirSync(path.dirname(at(name)), { recursive: true })
  appendFileSync(at(name), lines.map((line) => `${line}\n`).join(''))
}

function build(ports: FakePorts, config: Record<string, unknown> = {}): RecordInput {
  const input = file.build(file.config.parse({ paths: [at('*.log')], ...config }), ports)
  inputs.push(input)
  return input
}

/** Looks again as if a second had passed. */
function look(input: RecordInput, ports: FakePorts, seconds = 1): Promise<readonly Partition[]> {
  ports.nowMs += seconds * 1000
  return input.discover()
}

function names(partitions: readonly Partition[]): string[] {
  return partitions.map((partition) => path.relative(directory, partition.source.name))
}

function only(partitions: readonly Partition[]): Partition {
  expect(partitions).toHaveLength(1)
  const [partition] = partitions
  if (partition === undefined) throw new Error('there is no partition')
  return partition
}

describe('finding files', () => {
  const cases = [
    { name: 'a glob', paths: ['*.log'], finds: ['a.log', 'b.log'] },
    { name: 'a file', paths: ['b.log'], finds: ['b.log'] },
    { name: 'a directory with all below', paths: ['.'], finds: ['a.log', 'b.log', 'deep/er/c.log'] },
    { name: 'a glob over directories', paths: ['**/*.log'], finds: ['a.log', 'b.log', 'deep/er/c.log'] },
    { name: 'names twice', paths: ['a.log', '*.log', '.'], finds: ['a.log', 'b.log', 'deep/er/c.log'] },
    { name: 'an excluded name', paths: ['.'], exclude: ['b.*'], finds: ['a.log', 'deep/er/c.log'] },
    { name: 'an excluded path', paths: ['.'], exclude: ['/**/deep/**'], finds: ['a.log', 'b.log'] },
  ]

  test.each(cases)('finds $name', async ({ paths, exclude, finds }) => {
    write('a.log', first)
    write('b.log', second)
    write('deep/er/c.log', third)
    write('deep/.hidden', third)
    symlinkSync(directory, at('deep/loop'))
    symlinkSync(at('a.log'), at('z.log'))
    const input = build(new FakePorts(), { paths: paths.map(at), exclude })
    expect(names(await input.discover())).toEqual(finds)
  })

  test('reports what cannot be read once, and reads the others', async () => {
    write('a.log', first)
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('pipe.log')])
    symlinkSync(at('self.log'), at('self.log'))
    writeFileSync(at('old.log'), gzipSync(first))
    const ports = new FakePorts()
    const input = build(ports, { paths: [at('*.log'), at('missing.txt')] })
    expect(names(await look(input, ports))).toEqual(['a.log'])
    await look(input, ports)
    expect(ports.errors.map((error) => error.replaceAll(directory, '')).sort()).toEqual([
      'reading /missing.txt: no such file',
      'reading /old.log: compressed files are not read',
      'reading /pipe.log: it is a named pipe, not a file',
      'reading /self.log: its links form a loop',
    ])
  })
})

describe('reading', () => {
  test('gives whole lines with byte offsets, and the time of the file for the first', async () => {
    writeFileSync(at('a.log'), `${first}\r\n\nlone\rCR 慢请求\n${second}`)
    utimesSync(at('a.log'), 1_795_299_000, 1_795_299_000)
    const partition = only(await build(new FakePorts(), { follow: false }).discover())
    const { records, isAtEnd, isFinished } = await partition.read(0n, 1 << 20)
    expect(valuesOf(records)).toEqual([first, '', 'lone\rCR 慢请求', second])
    const lone = first.length + 3
    expect([...records.offset.subarray(0, 4)]).toEqual([0, first.length + 2, lone, lone + 8 + 9 + 1])
    expect([...records.timestamp.subarray(0, 4)]).toEqual([1_795_299_000_000, NaN, NaN, NaN])
    expect([isAtEnd, isFinished, partition.end()]).toEqual([true, true, BigInt(records.next)])
  })

  test('gives equal records for any size of reads and any first position', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', '\r', '慢', ' '), maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.boolean(), async (lines, isEnded) => {
        writeFileSync(at('p.log'), lines.join('\n') + (isEnded ? '\n' : ''))
        const settings = { source: plainSource('p'), path: at('p.log'), start: 0, mtimeMs: 1, maxRecordSize: 64 }
        const size = Buffer.byteLength(lines.join('\n')) + (isEnded ? 1 : 0)
        const seen = new Map<bigint, string>()
        for (const maxBytes of [1, 1 << 20]) {
          const partition = new FilePartition({ ...settings, endAt: size })
          for (let from = 0n; from < BigInt(size);) {
            const { records } = await partition.read(from, maxBytes)
            valuesOf(records).forEach((value, i) => {
              const key = from + BigInt(records.offset[i] ?? 0)
              const whole = records.cut.get(i)
              const text = JSON.stringify([value, whole?.size, whole?.sha256])
              expect(seen.get(key) ?? text).toBe(text)
              seen.set(key, text)
            })
            from += BigInt(records.next)
          }
          await partition.close()
        }
        const kept = [...seen.values()].length
        expect(kept).toBe(isEnded || lines.at(-1) !== '' ? lines.length : lines.length - 1)
      }),
      { numRuns: 60 },
    )
  })

  test('cuts a line beyond the limit, keeps length and hash of the whole, and goes on with the next', async () => {
    const long = 'x'.repeat(3_000_000)
    write('a.log', first, long, second)
    const partition = only(await build(new FakePorts(), { max_record_size: '64KiB', follow: false }).discover())
    const before = await partition.read(0n, 5000)
    expect(valuesOf(before.records)).toEqual([first])
    const from = BigInt(before.records.next)
    const { records } = await partition.read(from, 5000)
    expect(valuesOf(records)).toEqual(['x'.repeat(65_536)])
    expect(records.cut.get(0)).toEqual({ size: 3_000_000, sha256: createHash('sha256').update(long).digest('hex') })
    expect((await readAll(partition, from + BigInt(records.next))).values).toEqual([second])
  })

  test('keeps a line without its end back until it is complete', async () => {
    const ports = new FakePorts()
    write('a.log', first)
    appendFileSync(at('a.log'), second.slice(0, 30))
    const partition = only(await build(ports).discover())
    const begun = await readAll(partition)
    expect(begun).toMatchObject({ values: [first], isFinished: false })
    expect((await readAll(partition, begun.next)).values).toEqual([])
    appendFileSync(at('a.log'), `${second.slice(30)}\n`)
    expect((await readAll(partition, begun.next)).values).toEqual([second])
  })

  test('refuses positions that are gone', async () => {
    write('a.log', first)
    const partition = only(await build(new FakePorts(), { follow: false }).discover())
    await expect(partition.read(9_999n, 1000)).rejects.toMatchObject({ code: 'LP_REPLAY_RANGE' })
  })

  test('begins at the end when asked to, also after a restart', async () => {
    const saved = new Map<string, string>()
    write('a.log', first)
    const before = only(await build(new FakePorts(saved), { start_at: 'end' }).discover())
    write('a.log', second)
    const after = only(await build(new FakePorts(saved), { start_at: 'end' }).discover())
    expect((await readAll(after)).values).toEqual([second])
    expect([after.source.id, after.start]).toEqual([before.source.id, before.start])
  })
})

describe('identity', () => {
  test('is the hash of the head with the generation, and gives the event ids', async () => {
    write('a.log', first)
    const { source } = only(await build(new FakePorts(), { service_name: 'pay' }).discover())
    const hash = createHash('sha256').update(`${first}\n`).digest('hex').slice(0, 12)
    expect(source.id).toBe(`file-${hash}-0`)
    expect(Buffer.from(eventId(source, 258n, 0, 0), 'base64url').toString('hex')).toBe(`${hash}00000000010200000000`)
    expect(source.constants).toEqual([
      { field: 'service.name', value: 'pay' },
      { field: 'log.file.path', value: at('a.log') },
      { field: 'logpipe.pipeline', value: 'web' },
    ])
  })

  test('stays when a short file grows, is renamed and the process restarts', async () => {
    const saved = new Map<string, string>()
    write('a.log', 'short')
    const before = only(await build(new FakePorts(saved)).discover()).source.id
    write('a.log', first)
    renameSync(at('a.log'), at('b.log'))
    expect(only(await build(new FakePorts(saved)).discover()).source.id).toBe(before)
  })

  test('differs for files with equal content', async () => {
    write('a.log', first)
    write('b.log', first)
    const bounded = await build(new FakePorts(), { follow: false }).discover()
    expect(new Set(bounded.map((partition) => partition.source.id)).size).toBe(2)
    const ports = new FakePorts()
    const followed = build(ports)
    await look(followed, ports)
    const ids = (await look(followed, ports)).map((partition) => partition.source.id)
    expect(ids).toEqual(bounded.map((partition) => partition.source.id))
  })
})

describe('rotation', () => {
  test('by rename: both files are read to their ends, each line once', async () => {
    const ports = new FakePorts()
    write('a.log', first)
    const input = build(ports, { paths: [at('a.log')] })
    const old = only(await input.discover())
    const { next } = await readAll(old)
    renameSync(at('a.log'), at('a.log.1'))
    appendFileSync(at('a.log.1'), second) // Without LF: it counts once the file is closed.
    write('a.log', third)
    const partitions = await look(input, ports)
    expect(partitions).toHaveLength(2)
    const fresh = partitions.find((partition) => partition !== old)
    expect(fresh === undefined ? [] : (await readAll(fresh)).values).toEqual([third])
    expect((await readAll(old, next)).values).toEqual([])
    await look(input, ports)
    await look(input, ports, 30)
    expect(await readAll(old, next)).toMatchObject({ values: [second], isFinished: true })
    expect(await look(input, ports)).toEqual([fresh])
    expect(ports.errors).toEqual([])
  })

  test('by rename while the process is down: what was left is still read', async () => {
    const saved = new Map<string, string>()
    write('a.log', first)
    const before = only(await build(new FakePorts(saved), { paths: [at('a.log')] }).discover())
    const { next } = await readAll(before)
    write('a.log', second)
    renameSync(at('a.log'), at('a.log.1'))
    write('a.log', third)
    const partitions = await build(new FakePorts(saved), { paths: [at('a.log')] }).discover()
    const left = partitions.find((partition) => partition.source.id === before.source.id)
    expect(left === undefined ? [] : (await readAll(left, next)).values).toEqual([second])
    expect(partitions).toHaveLength(2)
  })

  test('by deletion: the rest is read from the open file', async () => {
    const ports = new FakePorts()
    write('a.log', first)
    const input = build(ports)
    const partition = only(await input.discover())
    write('a.log', second)
    rmSync(at('a.log'))
    await look(input, ports)
    expect((await readAll(partition)).values).toEqual([first, second])
    await look(input, ports)
    await look(input, ports, 31)
    expect((await readAll(partition)).isFinished).toBe(true)
    expect(await look(input, ports)).toEqual([])
  })

  const truncations = [
    { name: 'to nothing', run: () => truncateSync(at('a.log'), 0), gives: [] },
    { name: 'and written anew', run: () => writeFileSync(at('a.log'), `${third}\n`), gives: [third] },
    {
      name: 'and written beyond the old size',
      run: () => writeFileSync(at('a.log'), `${third}\n${first}\n${second}\n${third}\n`),
      gives: [third, first, second, third],
    },
  ]

  test.each(truncations)(
    'a file truncated $name starts again at 0 with the next generation',
    async ({ run, gives }) => {
      const ports = new FakePorts()
      write('a.log', first, second)
      const input = build(ports)
      const old = only(await input.discover())
      const { next } = await readAll(old)
      run()
      await look(input, ports)
      expect((await readAll(old, next)).isFinished).toBe(true)
      const fresh = only(await look(input, ports))
      expect(fresh.source.id).toBe(old.source.id.replace(/0$/, '1'))
      expect((await readAll(fresh)).values).toEqual(gives)
      expect(ports.errors).toEqual([`following ${at('a.log')}: it was truncated, reading starts again at 0`])
    },
  )

  test('a truncation while the process is down is seen, too', async () => {
    const saved = new Map<string, string>()
    write('a.log', first, second)
    const before = only(await build(new FakePorts(saved)).discover()).source.id
    writeFileSync(at('a.log'), `${third}\n`)
    const ports = new FakePorts(saved)
    expect(only(await build(ports).discover()).source.id).toBe(before.replace(/0$/, '1'))
    expect(ports.errors).toHaveLength(1)
  })

  test('by copy and truncate: the copy goes on as the old generation, no line is lost or doubled', async () => {
    const ports = new FakePorts()
    write('a.log', first)
    const input = build(ports, { paths: [at('a.log*')] })
    const old = only(await input.discover())
    const { next } = await readAll(old)
    write('a.log', second)
    copyFileSync(at('a.log'), at('a.log.1'))
    expect(await look(input, ports)).toEqual([old])
    truncateSync(at('a.log'), 0)
    write('a.log', third)
    const partitions = await look(input, ports)
    expect(partitions.map((partition) => partition.source.id.at(-1))).toEqual(['0', '1'])
    expect((await readAll(old, next)).values).toEqual([second])
    const fresh = partitions[1]
    expect(fresh === undefined ? [] : (await readAll(fresh)).values).toEqual([third])
  })
})
