import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { DemoView } from './demo-view.ts'
import type { Invocation } from './invocation.ts'
import { finishSession, openSession } from './run-session.ts'

interface Flags {
  readonly seed: string
  readonly speed: string
  readonly port: string
}

export function defineDemo(command: Command, invocation: Invocation): void {
  command
    .option('--seed <n>', 'equal seeds give equal lines', '7')
    .option('--speed <n>', 'how much faster than the clock the story goes', '30')
    .option('--port <n>', 'port of health and metrics; 0 takes a free one', '0')
    .action((flags: Flags) => demo(flags, invocation))
}

/** Fifteen minutes of traffic, ended by itself or by a signal; what it stored is deleted. */
async function demo(flags: Flags, invocation: Invocation): Promise<void> {
  const { shippedProject } = await import('../app/shipped-project.ts')
  const config = { seed: Number(flags.seed), speed: Number(flags.speed), rate: 100 }
  const project = shippedProject([{ type: 'generator', config }])
  const view = new DemoView(invocation.output, invocation.paint)
  const session = await openSession(project, invocation, {
    dataDir: mkdtempSync(path.join(tmpdir(), 'logpipe-demo-')),
    isTemporary: true,
    onEvents: (events) => view.count(events),
    onTransition: (transition) => view.add(transition),
  })
  invocation.note(`seed ${flags.seed}, ${flags.speed} times as fast as the clock; Ctrl-C ends it`)
  const timer = setInterval(() => void view.show(session.status().watermarkMs), 1000)
  try {
    await finishSession(session, invocation, { host: '127.0.0.1', port: Number(flags.port) })
  } finally {
    clearInterval(timer)
    await view.finish()
  }
}
