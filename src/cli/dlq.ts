import { Option, type Command } from 'commander'
import type { LetterFilter, RedriveOutcome } from '../app/dead-letters.ts'
import { deadLetterReasons } from '../core/result.ts'
import { isoText } from '../core/time-text.ts'
import { confirm } from './confirm.ts'
import { dataFolder } from './data-folder.ts'
import type { Invocation } from './invocation.ts'
import { momentOf } from './flag-value.ts'
import { escapeText, table } from './terminal-text.ts'

interface Flags {
  readonly data?: string
  readonly reason?: string
  readonly stage?: string
  readonly from?: string
  readonly to?: string
  readonly raw?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
}

export function defineDlq(command: Command, invocation: Invocation): void {
  filtered(command.command('list').description('List dead letters, oldest first.')).action((flags: Flags) =>
    list(flags, invocation),
  )
  inStore(command.command('show <id>').description('Show one dead letter.'))
    .option('--raw', 'only the original bytes')
    .action((id: string, flags: Flags) => show(id, flags, invocation))
  filtered(command.command('export').description('Dead letters with their bytes, as JSON lines.')).action(
    (flags: Flags) => exportAll(flags, invocation),
  )
  filtered(command.command('redrive').description('Send original bytes through the current configuration.'))
    .option('--dry-run', 'only say what would be sent')
    .option('--force', 'also those that were tried three times')
    .action((flags: Flags) => redrive(flags, invocation))
  inStore(command.command('discard <id...>').description('Delete dead letters.')).action(
    (ids: string[], flags: Flags) => discard(ids, flags, invocation),
  )
}

function inStore(command: Command): Command {
  return command.option('--data <dir>', 'folder of the store')
}

function filtered(command: Command): Command {
  return inStore(command)
    .addOption(new Option('--reason <word>', 'only of this reason').choices([...deadLetterReasons]))
    .option('--stage <word>', 'only of this stage')
    .option('--from <time>', 'written not before: now, -2h or RFC 3339')
    .option('--to <time>', 'written before')
}

function filterOf({ reason, stage, from, to }: Flags): LetterFilter {
  const nowMs = Date.now()
  const [fromMs, toMs] = [momentOf('--from', from, nowMs), momentOf('--to', to, nowMs)]
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(stage === undefined ? {} : { stage }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  }
}

async function list(flags: Flags, invocation: Invocation): Promise<void> {
  const { listLetters } = await import('../app/dead-letters.ts')
  const { output } = invocation
  const letters = listLetters(await dataFolder(flags.data, invocation), filterOf(flags))
  if (invocation.flags.json === true) return output.document('dlq', { letters })
  if (invocation.flags.jsonLines === true) return output.lines(letters.map((letter) => JSON.stringify(letter)))
  const rows = letters.map(({ id, at, stage, reason, bytes, done, name, preview }) => [
    id,
    isoText(at),
    stage,
    reason,
    String(bytes),
    done ? 'done' : 'open',
    escapeText(name),
    escapeText(preview.slice(0, 60)),
  ])
  if (rows.length === 0) return invocation.note('There are no dead letters.')
  return output.lines(table([['ID', 'AT', 'STAGE', 'REASON', 'BYTES', 'STATE', 'SOURCE', 'PREVIEW'], ...rows]))
}

async function show(id: string, flags: Flags, invocation: Invocation): Promise<void> {
  const { showLetter } = await import('../app/dead-letters.ts')
  const { output } = invocation
  const letter = showLetter(await dataFolder(flags.data, invocation), id)
  if (flags.raw === true) return output.bytes(Buffer.from(letter.value_base64 ?? '', 'base64'))
  if (invocation.flags.json === true) return output.document('dlq', { letter })
  const { value_base64: _value, key_base64: _key, headers: _headers, ...facts } = letter
  return output.lines(table(Object.entries(facts).map(([name, value]) => [name, escapeText(String(value))])))
}

async function exportAll(flags: Flags, invocation: Invocation): Promise<void> {
  const { exportLetters } = await import('../app/dead-letters.ts')
  for (const line of exportLetters(await dataFolder(flags.data, invocation), filterOf(flags))) {
    await invocation.output.bytes(Buffer.from(line))
  }
}

async function redrive(flags: Flags, invocation: Invocation): Promise<void> {
  const { listLetters, redriveLetters } = await import('../app/dead-letters.ts')
  const { loadConfig } = await import('../app/project.ts')
  const { output } = invocation
  const project = invocation.require(loadConfig(invocation.configFiles))
  const dir = flags.data ?? project.installation.store.path
  const filter = filterOf(flags)
  const outcomes: readonly RedriveOutcome[] =
    flags.dryRun === true
      ? listLetters(dir, { ...filter, done: false }).map(({ id }) => ({ id, outcome: 'again', events: 0 }))
      : await redriveLetters(dir, project, { filter, isForced: flags.force === true })
  if (invocation.flags.json === true) return output.document('dlq', { dry_run: flags.dryRun === true, outcomes })
  if (flags.dryRun === true) return output.line(`${outcomes.length} would be sent`)
  const count = (word: RedriveOutcome['outcome']): number => outcomes.filter(({ outcome }) => outcome === word).length
  return output.line(
    `${count('event')} became events, ${count('again')} are dead letters again, ${count('given_up')} were tried too often`,
  )
}

async function discard(ids: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { discardLetters } = await import('../app/dead-letters.ts')
  const dir = await dataFolder(flags.data, invocation)
  if (!(await confirm(`Delete ${ids.length} dead letters for ever?`, invocation))) return
  const discarded = discardLetters(dir, ids)
  if (invocation.flags.json === true) await invocation.output.document('dlq', { discarded })
  else await invocation.output.line(`${discarded} deleted`)
}
