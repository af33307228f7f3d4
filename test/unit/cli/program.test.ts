import { CommanderError } from 'commander'
import { afterEach, expect, test, vi } from 'vitest'
import { commandTable } from '../../../src/cli/command-table.ts'
import { errorText } from '../../../src/cli/report.ts'
import { exitCodeOf } from '../../../src/cli/exit-code.ts'
import { createProgram, plainArguments, wrongUsage } from '../../../src/cli/program.ts'
import { painter } from '../../../src/cli/terminal-text.ts'
import { errorCodes, LogpipeError, type ErrorCode } from '../../../src/core/error.ts'

afterEach(() => vi.unstubAllEnvs())

/** Parses a command line whose one command `look` only tells its flags. */
async function flagsOf(args: readonly string[]): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {}
  const { command, invocation } = createProgram(
    [
      {
        name: 'look',
        summary: 'Looks.',
        load: async () => (sub) => {
          sub
            .option('--limit <n>', 'events at most', '100')
            .option('--strict', 'strict')
            .action((flags: Record<string, unknown>) => {
              seen = { ...invocation.flags, ...flags }
            })
        },
      },
    ],
    '1.2.3',
  )
  await command.parseAsync(plainArguments(args, process.env), { from: 'user' })
  return seen
}

async function errorOf(args: readonly string[]): Promise<LogpipeError | undefined> {
  try {
    await flagsOf(args)
  } catch (error) {
    if (error instanceof CommanderError) return wrongUsage(error)
    throw error
  }
  throw new Error('it was accepted')
}

test('global flags stand before or after the command', async () => {
  expect(await flagsOf(['--json', 'look', '--limit', '5'])).toMatchObject({ json: true, limit: '5' })
  expect(await flagsOf(['look', '--limit', '5', '--config', 'a.yaml'])).toMatchObject({ config: 'a.yaml', limit: '5' })
})

test('--json=lines takes no argument away', async () => {
  expect(await flagsOf(['look', '--json=lines'])).toMatchObject({ jsonLines: true })
  expect(plainArguments(['query', '--json=lines', '--', '--json=lines'], {})).toEqual([
    'query',
    '--json-lines',
    '--',
    '--json=lines',
  ])
})

test('a flag wins over its variable, that over the default', async () => {
  expect(await flagsOf(['look'])).toMatchObject({ limit: '100', color: 'auto' })
  vi.stubEnv('LOGPIPE_LIMIT', '7')
  vi.stubEnv('LOGPIPE_COLOR', 'never')
  vi.stubEnv('LOGPIPE_JSON', 'lines')
  expect(await flagsOf(['look'])).toMatchObject({ limit: '7', color: 'never', jsonLines: true })
  expect(await flagsOf(['look', '--limit', '9', '--json'])).toMatchObject({ limit: '9', json: true })
})

test.each([
  ['', undefined],
  ['0', undefined],
  ['false', undefined],
  ['1', true],
  ['yes', true],
])('LOGPIPE_STRICT=%s', async (value, isOn) => {
  vi.stubEnv('LOGPIPE_STRICT', value)
  expect((await flagsOf(['look']))['strict']).toBe(isOn)
})

test.each([
  [['lok'], "unknown command 'lok'", 'Did you mean look?'],
  [['look', '--stricd'], "unknown option '--stricd'", 'Did you mean --strict?'],
  [['look', '--color', 'blue'], "argument 'blue' is invalid", 'auto, always, never'],
  [['look', '--limit'], "option '--limit <n>' argument missing", 'logpipe COMMAND --help'],
  [['look', 'extra'], 'too many arguments', 'logpipe COMMAND --help'],
])('%j says what is wrong and what fits', async (args, message, hint) => {
  const error = await errorOf(args)
  expect(error).toMatchObject({ code: 'LP_USAGE' })
  expect(`${error?.message} ${error?.remedy}`).toContain(message)
  expect(`${error?.message} ${error?.remedy}`).toContain(hint)
})

test('every command can be loaded and has help of its own', async () => {
  for (const { name } of commandTable) {
    const { command } = createProgram(commandTable, '1.2.3')
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) })
    for (const sub of command.commands) sub.configureOutput({ writeOut: (text) => (help += text) })
    const shown = command.parseAsync([name, '--help'], { from: 'user' })
    await expect(shown).rejects.toMatchObject({ exitCode: 0 })
    expect(help).toContain(`Usage: logpipe ${name}`)
  }
})

const ownCodes: Partial<Record<ErrorCode, number>> = { LP_USAGE: 2, LP_CONFIG_INVALID: 78, LP_CONFIG_READ: 78 }

test.each(Object.keys(errorCodes) as ErrorCode[])('%s has its exit code', (code) => {
  expect(exitCodeOf(new LogpipeError(code, 'doing'))).toBe(ownCodes[code] ?? 1)
})

test('an error is one line: code, what, why, what to do; the stack only if asked for', () => {
  const cause = new Error('disk is full\u001b[2J')
  const error = new LogpipeError('LP_STORE_FULL', 'writing data/logpipe.db', { cause, remedy: 'free space.' })
  const paint = painter(false)
  expect(errorText(error, paint, false)).toBe(
    'error LP_STORE_FULL writing data/logpipe.db: disk is full\\u001b[2J. Free space.',
  )
  expect(errorText(error, paint, true).split('\n').length).toBeGreaterThan(4)
  expect(errorText(error, paint, true)).not.toContain('\u001b')
})

test('an error that is none of ours is a bug', () => {
  expect(errorText(new TypeError('x is undefined'), painter(false), false)).toBe(
    'error LP_INTERNAL x is undefined. This is a bug: --verbose shows where.',
  )
})
