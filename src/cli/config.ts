import type { Command } from 'commander'
import type { EffectiveValue, Origin } from '../config/effective.ts'
import type { Invocation } from './invocation.ts'
import { escapeText, table } from './terminal-text.ts'

interface Flags {
  readonly effective?: boolean
}

export function defineConfig(command: Command, invocation: Invocation): void {
  command
    .command('show')
    .description('Print what the files say, secrets masked; with --effective defaults, too.')
    .option('--effective', 'also what is not written and has its default')
    .action((flags: Flags) => show(flags, invocation))
}

async function show(flags: Flags, invocation: Invocation): Promise<void> {
  const { effectiveValues, loadConfig } = await import('../app/project.ts')
  const { output } = invocation
  const { json, jsonLines } = invocation.flags
  const loaded = loadConfig(invocation.configFiles)
  const project = invocation.require(loaded)
  const all = effectiveValues(loaded)
  const values = flags.effective === true ? all : all.filter(({ origin }) => origin.kind !== 'default')
  if (json === true) return output.document('config', { hash: project.hash, values })
  if (jsonLines === true) return output.lines(values.map((value) => JSON.stringify(value)))
  let file = ''
  const rows: string[][] = []
  for (const value of values) {
    if (value.file !== file) rows.push([`${(file = value.file)}`])
    rows.push([`  ${escapeText(value.path)}`, shown(value), originText(value.origin)])
  }
  return output.lines(table(rows))
}

function shown({ value }: EffectiveValue): string {
  return escapeText(typeof value === 'string' ? value : JSON.stringify(value))
}

function originText(origin: Origin): string {
  if (origin.kind === 'default') return 'default'
  const place = `line ${origin.line}`
  return origin.kind === 'file' ? place : `${place}, from ${origin.variables.join(', ')}`
}
