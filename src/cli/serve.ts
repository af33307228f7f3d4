import path from 'node:path'
import { Option, type Command } from 'commander'
import type { Input } from '../app/shipped-project.ts'
import { portOf } from './flag-value.ts'
import { escapeText } from './terminal-text.ts'
import type { Invocation } from './invocation.ts'
import { finishSession, openSession } from './run-session.ts'

interface Flags {
  readonly data: string
  readonly follow: boolean
  readonly port: string
}

export function defineServe(command: Command, invocation: Invocation): void {
  command
    .argument('[paths...]', 'files, folders and globs; - is standard input; none: HTTP alone')
    .option('--data <dir>', 'folder of the store', 'data')
    .option('--port <n>', 'port of health, metrics and ingest; 0 takes a free one', '8680')
    // Commander sets the default of a lone negated flag before this file is loaded.
    .addOption(new Option('--no-follow', 'end at the end of the files').default(true))
    .action((paths: string[], flags: Flags) => serve(paths, flags, invocation))
}

async function serve(paths: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { shippedProject } = await import('../app/shipped-project.ts')
  const port = portOf('--port', flags.port)
  const project = shippedProject(inputsOf(paths, flags))
  const session = await openSession(project, invocation, {
    dataDir: flags.data,
    onTransition({ kind, rule, labels, annotations }) {
      if (kind === 'pending') return
      const names = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
      const text = [kind, rule, labels['severity'], ...names.map(([name, value]) => `${name}=${value}`)]
      invocation.note(escapeText([...text, annotations['summary'] ?? ''].join(' ')))
    },
  })
  invocation.note(`reading ${paths.length === 0 ? 'HTTP' : paths.join(', ')} into ${flags.data}; Ctrl-C ends it`)
  await finishSession(session, invocation, { listenAt: { host: '127.0.0.1', port } })
}

/** What `serve` reads for its arguments. */
export function inputsOf(paths: readonly string[], { follow }: { readonly follow: boolean }): Input[] {
  const files = paths.filter((name) => name !== '-').map((name) => path.resolve(name))
  const inputs: Input[] = []
  if (files.length > 0) inputs.push({ type: 'file', config: { paths: files, follow } })
  if (paths.includes('-')) inputs.push({ type: 'stdin', config: {} })
  if (inputs.length === 0 || follow) inputs.push({ type: 'http', config: {} })
  return inputs
}
