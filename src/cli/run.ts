import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'
import { finishSession, openSession } from './run-session.ts'

export function defineRun(command: Command, invocation: Invocation): void {
  command.option('--data <dir>', 'folder of the store').action((flags: { data?: string }) => run(flags, invocation))
}

async function run(flags: { readonly data?: string }, invocation: Invocation): Promise<void> {
  const { loadConfig } = await import('../app/project.ts')
  const project = invocation.require(loadConfig(invocation.configFiles))
  const session = await openSession(project, invocation, { dataDir: flags.data })
  for (const { name, source } of project.pipelines) invocation.note(`running ${name} (${source.type})`)
  await finishSession(session, invocation, project.installation.server)
}
