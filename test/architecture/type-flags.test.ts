import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { compare, type Finding, planted, readMarkers, repository } from './markers.ts'

const folder = path.join(planted, 'types')

/** The real tsconfig.json, extended by nothing but the folder. */
function runTypes(): Finding[] {
  const tsc = path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '--project', path.join(folder, 'tsconfig.json'), '--pretty', 'false']
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  const findings: Finding[] = []
  for (const line of run.stdout.split('\n')) {
    const [, file, at, code, message] = /^(\S+)\((\d+),\d+\): error (TS\d+): (.*)/.exec(line) ?? []
    if (file && code && message) findings.push({ file, line: Number(at), code, message })
  }
  return findings
}

test('tsc reports every planted violation, and nothing else', () => {
  const markers = readMarkers(folder)
  expect(markers.length).toBeGreaterThan(10)
  expect(compare(markers, runTypes())).toEqual([])
})

test('the build keeps the flags of the check', () => {
  const build = JSON.parse(readFileSync(path.join(repository, 'tsconfig.build.json'), 'utf8')) as {
    readonly compilerOptions: Record<string, unknown>
  }
  expect(Object.keys(build.compilerOptions).sort()).toEqual(['declaration', 'noEmit', 'outDir', 'rootDir', 'sourceMap'])
})
