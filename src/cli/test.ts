import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Option, type Command } from 'commander'
import type { Loaded, LoadOptions } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import type { TestReport } from '../app/test-blocks.ts'
import { LogpipeError } from '../core/error.ts'
import { exitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { escapeText } from './terminal-text.ts'

interface Flags {
  readonly filter?: string
  readonly junit?: string
  readonly update?: boolean
  readonly format: 'text' | 'tap'
}

export function defineTest(command: Command, invocation: Invocation): void {
  command
    .argument('[files...]', 'only the blocks of these files of the project; absent: all')
    .option('--filter <text>', 'only blocks whose name holds this')
    .option('--update', 'write what came into the expect: of failed blocks')
    .option('--junit <file>', 'also write a report that CI servers read')
    .addOption(new Option('--format <form>', 'form of the report').choices(['text', 'tap']).default('text'))
    .action((files: string[], flags: Flags) => test(files, flags, invocation))
}

async function test(files: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { loadConfig } = await import('../app/project.ts')
  const { runTests } = await import('../app/test-blocks.ts')
  const project = invocation.require(loadTested(files, loadConfig, invocation))
  const progress = invocation.progress('testing')
  const report = runTests(project, {
    filter: flags.filter,
    keepsDetails: flags.update === true,
    files: chosenFiles(project, files),
    onProgress: (done, total) => progress.update({ done, total, unit: 'blocks' }),
  })
  progress.finish()
  if (flags.update === true && report.failed > 0) return await update(report, invocation)
  await show(report, flags, invocation)
  if (report.failed > 0) process.exitCode = exitCode.findings
}

async function update(report: TestReport, { output }: Invocation): Promise<void> {
  const { updateTests } = await import('../app/update-tests.ts')
  const files = updateTests(report)
  await output.lines([
    ...files.map((file) => `written: ${escapeText(file)}`),
    `${report.failed} blocks had failed: run them again`,
  ])
}

/** The whole project if it has the files: rules watch what is derived elsewhere. Other files are read alone. */
function loadTested(
  files: readonly string[],
  load: (options: LoadOptions) => Loaded,
  { configFiles }: Invocation,
): Loaded {
  const whole = load(configFiles)
  const known = new Set(whole.trees.map(({ tree }) => path.resolve(tree.name)))
  if (files.every((file) => known.has(path.resolve(file)))) return whole
  return load({ ...configFiles, files })
}

/** Names of the files as they were loaded. */
function chosenFiles({ pipelines, ruleFiles }: Project, files: readonly string[]): string[] | undefined {
  if (files.length === 0) return undefined
  const asked = new Set(files.map((file) => path.resolve(file)))
  return [...pipelines, ...ruleFiles].map(({ file }) => file).filter((file) => asked.has(path.resolve(file)))
}

async function show(
  report: TestReport,
  flags: Flags,
  { output, flags: { json, jsonLines } }: Invocation,
): Promise<void> {
  const { junitReport, tapReport, textReport } = await import('../app/test-report.ts')
  if (flags.junit !== undefined) writeReport(flags.junit, junitReport(report))
  if (json === true) return output.document('test', { ...report })
  if (jsonLines === true) return output.lines(report.results.map((result) => JSON.stringify(result)))
  const lines = flags.format === 'tap' ? tapReport(report) : textReport(report)
  return output.lines(lines.map(escapeText))
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    throw new LogpipeError('LP_SINK_WRITE', `writing ${file}`, { cause })
  }
}
