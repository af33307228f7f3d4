/**
 * The rooms of `src` and what each may import: the one table behind the lint rule `logpipe/rooms`, the picture in
 * docs/architecture.md and their tests. An entry is a room, or one file of a room when the rest of it stays closed.
 * A room may always import itself. Type imports count. A row that is missing is a room that may not exist.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  telemetry: ['core'],
  source: ['core', 'telemetry'],
  parse: ['core'],
  derive: ['core'],
  alert: ['core'],
  notify: ['core', 'telemetry'],
  sink: ['core', 'telemetry'],
  state: ['core', 'telemetry'],
  topology: ['core', 'telemetry'],
  replay: ['core', 'telemetry'],
  schedule: ['core', 'telemetry'],
  server: ['core', 'telemetry'],
  console: ['server/api.ts'],
  registry: ['core', 'source', 'parse', 'derive', 'alert', 'notify', 'sink'],
  app: [
    'core',
    'config',
    'telemetry',
    'source',
    'parse',
    'derive',
    'alert',
    'notify',
    'sink',
    'state',
    'topology',
    'replay',
    'schedule',
    'server',
    'registry',
  ],
  cli: ['app', 'config', 'core'],
  index: ['app', 'core', 'config/check.ts'],
}

/** Rooms that are one file beside the folders. */
export const fileRooms: readonly string[] = ['registry', 'index']

/** Same input, same output: no clock, no chance, no I/O, no RxJS. */
export const pureRooms: readonly string[] = ['core', 'parse', 'derive', 'alert']

export interface Fence {
  /** Rooms, folders or files of `src` that may import the package. */
  readonly inside: readonly string[]
  /** Places that may import types of it, and nothing that runs. */
  readonly typesOnly?: readonly string[]
  /** When given, the only names that may be imported. */
  readonly names?: readonly string[]
}

const definitions = ['core', 'config', 'source', 'parse', 'derive', 'alert', 'notify', 'sink']
const kafka = ['source/kafka', 'sink/kafka']
const impure = Object.keys(rooms).filter((room) => !pureRooms.includes(room) && room !== 'console')

/** A package that has no row here may not be imported at all, so that each new one is a decision. */
export const fences: Readonly<Record<string, Fence>> = {
  '@elastic/elasticsearch': { inside: ['sink/elasticsearch'] },
  '@hono/node-server': { inside: ['server'] },
  '@platformatic/kafka': { inside: kafka },
  '@preact/signals': { inside: ['console'] },
  avsc: { inside: ['parse/avro.ts', 'sink/kafka'] },
  commander: { inside: ['cli'] },
  hono: { inside: ['server'] },
  kafkajs: { inside: kafka },
  'node-cron': { inside: ['schedule'] },
  nodemailer: { inside: ['notify/channels'] },
  pino: { inside: ['telemetry'] },
  preact: { inside: ['console'] },
  'prom-client': { inside: ['telemetry'] },
  rxjs: { inside: ['topology', 'source', 'sink', 'replay'], typesOnly: ['core'] },
  uplot: { inside: ['console'] },
  yaml: { inside: ['config'] },
  zod: { inside: definitions },
}

/** Node's own modules. One without a row is open to every room outside the pure core and the console. */
export const nodeFences: Readonly<Record<string, Fence>> = {
  'node:buffer': { inside: [...impure, 'core'] },
  'node:process': { inside: ['cli', 'config'] },
  'node:sqlite': { inside: ['state'] },
}

export const otherNodeModules: Fence = { inside: impure }

/** What the pure core may take from `node:crypto`; elsewhere the whole module is open. */
export const pureCrypto: Fence = { inside: ['core'], names: ['createHash'] }
