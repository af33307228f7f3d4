import { Command, CommanderError, Option } from 'commander'
import { environment, flagVariable, type Environment } from '../config/environment.ts'
import { LogpipeError } from '../core/error.ts'
import type { CommandEntry } from './command-table.ts'
import { Invocation, type GlobalFlags } from './invocation.ts'

/** The command line as a tree whose branches are loaded when they are named. */
export interface Program {
  readonly command: Command
  readonly invocation: Invocation
}

const about = `Raw log lines in; structured events, metrics and deduplicated alerts out.`
const footer = `
Each flag has a variable: --log-level is LOGPIPE_LOG_LEVEL. A flag wins over its variable, that over files.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 findings, 78 invalid configuration, 130 and 143 ended by a signal.`

export function createProgram(entries: readonly CommandEntry[], version: string): Program {
  const command = new FlagCommand('logpipe')
  const invocation = new Invocation(() => command.opts<GlobalFlags>())
  command
    .description(about)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .usage('[flags] COMMAND …')
    .addHelpText('after', footer)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} }) // `report` prints them, once.
    .exitOverride()
  for (const option of globalOptions()) command.addOption(option)
  for (const { name, summary } of entries) command.command(name).summary(summary).description(summary)
  command.hook('preSubcommand', async (_root, sub) => {
    const entry = entries.find(({ name }) => name === sub.name())
    if (entry === undefined) return
    const define = await entry.load()
    define(sub, invocation)
  })
  return { command, invocation }
}

function globalOptions(): Option[] {
  return [
    new Option('--config <file>', 'read this logpipe.yaml'),
    new Option('--pipelines <dir>', 'read the pipelines of this folder'),
    new Option('--json', 'one JSON document; --json=lines: one object per line'),
    new Option('--json-lines').hideHelp(),
    new Option('-q, --quiet', 'nothing but data and errors'),
    new Option('--verbose', 'errors with their stack'),
    new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'),
    new Option('--progress <how>', 'progress').choices(['auto', 'plain', 'json', 'none']).default('auto'),
    new Option('--log-level <level>', 'own log on standard error')
      .choices(['debug', 'info', 'warn', 'error', 'silent'])
      .default('warn'),
    new Option('--log-format <form>', 'form of the own log').choices(['auto', 'pretty', 'json']).default('auto'),
    new Option('--yes', 'do not ask'),
  ]
}

/** Values that leave a flag without value switched off. */
const off: ReadonlySet<string> = new Set(['', '0', 'false', 'no', 'off'])

/** Ties each flag to its variable, also those of inner commands; an empty variable counts as absent. */
class FlagCommand extends Command {
  override createCommand(name?: string): Command {
    return new FlagCommand(name)
  }

  override addOption(option: Option): this {
    const { long, required, optional } = option
    if (long !== undefined && long !== null && long !== '--version') {
      const name = flagVariable(long)
      const value = environment()[name] ?? ''
      const isOn = required || optional ? value !== '' : !off.has(value.toLowerCase())
      if (isOn) option.env(name)
    }
    return super.addOption(option)
  }
}

/** `--json=lines` as a flag of its own: a flag with an optional value would swallow the argument that follows it. */
export function plainArguments(args: readonly string[], env: Environment): string[] {
  const end = args.indexOf('--')
  const flags = end < 0 ? args : args.slice(0, end)
  const plain = flags.map((arg) => (arg === '--json=lines' ? '--json-lines' : arg))
  const isWished = env['LOGPIPE_JSON'] === 'lines' && !flags.some((arg) => arg.startsWith('--json'))
  return [...(isWished ? ['--json-lines'] : []), ...plain, ...(end < 0 ? [] : args.slice(end))]
}

/** What commander threw as one of ours; undefined if help or the version was asked for and shown. */
export function wrongUsage(error: CommanderError): LogpipeError | undefined {
  if (error.exitCode === 0) return undefined
  if (error.code === 'commander.help') {
    return new LogpipeError('LP_USAGE', 'reading the command line: it names no command')
  }
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const hint = /^\((.*)\)$/s.exec(rest.join(' ').trim())?.[1]
  const remedy = hint === undefined ? 'See logpipe COMMAND --help.' : `${hint} See logpipe COMMAND --help.`
  return new LogpipeError('LP_USAGE', `reading the command line: ${first}`, { remedy })
}
