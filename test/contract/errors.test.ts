import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { loadConfig } from '../../src/app/project.ts'
import { commandTable } from '../../src/cli/command-table.ts'
import { Invocation, type GlobalFlags } from '../../src/cli/invocation.ts'
import { Output } from '../../src/cli/output.ts'
import { createProgram, wrongUsage } from '../../src/cli/program.ts'
import { errorText } from '../../src/cli/report.ts'
import { painter } from '../../src/cli/terminal-text.ts'
import { errorCodes, isLogpipeError, type ErrorCode } from '../../src/core/error.ts'
import type { Claim, Commit } from '../../src/core/unit.ts'
import { webhook } from '../../src/notify/channels/webhook.ts'
import { startServer, type ServerParts } from '../../src/server/server.ts'
import { NdjsonSink } from '../../src/sink/stdout.ts'
import { file } from '../../src/source/file/file.ts'
import { openDatabase } from '../../src/state/database.ts'
import { EventStore } from '../../src/state/event-store.ts'
import { PendingWrites } from '../../src/state/pending-writes.ts'
import { openStore, type Store } from '../../src/state/store.ts'
import { FakePorts } from '../support/source-ports.ts'
import { batchOf, noon, temporaryFolder } from '../support/stored-events.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function folder(): string {
  const made = temporaryFolder()
  cleanups.push(() => made.remove())
  return made.dir
}

function fileIn(dir: string, name: string, text: string): string {
  const at = path.join(dir, name)
  mkdirSync(path.dirname(at), { recursive: true })
  writeFileSync(at, text)
  return at
}

function storeIn(dir: string): Store {
  const store = openStore(dir)
  cleanups.push(() => store.close())
  return store
}

const events = (count: number) =>
  batchOf(Array.from({ length: count }, (_, i) => ({ message: `charge ${i} declined`, timeMs: noon + i })))

/** A store with events, closed. */
async function filledStore(): Promise<string> {
  const dir = folder()
  const store = openStore(dir)
  await store.events.write(events(400), 0)
  store.flush()
  store.close()
  return dir
}

function commit(claim: Claim, seq: number): Commit {
  const at = (offset: number): Commit['from'] => ({ offset: BigInt(offset), sub: 0 })
  return { unit: claim.unit, seq, from: at(0), next: at(1), decisions: [], outputs: [], progress: {} }
}

/** As the command `run` loads a project; findings go to standard error. */
function load(config: string): void {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const flags: GlobalFlags = { color: 'never', progress: 'none', logLevel: 'silent', logFormat: 'json' }
  new Invocation(() => flags).require(loadConfig({ config }))
}

async function busyPort(): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  cleanups.push(() => other.close())
  return (other.address() as AddressInfo).port
}

const serverParts: ServerParts = {
  version: '1.2.3',
  now: () => 0,
  checks: () => [],
  metrics: () => Promise.resolve({ text: '', contentType: 'text/plain' }),
  ingest: () => Promise.resolve(undefined),
  events: {
    search: () => Promise.reject(new Error('there is no store')),
    stats: () => Promise.reject(new Error('there is no store')),
  },
  alerts: () => [],
  reload: () => Promise.resolve(undefined),
  tap: () => 'there is no tap',
  report: () => {},
}

interface Row {
  /** What really happens. Rejects, or returns what was reported beside the work that goes on. */
  readonly raise: () => Promise<unknown>
  /** What the message names. */
  readonly subject: RegExp
  readonly remedy: RegExp
}

/** One row per code: how it comes about. */
const rows: Readonly<Record<ErrorCode, Row>> = {
  LP_CONFIG_INVALID: {
    raise: async () => load(fileIn(folder(), 'logpipe.yaml', 'app: shop\ntikc: 15s\n')),
    subject: /1 error in \S+logpipe\.yaml$/,
    remedy: /logpipe validate/,
  },
  LP_CONFIG_READ: {
    raise: async () => load(path.join(folder(), 'nothing.yaml')),
    subject: /nothing\.yaml$/,
    remedy: /--config/,
  },
  LP_USAGE: {
    async raise() {
      const { command } = createProgram(commandTable, '1.2.3')
      await command.parseAsync(['prase'], { from: 'user' }).catch((error: unknown) => {
        throw wrongUsage(error as Parameters<typeof wrongUsage>[0])
      })
    },
    subject: /'prase'/,
    remedy: /Did you mean parse\?/,
  },
  LP_SOURCE_READ: {
    // Below a file there is nothing: true for every user, also for root.
    async raise() {
      const dir = folder()
      const ports = new FakePorts()
      const reported: unknown[] = []
      const below = path.join(fileIn(dir, 'a.log', 'x\n'), 'b.log')
      const input = file.build(file.config.parse({ paths: [below], follow: false }) as never, {
        ...portsOf(ports),
        report: (error) => void reported.push(error),
      })
      await input.discover()
      await input.stop()
      return reported[0]
    },
    subject: /reading \S+a\.log\/b\.log/,
    remedy: /this user may read it/,
  },
  LP_SINK_WRITE: {
    async raise() {
      const full = openSync('/dev/full', 'w')
      cleanups.push(() => closeSync(full))
      const output = new Output(full, false)
      await new NdjsonSink((bytes) => output.bytes(bytes)).write(events(1), 0)
    },
    subject: /standard output$/,
    remedy: /disk/,
  },
  LP_STORE_OPEN: {
    raise: async () => void openStore(path.join(fileIn(folder(), 'data', 'no folder'), 'store')),
    subject: /\/data\/store$/,
    remedy: /writable/,
  },
  LP_STORE_WRITE: {
    async raise() {
      const dir = folder()
      const store = storeIn(dir)
      const other = new DatabaseSync(path.join(dir, 'logpipe.db'))
      other.exec('ALTER TABLE claims RENAME TO somebody_was_here')
      other.close()
      await store.log.claim('derive/shop')
    },
    subject: /logpipe\.db$/,
    remedy: /last commit/,
  },
  LP_STORE_FULL: {
    async raise() {
      const database = openDatabase(folder())
      cleanups.push(() => database.close())
      const pages = Number(database.db.prepare('PRAGMA page_count').get()?.['page_count'])
      // SQLite answers as it does for ENOSPC; test/integration/faults.test.ts fills a real disk.
      database.db.exec(`PRAGMA max_page_count = ${pages + 1}`)
      await new EventStore(database, new PendingWrites(database.db, database.path)).write(events(400), 0)
    },
    subject: /logpipe\.db$/,
    remedy: /Free space/,
  },
  LP_STORE_DAMAGED: {
    async raise() {
      const dir = await filledStore()
      const handle = openSync(path.join(dir, 'logpipe.db'), 'r+')
      writeSync(handle, Buffer.alloc(8192, 0x5a), 0, 8192, 0)
      closeSync(handle)
      openStore(dir)
    },
    subject: /logpipe\.db$/,
    remedy: /restore a backup/,
  },
  LP_STORE_LOCKED: {
    async raise() {
      const dir = folder()
      storeIn(dir)
      openStore(dir)
    },
    subject: new RegExp(`process ${process.pid} owns it$`),
    remedy: /--data/,
  },
  LP_STATE_VERSION: {
    async raise() {
      const dir = await filledStore()
      const newer = new DatabaseSync(path.join(dir, 'logpipe.db'))
      newer.exec('PRAGMA user_version = 99')
      newer.close()
      openStore(dir)
    },
    subject: /logpipe\.db: it has version 99/,
    remedy: /version of logpipe that wrote it/,
  },
  LP_STATE_FENCED: {
    async raise() {
      const { log } = storeIn(folder())
      const old = await log.claim('derive/shop')
      await log.claim('derive/shop')
      expect(await log.commit([{ claim: old, commit: commit(old, 1) }])).toBe('fenced')
      await log.resolve(old)
    },
    subject: /derive\/shop in epoch 1$/,
    remedy: /only one instance/,
  },
  LP_REPLAY_RANGE: {
    async raise() {
      const { journal } = storeIn(folder())
      await journal.append('http-shop', [Buffer.from('n=1'), Buffer.from('n=2')], noon)
      journal.release('http-shop', { offset: 1n, atMs: noon + 1 }, 10)
      await journal.partition('http-shop', 'shop').read(0n, 1000)
    },
    subject: /http-shop from 0: 1 is the first one kept$/,
    remedy: /later start/,
  },
  LP_SERVER_LISTEN: {
    raise: async () => await startServer(serverParts, { host: '127.0.0.1', port: await busyPort() }),
    subject: /127\.0\.0\.1:\d+$/,
    remedy: /another port/,
  },
  LP_NOTIFY_SEND: {
    async raise() {
      const config = webhook.config.parse({ url: 'http://127.0.0.1:1/hook?token=t0p' })
      const channel = webhook.build(config as never, { fetch, write: () => {}, language: 'en' })
      await channel.send({ idempotencyKey: 'a:1', body: '{}' }, new AbortController().signal)
    },
    subject: /^posting to 127\.0\.0\.1:1$/,
    remedy: /address and the credentials/,
  },
  LP_INTERNAL: {
    async raise() {
      const { log } = storeIn(folder())
      const claim = await log.claim('alert')
      await log.commit([{ claim, commit: commit(claim, 7) }])
    },
    subject: /committing alert: 7 does not follow 0$/,
    remedy: /report it/,
  },
}

/** Ports of a test without what only a test has. */
function portsOf({ pipeline, now, memory, ingest, journal }: FakePorts) {
  return { pipeline, now, memory, ingest, journal }
}

test('every code comes about in one row', () => {
  expect(Object.keys(rows).sort()).toEqual(Object.keys(errorCodes).sort())
})

test.each(Object.entries(rows))('%s is raised, and told in one line with its subject and remedy', async (code, row) => {
  const error: unknown = await row.raise().catch((cause: unknown) => cause)
  expect(isLogpipeError(error), String(error)).toBe(true)
  if (!isLogpipeError(error)) return
  expect(error.code).toBe(code)
  expect(error.message).toMatch(row.subject)
  expect(error.remedy).toMatch(row.remedy)
  const told = errorText(error, painter(false), false)
  expect(told).toMatch(new RegExp(`^error ${code} [^\\n]+$`))
  expect(told.endsWith(error.remedy.slice(1))).toBe(true)
  expect(told).not.toContain('t0p')
})
