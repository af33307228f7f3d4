import process from 'node:process'
import type { Command } from 'commander'
import { formatFinding, sortFindings, type Finding } from '../config/finding.ts'
import type { Loaded } from '../config/load.ts'
import { exitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { escapeText } from './terminal-text.ts'

interface Flags {
  readonly denyWarnings?: boolean
  readonly online?: boolean
}

export function defineValidate(command: Command, invocation: Invocation): void {
  command
    .argument('[files...]', 'check only these files; absent: the whole project')
    .option('--online', 'also look whether folders, files, ports and hosts are there')
    .option('--deny-warnings', 'exit code 3 for warnings')
    .action((files: string[], flags: Flags) => validate(files, flags, invocation))
}

async function validate(files: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { loadConfig } = await import('../app/project.ts')
  const { output } = invocation
  const { json, jsonLines } = invocation.flags
  const loaded = loadConfig({ ...invocation.configFiles, files: files.length > 0 ? files : undefined })
  const { trees } = loaded
  const findings = sortFindings([...loaded.findings, ...(flags.online === true ? await onlineFindings(loaded) : [])])
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const read = trees.map(({ tree }) => tree.name)
  if (json === true) await output.document('validate', { errors, warnings, files: read, findings })
  else if (jsonLines === true) await output.lines(findings.map((finding) => JSON.stringify(finding)))
  else await output.lines(findings.map((finding) => escapeText(formatFinding(finding))))
  invocation.note(`${numbered(trees.length, 'file')}: ${numbered(errors, 'error')}, ${numbered(warnings, 'warning')}`)
  if (errors > 0) process.exitCode = exitCode.config
  else if (warnings > 0 && flags.denyWarnings === true) process.exitCode = exitCode.findings
}

async function onlineFindings(loaded: Loaded): Promise<Finding[]> {
  const { checkOnline } = await import('../app/online.ts')
  return await checkOnline(loaded)
}

function numbered(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
