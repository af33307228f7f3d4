import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

// `npm run check [STEP…]`: runs the scripts of package.json by these names, all of them even after a failure, and says at
// the end which failed. The .ci/run that has just run the tests sets LOGPIPE_TESTS_DONE=1, so that they run once.
const root = path.dirname(import.meta.dirname)
const all: readonly string[] = ['format', 'lint', 'types', 'knip', 'test', 'drift']

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
}

function runStep(command: string): boolean {
  return spawnSync(command, { cwd: root, shell: true, stdio: 'inherit' }).status === 0
}

function main(asked: readonly string[]): void {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest
  const lines: string[] = []
  for (const step of asked.length > 0 ? asked : all) {
    const command = scripts[step]
    if (command === undefined) throw new Error(`${step} is no script of package.json`)
    if (step === 'test' && process.env['LOGPIPE_TESTS_DONE'] === '1') {
      lines.push(`skipped  ${step} (LOGPIPE_TESTS_DONE=1: they ran just before)`)
      continue
    }
    process.stdout.write(`\n> ${step}: ${command}\n`)
    const started = performance.now()
    const isFine = runStep(command)
    lines.push(`${isFine ? 'ok     ' : 'FAILED '}  ${step} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (!isFine) process.exitCode = 1
  }
  process.stdout.write(`\n${lines.join('\n')}\n`)
}

main(process.argv.slice(2))
