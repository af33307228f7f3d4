import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Commands, readyUrl, until, type Ending } from '../support/command.ts'

let folder = ''
let commands: Commands
const mounts: string[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-faults-'))
  commands = new Commands(folder)
  mkdirSync(path.join(folder, 'logs'))
})
afterEach(() => {
  commands.killAll()
  for (const at of mounts.splice(0)) spawnSync('umount', ['-l', at])
  rmSync(folder, { recursive: true, force: true })
})

/** A file system of its own, which only root of the machine may make. */
function mountMemory(name: string, options: string): string {
  const at = path.join(folder, name)
  mkdirSync(at)
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  mounts.push(at)
  return at
}

function remount(at: string, options: string): void {
  expect(spawnSync('mount', ['-o', `remount,${options}`, at]).status).toBe(0)
}

function mayMount(): boolean {
  const at = mkdtempSync(path.join(tmpdir(), 'logpipe-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at]).status === 0
  if (mounted) spawnSync('umount', [at])
  rmSync(at, { recursive: true })
  return mounted
}

const canMount = mayMount()
const whyNot = canMount ? '' : ' (skipped: this user may not mount a file system)'

/** Lines whose numbers tell them apart, a second of event time for each hundred. */
function linesOf(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(Date.UTC(2026, 2, 1, 10) + (from + i) * 10).toISOString()
    return `time=${at} level=info msg="charged card" service=pay n=${from + i}\n`
  }).join('')
}

const log = (name: string): string => path.join(folder, 'logs', name)

/** Numbers of all stored events, sorted; empty while there is no store. */
function numbersIn(data: string): number[] {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path.join(folder, data, 'logpipe.db'), { readOnly: true })
    const rows = db.prepare("SELECT doc ->> '$.attributes.n' AS n FROM events").all()
    return rows.map((row) => Number(row['n'])).sort((a, b) => a - b)
  } catch {
    return []
  } finally {
    db?.close()
  }
}

/** Each of the numbers once: nothing lost, nothing twice, nothing else. */
function expectEach(data: string, count: number): void {
  const found = numbersIn(data)
  const faults = found.flatMap((n, i) => (n === i ? [] : [`${n} stands where ${i} belongs`]))
  expect(faults.slice(0, 3)).toEqual([])
  expect(found.length).toBe(count)
}

/** The one line of an error: code, subject, remedy. */
function expectError(ending: Ending, code: string, subject: string, remedy: string): void {
  const errors = ending.stderr.split('\n').filter((line) => line.startsWith('error '))
  expect(errors, ending.stderr).toHaveLength(1)
  expect(errors[0]).toMatch(new RegExp(`^error ${code} .*${subject}.*${remedy}.*$`))
  expect(ending.stderr).not.toMatch(/^ {4}at /m)
  expect([ending.code, ending.signal]).toEqual([1, null])
}

const toTheEnd = ['serve', 'logs', '--no-follow', '--port', '0']
const following = ['serve', 'logs', '--port', '0']

describe('a disk that is full', () => {
  test.skipIf(!canMount)(
    `ends a run with one line; a restart with space goes on at the last commit${whyNot}`,
    async () => {
      const at = mountMemory('disk', 'size=8m')
      writeFileSync(log('a.log'), linesOf(0, 40_000))
      for (const attempt of [1, 2]) {
        const ending = await commands.run(...toTheEnd, '--data', 'disk/data')
        expectError(ending, 'LP_STORE_FULL', 'disk/data/(?:logpipe|journal)\\.db', 'Free space')
        expect(statSync(at).isDirectory(), `attempt ${attempt}`).toBe(true)
      }
      remount(at, 'size=400m')
      expect((await commands.run(...toTheEnd, '--data', 'disk/data')).code).toBe(0)
      expectEach('disk/data', 40_000)
    },
  )

  test.skipIf(!canMount)(`refuses what is posted, and keeps all that it took${whyNot}`, async () => {
    const at = mountMemory('disk', 'size=4m')
    const running = commands.start('serve', '--port', '0', '--data', 'disk/data')
    const url = await readyUrl(running)
    let stored = 0
    let status = 0
    for (; status < 300 && stored < 200_000; stored += 500) {
      const answer = await fetch(`${url}/ingest/default`, { method: 'POST', body: linesOf(stored, 500) }).catch(
        () => undefined,
      )
      status = answer?.status ?? 599
      if (status >= 300) break
      expect(await answer?.json()).toEqual({ records: 500 })
    }
    expect([503, 599]).toContain(status) // The engine may have ended the process by then.
    running.child.kill('SIGTERM')
    await running.ended
    remount(at, 'size=400m')
    const again = commands.start('serve', '--port', '0', '--data', 'disk/data')
    await readyUrl(again)
    await until(() => numbersIn('disk/data').length >= stored)
    again.child.kill('SIGTERM')
    expect((await again.ended).code).toBe(143)
    expectEach('disk/data', stored)
  })

  test('or a file that may not grow is one line, too, and loses nothing', async () => {
    writeFileSync(log('a.log'), linesOf(0, 40_000))
    const limited = commands.startAfter('ulimit -f 4096', ...toTheEnd, '--data', 'data')
    expectError(await limited.ended, 'LP_STORE_WRITE', 'data/logpipe\\.db', 'start again')
    expect(numbersIn('data').length).toBeLessThan(40_000)
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    expectEach('data', 40_000)
  })
})

describe('a data folder', () => {
  test('below a file, or where nothing can be made, ends a command with one line', async () => {
    writeFileSync(path.join(folder, 'plain'), '')
    for (const data of ['plain/data', '/proc/logpipe']) {
      const ending = await commands.run(...following, '--data', data)
      expectError(ending, 'LP_STORE_OPEN', data, 'writable')
    }
  })

  test.skipIf(!canMount)(`on a disk that is read-only ends a command with one line${whyNot}`, async () => {
    writeFileSync(log('a.log'), linesOf(0, 10))
    const at = mountMemory('disk', 'size=8m')
    expect((await commands.run(...toTheEnd, '--data', 'disk/data')).code).toBe(0)
    remount(at, 'ro')
    for (const data of ['disk/data', 'disk/other']) {
      expectError(await commands.run(...following, '--data', data), 'LP_STORE_OPEN', data, 'read-only disk')
    }
    expect((await commands.run('query', '--count', '--data', 'disk/data')).stdout).toBe('10\n')
  })

  test('that another process has is refused, and free as soon as that one is killed', async () => {
    writeFileSync(log('a.log'), linesOf(0, 10))
    const owner = commands.start(...following, '--data', 'data')
    await readyUrl(owner)
    expectError(await commands.run(...following, '--data', 'data'), 'LP_STORE_LOCKED', 'data: process \\d+', '--data')
    owner.child.kill('SIGKILL')
    await owner.ended
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    expectEach('data', 10)
  })
})

describe('a damaged store', () => {
  /** Overwrites bytes of the stopped store. */
  function damage(at: number, size: number): void {
    const handle = openSync(path.join(folder, 'data', 'logpipe.db'), 'r+')
    writeSync(handle, Buffer.alloc(size, 0x5a), 0, size, at)
    closeSync(handle)
  }

  test.each([
    ['its head', () => [0, 4096]],
    ['its middle', () => [8192, statSync(path.join(folder, 'data', 'logpipe.db')).size - 8192]],
  ] as const)('in %s is told with its path and what to do, by all that read it', async (_, place) => {
    writeFileSync(log('a.log'), linesOf(0, 5000))
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    damage(...(place() as [number, number]))
    appendFileSync(log('a.log'), linesOf(5000, 10))
    for (const args of [
      [...toTheEnd, '--data', 'data'],
      ['query', 'service:pay', '--data', 'data'],
    ]) {
      expectError(await commands.run(...args), 'LP_STORE_DAMAGED', 'data/logpipe\\.db', 'restore a backup')
    }
  })

  test('can be made anew from the inputs', async () => {
    writeFileSync(log('a.log'), linesOf(0, 500))
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    damage(0, 4096)
    renameSync(path.join(folder, 'data'), path.join(folder, 'copy'))
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    expectEach('data', 500)
  })
})

test('a port in use ends run with one line and leaves the folder free', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  expect((await commands.run('init')).code).toBe(0)
  const ending = await commands.run('run', '--listen', `127.0.0.1:${port}`)
  expectError(ending, 'LP_SERVER_LISTEN', `127\\.0\\.0\\.1:${port}`, 'another port')
  other.close()
  const again = commands.start('run', '--listen', '127.0.0.1:0')
  await readyUrl(again)
  again.child.kill('SIGTERM')
  expect((await again.ended).code).toBe(143)
})

test('SIGTERM in the middle of the work drains within ten seconds, and a restart repeats and loses nothing', async () => {
  const count = 120_000
  writeFileSync(log('a.log'), linesOf(0, count / 2))
  writeFileSync(log('b.log'), linesOf(count / 2, count / 2))
  for (const after of [0, 1]) {
    const running = commands.start(...following, '--data', 'data')
    await readyUrl(running)
    await until(() => numbersIn('data').length > after)
    const began = performance.now()
    running.child.kill('SIGTERM')
    const { code, stderr } = await running.ended
    expect(performance.now() - began).toBeLessThan(10_000)
    expect([code, stderr.includes('Not everything was drained')]).toEqual([143, false])
  }
  expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
  expectEach('data', count)
})

describe('an input file', () => {
  test('that cannot be read is told once with its path, and the others go on', async () => {
    symlinkSync('loop.log', log('loop.log'))
    writeFileSync(log('good.log'), linesOf(0, 20))
    const inputs = ['logs/good.log', 'logs/loop.log', 'logs/later.log']
    const running = commands.start('serve', ...inputs, '--port', '0', '--data', 'data')
    await readyUrl(running)
    await until(() => numbersIn('data').length === 20)
    writeFileSync(log('later.log'), linesOf(20, 5))
    await until(() => numbersIn('data').length === 25)
    unlinkSync(log('loop.log'))
    writeFileSync(log('loop.log'), linesOf(25, 5))
    await until(() => numbersIn('data').length === 30)
    running.child.kill('SIGTERM')
    const { stderr } = await running.ended
    for (const name of ['loop.log', 'later.log']) {
      const told = stderr.split('\n').filter((line) => line.includes(name) && line.includes('LP_SOURCE_READ'))
      expect(told, stderr).toHaveLength(1)
      expect(told[0]).toContain('this user may read it')
    }
    expectEach('data', 30)
  })

  test('that is deleted, replaced, truncated and renamed while it is read gives each line once', async () => {
    let count = 0
    const more = (size: number): string => {
      count += size
      return linesOf(count - size, size)
    }
    const stored = (): Promise<void> => until(() => numbersIn('data').length === count)
    writeFileSync(log('a.log'), more(300))
    const running = commands.start(...following, '--data', 'data')
    await readyUrl(running)
    await stored()
    // Written, then deleted before it was read, and replaced under the same name.
    appendFileSync(log('a.log'), more(200))
    unlinkSync(log('a.log'))
    writeFileSync(log('a.log'), more(250))
    await stored()
    // Renamed by a rotation, with a writer that has not let go.
    const writer = openSync(log('a.log'), 'a')
    renameSync(log('a.log'), log('a.log.1'))
    writeFileSync(log('a.log'), more(100))
    writeSync(writer, more(50))
    closeSync(writer)
    await stored()
    // Truncated in place, then written on.
    truncateSync(log('a.log'), 0)
    appendFileSync(log('a.log'), more(40))
    await stored()
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(143)
    expectEach('data', count)
    // What changed while nobody looked.
    appendFileSync(log('a.log'), more(10))
    renameSync(log('a.log'), log('a.log.2'))
    writeFileSync(log('a.log'), more(10))
    const again = commands.start(...following, '--data', 'data')
    await readyUrl(again)
    await stored()
    again.child.kill('SIGTERM')
    await again.ended
    expectEach('data', count)
  })

  test('that is cut short while it is read to its end ends there, is told of once, and the others go on', async () => {
    writeFileSync(log('a.log'), linesOf(0, 200_000))
    writeFileSync(log('b.log'), linesOf(200_000, 10))
    const running = commands.start(...toTheEnd, '--data', 'data')
    await until(() => numbersIn('data').length > 0)
    truncateSync(log('a.log'), 0)
    const { code, stderr } = await running.ended
    expect([code, stderr.match(/LP_REPLAY_RANGE/g)]).toEqual([0, ['LP_REPLAY_RANGE']])
    const found = numbersIn('data')
    const fromA = found.filter((n) => n < 200_000)
    expect(fromA.length).toBeLessThan(200_000)
    expect(fromA).toEqual(Array.from(fromA, (_, i) => i))
    expect(found.length - fromA.length).toBe(10)
  })

  test('that vanishes between two runs is told of, and the others go on', async () => {
    writeFileSync(log('a.log'), linesOf(0, 50))
    writeFileSync(log('b.log'), linesOf(50, 50))
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    unlinkSync(log('a.log'))
    appendFileSync(log('b.log'), linesOf(100, 10))
    expect((await commands.run(...toTheEnd, '--data', 'data')).code).toBe(0)
    expectEach('data', 110)
  })
})

test('a reader of the standard output that goes away ends a run quietly, and the next one repeats nothing in the store', async () => {
  writeFileSync(log('a.log'), linesOf(0, 20_000))
  mkdirSync(path.join(folder, 'pipelines'))
  writeFileSync(path.join(folder, 'logpipe.yaml'), 'app: shop\n')
  writeFileSync(
    path.join(folder, 'pipelines', 'shop.yaml'),
    'version: 1\nsource: { type: file, paths: [logs], follow: false }\nsink: [{ type: store }, { type: stdout }]\n',
  )
  const args = ['run', '--data', 'data', '--listen', '127.0.0.1:0']
  const running = commands.start(...args)
  running.child.stdout?.once('data', () => running.child.stdout?.destroy())
  const { code, stderr } = await running.ended
  expect([code, stderr.includes('error')]).toEqual([0, false])
  const whole = await commands.run(...args)
  expect(whole.code).toBe(0)
  expectEach('data', 20_000)
  const lines = whole.stdout.trimEnd().split('\n')
  const last = JSON.parse(lines.at(-1)!) as { attributes: { n: string } }
  expect(last.attributes.n).toBe('19999')
})
