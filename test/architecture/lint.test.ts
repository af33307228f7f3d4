import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { fences, nodeFences, rooms } from '../../tools/lint/rooms.ts'
import { compare, type Finding, planted, readMarkers, repository } from './markers.ts'

const folder = path.join(planted, 'lint')
const markers = readMarkers(folder)

interface Diagnostic {
  readonly code: string
  readonly message: string
  readonly filename: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

/** The gate as `npm run lint` runs it: same program, same config, other folder. */
function runLint(): { readonly findings: Finding[]; readonly files: number } {
  const oxlint = path.join(repository, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const args = [oxlint, '--type-aware', '--format', 'json', path.relative(repository, folder)]
  const run = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8', maxBuffer: 1 << 26 })
  const report = JSON.parse(run.stdout) as { readonly diagnostics: Diagnostic[]; readonly number_of_files: number }
  const findings = report.diagnostics.map(({ code, message, filename, labels }) => ({
    file: path.relative(folder, path.join(repository, filename)),
    line: labels[0]?.span.line ?? 0,
    code,
    message,
  }))
  return { findings, files: report.number_of_files }
}

test('lint reports every planted violation, and nothing else', () => {
  const { findings, files } = runLint()
  expect(files).toBeGreaterThan(50)
  expect(compare(markers, findings)).toEqual([])
})

test('each configured lint rule has a planted violation', () => {
  const config = JSON.parse(withoutComments(readFileSync(path.join(repository, '.oxlintrc.json'), 'utf8'))) as {
    readonly rules: Record<string, unknown>
    readonly overrides: readonly { readonly rules: Record<string, unknown> }[]
  }
  const configured = [config.rules, ...config.overrides.map((one) => one.rules)].flatMap((rules) => Object.keys(rules))
  const codes = new Set(markers.map((marker) => marker.code))
  const codeOf = (rule: string): string => (rule.includes('/') ? rule.replace('/', '(') : `eslint(${rule}`) + ')'
  expect(configured.map(codeOf).filter((code) => !codes.has(code))).toEqual([])
})

test('each fence has a planted violation', () => {
  const packages = [...Object.keys(fences), ...Object.keys(nodeFences), 'node:fs', 'node:crypto']
  const texts = markers.map((marker) => marker.text)
  expect(packages.filter((name) => !texts.includes(`${name} is fenced`))).toEqual([])
})

test('each room has a planted import of a room that it may not see', () => {
  const texts = markers.map((marker) => marker.text)
  expect(Object.keys(rooms).filter((room) => !texts.some((text) => text.startsWith(`${room} may not import`)))).toEqual(
    [],
  )
})

test('no room can reach itself over other rooms', () => {
  const cycles: string[] = []
  for (const room of Object.keys(rooms)) if (reaches(room, room, new Set())) cycles.push(room)
  expect(cycles).toEqual([])
})

/** Comments of the config stand on lines of their own. */
function withoutComments(json: string): string {
  return json.replaceAll(/^\s*\/\/.*$/gm, '')
}

function reaches(from: string, to: string, seen: Set<string>): boolean {
  for (const entry of rooms[from] ?? []) {
    const next = entry.split('/')[0] ?? ''
    if (next === to) return true
    if (seen.has(next)) continue
    seen.add(next)
    if (reaches(next, to, seen)) return true
  }
  return false
}
