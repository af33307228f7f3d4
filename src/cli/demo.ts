import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { Command } from 'commander'
import type { Session } from '../app/session.ts'
import { DemoFigures, type Transition } from './demo-figures.ts'
import { demoLines, DemoScreen, summaryText, type StoryPosition } from './demo-view.ts'
import { usageError, type Invocation } from './invocation.ts'
import { portOf } from './flag-value.ts'
import { finishSession, openSession } from './run-session.ts'

interface Flags {
  readonly seed: string
  readonly speed?: string
  readonly port: string
  readonly headless?: boolean
  readonly data?: string
}

export function defineDemo(command: Command, invocation: Invocation): void {
  command
    .option('--seed <n>', 'equal seeds give equal lines', '7')
    .option(
      '--speed <n>',
      'how much faster than the clock the story goes: 30; 0 and with --headless: as fast as it can',
    )
    .option('--port <n>', 'port of health and metrics; 0 takes a free one', '0')
    .option('--headless', 'only the result at the end')
    .option('--data <dir>', 'keep the store in this folder; absent: it is deleted at the end')
    .action((flags: Flags) => demo(flags, invocation))
}

const redrawMs = 500

/** Fifteen minutes of traffic, ended by itself or by a signal. */
async function demo(flags: Flags, invocation: Invocation): Promise<void> {
  const { shippedProject } = await import('../app/shipped-project.ts')
  const port = portOf('--port', flags.port)
  const seed = numberOf('--seed', flags.seed)
  const speed = numberOf('--speed', flags.speed ?? (flags.headless === true ? '0' : '30'))
  const project = shippedProject([{ type: 'generator', config: { seed, speed, rate: 100 } }])
  const figures = new DemoFigures()
  const changes: Transition[] = []
  const session = await openSession(project, invocation, {
    dataDir: flags.data ?? mkdtempSync(path.join(tmpdir(), 'logpipe-demo-')),
    isTemporary: flags.data === undefined,
    onEvents: (events) => figures.count(events),
    onTransition(transition) {
      figures.add(transition)
      if (transition.kind === 'firing' || transition.kind === 'resolved') changes.push(transition)
    },
  })
  invocation.note(
    `seed ${seed}, ${speed === 0 ? 'as fast as it can' : `${speed} times as fast as the clock`}; Ctrl-C ends it`,
  )
  const show = flags.headless === true ? undefined : shower(figures, changes, { session, invocation })
  let timer: NodeJS.Timeout | undefined
  // What cannot be written is met again by the summary, which tells.
  if (show !== undefined) timer = setInterval(() => void show().catch(() => {}), redrawMs)
  let result = {}
  await finishSession(session, invocation, {
    listenAt: { host: '127.0.0.1', port },
    async beforeClose() {
      clearInterval(timer)
      await show?.()
      result = resultOf(session)
    },
  })
  const { totals } = figures
  if (invocation.flags.json === true) await invocation.output.document('demo', { seed, ...totals, ...result })
  else await invocation.output.line(summaryText(totals))
}

/** Shows the figures so far, one call after the other. */
function shower(
  figures: DemoFigures,
  changes: Transition[],
  { session, invocation }: { session: Session; invocation: Invocation },
): () => Promise<void> {
  const { output, paint } = invocation
  const { stdout } = process
  const screen = new DemoScreen(output, () => ({ columns: stdout.columns, rows: stdout.rows, paint }))
  const isScreen = output.isTerminal && invocation.env['TERM'] !== 'dumb'
  let lastMs = performance.now()
  let showing = Promise.resolve()
  async function one(): Promise<void> {
    const nowMs = performance.now()
    const frame = figures.frame(Math.max(0.001, (nowMs - lastMs) / 1000))
    lastMs = nowMs
    const position = positionOf(session)
    const changed = changes.splice(0)
    if (isScreen) await screen.show(frame, position)
    else await output.lines(demoLines(changed, frame, position))
  }
  return () => (showing = showing.then(one))
}

function positionOf(session: Session): StoryPosition {
  const { watermarkMs, sources } = session.status()
  let [done, total] = [0, 0]
  for (const { position, end } of sources) {
    done += Number(position)
    total += Number(end)
  }
  return { watermarkMs, share: done / Math.max(1, total) }
}

/** What a test of the demo compares: equal seeds give equal values. */
function resultOf({ view }: Session): Record<string, unknown> {
  const alerts = view.outputs.alerts().map(({ id, rule, state, revision, doc }) => {
    const record: unknown = JSON.parse(doc)
    return { id, rule, state, revision, record }
  })
  return { digest: view.contentDigest(), alerts: alerts.reverse() }
}

function numberOf(flag: string, text: string): number {
  const number = Number(text)
  if (text !== '' && number >= 0 && Number.isFinite(number)) return number
  throw usageError(`reading the command line: ${flag} ${text} is no number from 0`)
}
