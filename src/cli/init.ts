import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { LogpipeError } from '../core/error.ts'
import type { Invocation } from './invocation.ts'

const installation = `# One installation of logpipe. Every key has a default; see logpipe config show --effective.
app: logpipe
tick: 15s
store: { path: data }
server: { host: 127.0.0.1, port: 8680 }
retention: { events: 30d, metrics: 400d, alerts: 730d, dead_letters: 14d }
`

const pipeline = `version: 1
summary: Errors and slow requests of each service.
source: { type: file, paths: [logs/*.log] }
parse: [{ type: auto, timezone: UTC }]
derive:
  - { id: error-rate, type: error_rate, by: [service.name], window: 1m }
  - { id: slow-requests, type: slow_requests, by: [service.name], window: 1m, threshold: 1s }
rules:
  - { id: many-errors, type: threshold, metric: error-rate.ratio, above: 5%, recover_below: 3%, for: 1m, severity: high }
  - { id: slow, type: threshold, metric: slow-requests.ratio, above: 10%, severity: medium }
sink: [{ type: store }]
`

/** What is written, by path. It has no findings, which a test holds. */
export const projectFiles: ReadonlyMap<string, string> = new Map([
  ['logpipe.yaml', installation],
  [path.join('pipelines', 'app.yaml'), pipeline],
])

export function defineInit(command: Command, invocation: Invocation): void {
  command.argument('[dir]', 'where to', '.').action((dir: string) => init(dir, invocation))
}

async function init(dir: string, { output, flags }: Invocation): Promise<void> {
  const written: string[] = []
  for (const [name, text] of projectFiles) {
    const file = path.join(dir, name)
    writeNew(file, text)
    written.push(file)
  }
  if (flags.json === true || flags.jsonLines === true) return output.document('init', { written })
  return output.lines([
    ...written.map((file) => `wrote ${file}`),
    'Put log files into logs/, or change source: in pipelines/app.yaml. Then:',
    '  logpipe validate',
    '  logpipe run',
  ])
}

/** Throws LP_SINK_WRITE also for a file that is there: nothing is overwritten. */
function writeNew(file: string, text: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const remedy = isThere ? 'It is there already and was left as it is: choose another folder.' : undefined
    throw new LogpipeError('LP_SINK_WRITE', `writing ${file}`, { cause, remedy })
  }
}
