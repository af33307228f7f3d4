import process from 'node:process'
import { Option, type Command } from 'commander'
import type { Replay, ReplayResult } from '../app/replay.ts'
import type { Project } from '../config/project.ts'
import { isoText } from '../core/time-text.ts'
import { exitCode } from './exit-code.ts'
import { momentOf } from './flag-value.ts'
import type { Invocation } from './invocation.ts'
import { escapeText } from './terminal-text.ts'
import { readVersion } from './version-text.ts'

interface Flags {
  readonly data?: string
  readonly from?: string
  readonly to?: string
  readonly into: 'replay' | 'none'
  readonly resume?: string
  readonly allowGaps?: boolean
  readonly rules?: string
  readonly compare?: 'live'
  readonly follow: boolean
}

/** How often progress is looked at, ms. */
const lookEveryMs = 200

export function defineReplay(command: Command, invocation: Invocation): void {
  command
    .argument('[paths...]', 'what serve was given, if serve ran it; none: the pipelines of the project')
    .option('--data <dir>', 'folder of the store of the run')
    .option('--from <time>', 'records of events not before: now, -2h or RFC 3339')
    .option('--to <time>', 'records of events before')
    .addOption(
      new Option('--into <place>', 'what becomes of the results').choices(['replay', 'none']).default('replay'),
    )
    .option('--resume <id>', 'go on with the replay of this id')
    .option('--rules <file>', 'rules that take the place of those in pipelines/rules/')
    .addOption(new Option('--compare <with>', 'tell which alerts are other ones than in the run').choices(['live']))
    .option('--allow-gaps', 'go on without records that are gone')
    // Commander sets the default of a lone negated flag before this file is loaded.
    .addOption(new Option('--no-follow', 'serve ran with this, too').default(true))
    .addHelpText(
      'after',
      `
Without a range, all that the run has read is read again, and the results must be the same (exit code 3 if not).
Notices are never sent. The results are a store of their own: logpipe query --data DIR/replay-ID.`,
    )
    .action((paths: string[], flags: Flags) => replay(paths, flags, invocation))
}

/** A change of an alert that would have been told. */
interface Told {
  readonly at: string
  readonly transition: string
  readonly rule: string
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
}

async function replay(paths: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const nowMs = Date.now()
  const range = { fromMs: momentOf('--from', flags.from, nowMs), toMs: momentOf('--to', flags.to, nowMs) }
  const project = await projectOf(paths, flags, invocation)
  const { startReplay } = await import('../app/replay.ts')
  const told: Told[] = []
  const { logLevel, logFormat } = invocation.flags
  const running = startReplay(project, {
    dataDir: flags.data ?? (paths.length > 0 ? 'data' : project.installation.store.path),
    ...range,
    into: flags.into,
    resume: flags.resume,
    comparesAlerts: flags.compare === 'live',
    allowsGaps: flags.allowGaps ?? false,
    logging: {
      level: logLevel,
      format: logFormat === 'json' ? 'json' : 'pretty',
      write: (line) => void process.stderr.write(line),
    },
    version: readVersion(),
    onTransition({ kind, rule, t, labels, annotations }) {
      if (kind === 'pending') return
      told.push({ at: isoText(t), transition: kind, rule, labels, summary: annotations['summary'] ?? '' })
    },
  })
  const result = await finish(running, invocation)
  if (result === undefined) return invocation.note(`stopped; go on with --resume ${running.id}`)
  await show(result, told, invocation)
  if (isDifferent(result, flags)) process.exitCode = exitCode.findings
}

async function projectOf(paths: readonly string[], { follow, rules }: Flags, invocation: Invocation): Promise<Project> {
  if (paths.length === 0) {
    const { loadConfig } = await import('../app/project.ts')
    return invocation.require(
      loadConfig({ ...invocation.configFiles, rules: rules === undefined ? undefined : [rules] }),
    )
  }
  const { shippedProject } = await import('../app/shipped-project.ts')
  const { inputsOf } = await import('./serve.ts')
  return shippedProject(inputsOf(paths, { follow }))
}

/** Waits for the end, or for a signal, and shows how far it is. */
async function finish(running: Replay, invocation: Invocation): Promise<ReplayResult | undefined> {
  const progress = invocation.progress('replaying')
  const { signal } = invocation.interruption
  signal.addEventListener('abort', () => void running.stop().catch(() => {}), { once: true }) // `done` tells.
  const timer = setInterval(() => progress.update({ ...running.progress(), unit: 'bytes' }), lookEveryMs)
  try {
    return await running.done
  } finally {
    clearInterval(timer)
    progress.finish()
  }
}

/** Other rules give other digests: then only the alerts tell. */
function isDifferent({ exact, original, compared }: ReplayResult, { rules }: Flags): boolean {
  if (compared?.some(({ verdict }) => verdict !== 'same') === true) return true
  return rules === undefined && original !== undefined && original.all !== exact.all
}

async function show(result: ReplayResult, told: readonly Told[], { output, flags }: Invocation): Promise<void> {
  const { id, directory, exact, content, original } = result
  if (flags.json === true) return output.document('replay', { ...result, transitions: told })
  if (flags.jsonLines === true) return output.lines(told.map((one) => JSON.stringify(one)))
  const lines = told.map(({ at, transition, rule, labels, summary }) => {
    const others = Object.entries(labels).filter(([name]) => name !== 'alertname')
    return escapeText([at, transition, rule, ...others.map(([name, value]) => `${name}=${value}`), summary].join(' '))
  })
  const kinds = (['events', 'metrics', 'alerts', 'deadLetters'] as const).filter((kind) => {
    return original !== undefined && original[kind] !== exact[kind]
  })
  const verdict =
    original === undefined ? 'not compared' : kinds.length === 0 ? 'the same' : `other ${kinds.join(', ')}`
  await output.lines([
    ...lines,
    ...(result.compared ?? []).map(({ verdict, rule, labels, fromMs, toMs }) => {
      return escapeText(
        [verdict.padEnd(7), isoText(fromMs), Number.isFinite(toMs) ? isoText(toMs) : '-', rule, labels].join(' '),
      )
    }),
    `replay ${id} in ${escapeText(directory)}`,
    `exact digest ${exact.all}`,
    `content digest ${content.all}`,
    `compared with the run before: ${verdict}`,
  ])
}
