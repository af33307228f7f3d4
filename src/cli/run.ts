import path from 'node:path'
import { Option, type Command } from 'commander'
import type { Loaded } from '../config/load.ts'
import { formatFinding } from '../config/finding.ts'
import { LogpipeError } from '../core/error.ts'
import { durationOf, portOf } from './flag-value.ts'
import { usageError, type Invocation } from './invocation.ts'
import { finishSession, openSession } from './run-session.ts'
import { escapeText } from './terminal-text.ts'

interface Flags {
  readonly data?: string
  readonly listen?: string
  readonly drain: string
  readonly watch?: boolean
  readonly requireHealthy?: boolean
}

export function defineRun(command: Command, invocation: Invocation): void {
  command
    .argument('[pipelines...]', 'only these; absent: all of the project')
    .option('--data <dir>', 'folder of the store')
    .option('--listen <host:port>', 'address of health, metrics and ingest, in place of server:')
    .option('--require-healthy', 'start only if all that validate --online looks for is there')
    .option('--watch', 'reload when a file of the configuration changes')
    .addOption(new Option('--drain <time>', 'how long a clean end may take').default('8s'))
    .action((names: string[], flags: Flags) => run(names, flags, invocation))
}

async function run(names: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const drainMs = durationOf('--drain', flags.drain)
  const asked = flags.listen === undefined ? undefined : addressOf(flags.listen)
  const { loadConfig } = await import('../app/project.ts')
  const { choosePipelines } = await import('../app/choose-pipelines.ts')
  const load = (): Loaded => {
    const { project, ...rest } = loadConfig(invocation.configFiles)
    return { project: project && choosePipelines(project, names), ...rest }
  }
  const loaded = load()
  const project = invocation.require(loaded)
  if (project.pipelines.length === 0) {
    throw usageError('starting: there are no pipelines', 'Write one into pipelines/, or begin with logpipe init.')
  }
  if (flags.requireHealthy === true) await requireHealthy(loaded, invocation)
  const session = await openSession(project, invocation, { dataDir: flags.data, load })
  for (const { name, source } of project.pipelines) invocation.note(`running ${name} (${source.type})`)
  await finishSession(session, invocation, {
    listenAt: asked ?? project.installation.server,
    drainMs,
    watched: flags.watch === true ? foldersOf(loaded) : undefined,
  })
}

/** Tells what is not there; throws LP_SOURCE_READ if a part of it is needed from the start. */
async function requireHealthy(loaded: Loaded, invocation: Invocation): Promise<void> {
  const { checkOnline } = await import('../app/online.ts')
  const findings = await checkOnline(loaded)
  for (const finding of findings) invocation.note(escapeText(formatFinding(finding)))
  const missing = findings.filter(({ severity }) => severity === 'error').length
  if (missing === 0) return
  throw new LogpipeError(
    'LP_SOURCE_READ',
    `starting with --require-healthy: ${missing} of what is needed is not there`,
    {
      retryable: true,
    },
  )
}

/** Folders that hold a file of the configuration. */
function foldersOf({ trees }: Loaded): string[] {
  return trees.map(({ tree }) => path.dirname(tree.name))
}

function addressOf(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]+)\]?:(\d+)$/.exec(text) ?? []
  if (host === '') throw usageError(`reading the command line: --listen ${text} is no address`, 'Write 127.0.0.1:8680.')
  return { host, port: portOf('--listen', port) }
}
