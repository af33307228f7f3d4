import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { describeError, type LogpipeError } from '../../../src/core/error.ts'
import { openDatabase } from '../../../src/state/database.ts'
import { EventStore } from '../../../src/state/event-store.ts'
import { PendingWrites } from '../../../src/state/pending-writes.ts'
import { openStore, openStoreView } from '../../../src/state/store.ts'
import { batchOf, noon, temporaryFolder } from '../../support/stored-events.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

function folder(): string {
  const made = temporaryFolder()
  cleanups.push(() => made.remove())
  return path.join(made.dir, 'data')
}

function failureOf(work: () => unknown): LogpipeError {
  try {
    work()
  } catch (error) {
    return error as LogpipeError
  }
  throw new Error('it did not fail')
}

const many = Array.from({ length: 400 }, (_, i) => ({ message: `order ${i} paid in ${i * 7} ms`, timeMs: noon + i }))

describe('opening a store', () => {
  test('makes folder and files for this user alone', () => {
    const dir = folder()
    const store = openStore(dir)
    const modes = ['.', 'logpipe.db', 'journal.db', 'owner.pid'].map(
      (name) => statSync(path.join(dir, name)).mode & 0o777,
    )
    store.close()
    store.close()
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600])
  })

  test('writes ahead and waits for the disk', () => {
    const database = openDatabase(folder())
    const settings = ['journal_mode', 'synchronous', 'auto_vacuum', 'page_size'].map((name) =>
      Object.values(database.db.prepare(`PRAGMA ${name}`).get() ?? {}),
    )
    database.close()
    expect(settings).toEqual([['wal'], [2], [2], [8192]])
  })

  test('keeps what was committed over a second start, and its readers need no owner', async () => {
    const dir = folder()
    const store = openStore(dir)
    await store.events.write(batchOf(many), 0)
    store.flush()
    await store.events.write(batchOf(many, { base: 1e6 }), 0) // Never committed.
    store.close()
    const view = openStoreView(dir)
    expect(view.query.count({ expression: 'paid', nowMs: noon })).toEqual({ ok: true, value: 400 })
    view.close()
    const again = openStore(dir)
    await again.events.write(batchOf(many, { base: 1e6 }), 0)
    again.flush()
    expect(again.view.query.count({ expression: 'paid', nowMs: noon })).toEqual({ ok: true, value: 800 })
    again.close()
  })

  test('refuses a folder that has an owner, with its number, and lets readers in', () => {
    const dir = folder()
    const store = openStore(dir)
    const error = failureOf(() => openStore(dir))
    expect(error).toMatchObject({ code: 'LP_STORE_LOCKED' })
    expect(error.message).toBe(`opening ${dir}: process ${process.pid} owns it`)
    openStoreView(dir).close()
    store.close()
    openStore(dir).close()
  })

  test('is free again at once when its owner is killed', async () => {
    const dir = folder()
    const store = new URL('../../../src/state/store.ts', import.meta.url).href
    const code = `const { openStore } = await import('${store}'); const s = openStore(${JSON.stringify(dir)})
      s.memory.set('file', 'lost'); console.log('open'); setInterval(() => s, 1000)`
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    cleanups.push(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    expect(failureOf(() => openStore(dir)).message).toContain(`process ${child.pid} owns it`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = openStore(dir)
    expect(again.memory.get('file')).toBeUndefined()
    again.close()
  })

  test.each([
    ['a file in place of the folder', (dir: string) => writeFileSync(dir, 'not a folder')],
    [
      'a folder in place of the database',
      (dir: string) => mkdirSync(path.join(dir, 'logpipe.db'), { recursive: true }),
    ],
    ['a folder in place of the journal', (dir: string) => mkdirSync(path.join(dir, 'journal.db'), { recursive: true })],
    ['a folder in place of the lock', (dir: string) => mkdirSync(path.join(dir, 'owner.lock.db'), { recursive: true })],
  ])('fails on %s with the path and a remedy', (_, prepare) => {
    const dir = folder()
    prepare(dir)
    const error = failureOf(() => openStore(dir))
    expect(error).toMatchObject({ code: 'LP_STORE_OPEN', remedy: expect.stringContaining('writable') })
    expect(error.message).toContain(dir)
    expect(describeError(error)).not.toContain('\n')
  })

  test('fails where no folder can be made', () => {
    expect(failureOf(() => openStore('/proc/self/logpipe'))).toMatchObject({ code: 'LP_STORE_OPEN' })
    expect(failureOf(() => openStoreView(folder()))).toMatchObject({ code: 'LP_STORE_OPEN' })
  })

  test('refuses a store of a newer version and leaves it as it is', () => {
    const dir = folder()
    openStore(dir).close()
    const db = new DatabaseSync(path.join(dir, 'logpipe.db'))
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(failureOf(() => openStore(dir))).toMatchObject({ code: 'LP_STATE_VERSION' })
    const after = new DatabaseSync(path.join(dir, 'logpipe.db'))
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
    after.close()
  })

  test('says that a search reads everything if there is no full text index, also later', () => {
    const dir = folder()
    const reports: string[] = []
    const report = (message: string): void => void reports.push(message)
    openStore(dir, { report }).close()
    expect(reports).toEqual([])
    openStore(dir, { report, text: 'like' }).close()
    openStore(dir, { report }).close()
    expect(reports).toEqual(Array<unknown>(2).fill(expect.stringContaining('no full text index')))
  })
})

describe('a full disk', () => {
  test('is an error with a remedy, loses the pending rows alone, and work goes on when there is room', async () => {
    const database = openDatabase(folder())
    cleanups.push(() => database.close())
    const { db } = database
    const writes = new PendingWrites(db, database.path)
    const events = new EventStore(database, writes)
    let losses = 0
    writes.onLost(() => losses++)
    await events.write(batchOf(many.slice(0, 10)), 0)
    writes.commit()
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count'])
    db.exec(`PRAGMA max_page_count = ${pages + 2}`)
    const error: unknown = await events.write(batchOf(many, { base: 1e6 }), 0).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'LP_STORE_FULL', remedy: expect.stringContaining('Free space') })
    expect((error as Error).message).toBe(`writing to ${database.path}`)
    expect([losses, writes.isOpen]).toEqual([1, false])
    db.exec('PRAGMA max_page_count = 100000')
    await events.write(batchOf(many, { base: 1e6 }), 0)
    writes.commit()
    expect(db.prepare('SELECT count(*) AS n, max(n) AS last FROM events').get()).toMatchObject({ n: 410, last: 410 })
    expect(db.prepare("SELECT count(*) AS n FROM event_text WHERE event_text MATCH 'paid'").get()).toMatchObject({
      n: 410,
    })
  })
})

describe('a damaged store', () => {
  async function filled(): Promise<string> {
    const dir = folder()
    const store = openStore(dir)
    await store.events.write(batchOf(many), 0)
    store.flush()
    store.close()
    return dir
  }

  /** Overwrites `count` pages from page `first` on. */
  function damage(dir: string, first: number, count: number): void {
    const file = openSync(path.join(dir, 'logpipe.db'), 'r+')
    writeSync(file, Buffer.alloc(count * 8192, 0x5a), 0, count * 8192, (first - 1) * 8192)
    closeSync(file)
  }

  test('is found when its first page is read', async () => {
    const dir = await filled()
    damage(dir, 1, 1)
    const remedy = expect.stringContaining('restore a backup') as string
    expect(failureOf(() => openStore(dir))).toMatchObject({ code: 'LP_STORE_DAMAGED', remedy })
    expect(failureOf(() => openStoreView(dir))).toMatchObject({ code: 'LP_STORE_DAMAGED' })
  })

  test('is found by the check after an unclean stop', async () => {
    const dir = await filled()
    const crashed = folder()
    const store = openStore(dir)
    store.memory.set('file', 1)
    store.flush()
    mkdirSync(crashed)
    for (const name of ['logpipe.db', 'logpipe.db-wal']) copyFileSync(path.join(dir, name), path.join(crashed, name))
    store.close()
    expect(existsSync(path.join(crashed, 'logpipe.db-wal'))).toBe(true)
    damage(crashed, 20, 20)
    const error = failureOf(() => openStore(crashed))
    expect(error).toMatchObject({ code: 'LP_STORE_DAMAGED' })
    expect(error.message).toBe(`opening ${path.join(crashed, 'logpipe.db')} after an unclean stop`)
  })

  test('is an error of the query that meets it', async () => {
    const dir = await filled()
    damage(dir, 20, 20)
    const view = openStoreView(dir)
    expect(failureOf(() => view.exactDigest())).toMatchObject({ code: 'LP_STORE_DAMAGED' })
    view.close()
  })
})
