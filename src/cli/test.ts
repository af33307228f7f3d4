import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { Option, type Command } from 'commander'
import type { TestReport } from '../app/test-blocks.ts'
import { LogpipeError } from '../core/error.ts'
import { exitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { escapeText } from './terminal-text.ts'

interface Flags {
  readonly filter?: string
  readonly junit?: string
  readonly format: 'text' | 'tap'
}

export function defineTest(command: Command, invocation: Invocation): void {
  command
    .argument('[files...]', 'only the blocks of these files, read alone; absent: the whole project')
    .option('--filter <text>', 'only blocks whose name holds this')
    .option('--junit <file>', 'also write a report that CI servers read')
    .addOption(new Option('--format <form>', 'form of the report').choices(['text', 'tap']).default('text'))
    .action((files: string[], flags: Flags) => test(files, flags, invocation))
}

async function test(files: readonly string[], flags: Flags, invocation: Invocation): Promise<void> {
  const { loadConfig } = await import('../app/project.ts')
  const { runTests } = await import('../app/test-blocks.ts')
  const loaded = loadConfig({ ...invocation.configFiles, files: files.length > 0 ? files : undefined })
  const project = invocation.require(loaded)
  const progress = invocation.progress('testing')
  const report = runTests(project, {
    filter: flags.filter,
    onProgress: (done, total) => progress.update({ done, total, unit: 'blocks' }),
  })
  progress.finish()
  await show(report, flags, invocation)
  if (report.failed > 0) process.exitCode = exitCode.findings
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
