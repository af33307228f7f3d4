import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileOf } from './lines.ts'

const million = 1e6

interface Sample {
  /** Lines read by then. */
  readonly lines: number
  readonly residentMb: number
}

/**
 * Resident memory of a whole process that takes `lines` lines of pino-http JSON through windows and the shipped rules, its
 * events to standard output: the greatest, and how it grows over the last four fifths. Linux only, since it reads /proc.
 */
export async function memory(lines: number): Promise<string[]> {
  const file = fileOf('pino_http', lines)
  const folder = mkdtempSync(path.join(tmpdir(), 'logpipe-memory-'))
  try {
    writeProject(folder, file)
    const samples = await sampled(folder, statSync(file).size / lines)
    const late = samples.filter((sample) => sample.lines >= lines / 5)
    const peak = Math.max(...samples.map(({ residentMb }) => residentMb))
    return [
      '## memory',
      '',
      `${lines / million} M lines of pino-http JSON through windows and the shipped rules, events to standard output: peak`,
      `${peak.toFixed(0)} MB resident, slope of the last ${((lines * 0.8) / million).toFixed(1)} M lines ${slope(late).toFixed(2)} MB per million lines (${late.length} samples).`,
      '',
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function writeProject(folder: string, file: string): void {
  mkdirSync(path.join(folder, 'pipelines/rules'), { recursive: true })
  const shipped = readFileSync('pipelines/default.yaml', 'utf8')
  const source = `source: { type: file, paths: ['${file}'], follow: false, service_name: shop }\nsink: [{ type: stdout }]`
  const pipeline = shipped.replace(/^source: .*$/m, source).replace(/^tests:[^]*$/m, '')
  writeFileSync(path.join(folder, 'pipelines/default.yaml'), pipeline)
  for (const rules of ['services.yaml', 'hosts.yaml']) {
    copyFileSync(`pipelines/rules/${rules}`, path.join(folder, 'pipelines/rules', rules))
  }
}

async function sampled(folder: string, bytesPerLine: number): Promise<Sample[]> {
  // As `bin/logpipe` starts it.
  const program = path.resolve('src/cli/main.ts')
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', program, 'run', '--data', path.join(folder, 'data'), '--listen', '127.0.0.1:0'],
    {
      cwd: folder,
      env: { ...process.env, NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/compile') },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const samples: Sample[] = []
  for (let code: number | null | undefined; code === undefined;) {
    code = await Promise.race([ended, sleep(250, undefined)])
    if (code === undefined) samples.push(...sampleOf(child.pid, bytesPerLine))
    else if (code !== 0) throw new Error(`the run ended with ${code}`)
  }
  return samples
}

/** None if the process has just gone. */
function sampleOf(pid: number | undefined, bytesPerLine: number): Sample[] {
  try {
    const read = Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
    const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    return Number.isNaN(resident) ? [] : [{ lines: read / bytesPerLine, residentMb: resident / 1024 }]
  } catch {
    return []
  }
}

/** Least squares, MB per million lines. */
function slope(samples: readonly Sample[]): number {
  const meanLines = mean(samples.map(({ lines }) => lines / million))
  const meanMb = mean(samples.map(({ residentMb }) => residentMb))
  let [above, below] = [0, 0]
  for (const { lines, residentMb } of samples) {
    above += (lines / million - meanLines) * (residentMb - meanMb)
    below += (lines / million - meanLines) ** 2
  }
  return above / below
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
