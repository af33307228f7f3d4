import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { endToEnd } from './end-to-end.ts'
import { emit } from './emit.ts'
import { header, measure, row, type Bench, type Sample } from './harness.ts'
import { memory } from './memory.ts'
import { restore } from './restore.ts'
import { scan } from './scan.ts'
import { windows } from './windows.ts'

/**
 * `npm run bench [-- NAME…] [--rounds N]`: every case of every bench in a process of its own, in turn, so that a slow
 * moment of the machine meets all of them; prints a table and writes bench/results.md when all were run.
 */
const benches: readonly Bench[] = [...endToEnd, ...scan, ...emit, ...windows, ...restore]

const memoryLines = Number(process.env['LOGPIPE_BENCH_MEMORY_LINES'] ?? 10_000_000)

const args = process.argv.slice(2)
const childAt = args.indexOf('--child')
if (childAt >= 0) {
  const [benchName, caseName] = args.slice(childAt + 1)
  const one = benches.find(({ name }) => name === benchName)?.cases.find(({ name }) => name === caseName)
  if (one === undefined) throw new Error(`there is no case ${benchName} ${caseName}`)
  process.stdout.write(JSON.stringify(await measure(one)))
} else {
  const roundsAt = args.indexOf('--rounds')
  const rounds = roundsAt < 0 ? 6 : Number(args[roundsAt + 1])
  const names = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--rounds')
  await runAll(names, rounds)
}

async function runAll(names: readonly string[], rounds: number): Promise<void> {
  const chosen = names.length === 0 ? benches : benches.filter(({ name }) => names.some((part) => name.includes(part)))
  const lines = [`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds.`, '']
  for (const bench of chosen) {
    const samples = bench.cases.map((): Sample[] => [])
    for (let round = 0; round < rounds; round++) {
      bench.cases.forEach((one, i) => samples[i]!.push(runChild(bench.name, one.name)))
    }
    lines.push(`## ${bench.name}`, '', bench.about, '', ...header)
    bench.cases.forEach((one, i) => lines.push(row(one.name, samples[i]!, samples[0]!)))
    lines.push('')
    process.stdout.write(`${lines.slice(-bench.cases.length - 6).join('\n')}\n`)
  }
  if (names.length === 0 || names.includes('memory')) {
    const told = await memory(memoryLines)
    lines.push(...told)
    process.stdout.write(told.join('\n'))
  }
  if (names.length > 0) return
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), 'results.md')
  writeFileSync(file, `# Bench results\n\n${lines.join('\n')}`)
}

function runChild(bench: string, name: string): Sample {
  const child = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--child', bench, name], {
    encoding: 'utf8',
    // As `bin/logpipe` does.
    env: { ...process.env, NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/compile') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`${bench} ${name} ended with ${child.status}`)
  // The child wrote a sample.
  return JSON.parse(child.stdout) as Sample
}
