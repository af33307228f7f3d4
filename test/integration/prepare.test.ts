import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = path.dirname(path.dirname(import.meta.dirname))

/** Stands in for npm: counts its calls, takes a moment, and installs a Node that is this test's own. */
const fakeNpm = `
import fs from 'node:fs'
fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
await new Promise((resolve) => setTimeout(resolve, 300))
if (fs.existsSync('broken')) {
  console.error('npm error code E500\\nnpm error the registry is on fire\\nnpm error A complete log of this run can be found in: x.log')
  process.exit(1)
}
fs.mkdirSync('node_modules/node/bin', { recursive: true })
fs.rmSync('node_modules/node/bin/node', { force: true })
fs.symlinkSync(process.execPath, 'node_modules/node/bin/node')
`
const main = `
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }))
process.stdin.on('data', (chunk) => process.stdout.write(chunk))
process.stdin.on('end', () => process.exit(7))
`

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let root = ''

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'logpipe-prepare-'))
  for (const folder of ['bin', 'scripts'])
    cpSync(path.join(repository, folder), path.join(root, folder), { recursive: true })
  mkdirSync(path.join(root, 'src', 'cli'), { recursive: true })
  writeFileSync(path.join(root, 'package.json'), '{"type":"module"}')
  writeFileSync(path.join(root, 'package-lock.json'), '{"lockfileVersion":3}')
  writeFileSync(path.join(root, 'src', 'cli', 'main.ts'), main)
  writeFileSync(path.join(root, 'npm-cli.js'), fakeNpm)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string } = {},
): Promise<Result> {
  const env = { ...process.env, npm_execpath: path.join(root, 'npm-cli.js') }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd ?? root, env })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(options.input ?? '')
  })
}

const prepare = (): Promise<Result> => run(process.execPath, ['scripts/prepare.mjs'])
const calls = (): string[] =>
  existsSync(path.join(root, 'calls')) ? readFileSync(path.join(root, 'calls'), 'utf8').trim().split('\n') : []
const lock = (): string => path.join(root, '.prepare-lock')

function plantLock(owner: string, ageMs: number): void {
  mkdirSync(lock())
  writeFileSync(path.join(lock(), 'owner'), owner)
  const at = (Date.now() - ageMs) / 1000
  utimesSync(lock(), at, at)
}

test('a fresh clone is installed once, from the lock file and with the tools of development', async () => {
  expect(await prepare()).toMatchObject({ code: 0, stdout: '' })
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(calls()).toEqual(['install --no-save --include=dev --no-audit --no-fund --no-progress'])
  expect(existsSync(lock())).toBe(false)
})

test('a changed lock file installs again', async () => {
  await prepare()
  writeFileSync(path.join(root, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}')
  await prepare()
  expect(calls()).toHaveLength(2)
})

test('commands begun together install once, and all of them wait for it', async () => {
  const results = await Promise.all([prepare(), prepare(), prepare(), prepare()])
  expect(results.map((one) => one.code)).toEqual([0, 0, 0, 0])
  expect(calls()).toHaveLength(1)
})

test.each([
  ['of a process that is gone', `${hostname()} 999999999 0`, 0],
  ['of another host that went silent', 'elsewhere 1 0', 120_000],
])('a lock %s is taken over', async (_, owner, ageMs) => {
  plantLock(owner, ageMs)
  const results = await Promise.all([prepare(), prepare(), prepare()])
  expect(results.map((one) => one.code)).toEqual([0, 0, 0])
  expect(calls()).toHaveLength(1)
  expect(existsSync(lock())).toBe(false)
})

test('a failed install is one line with a remedy, leaves no lock, and is tried again', async () => {
  writeFileSync(path.join(root, 'broken'), '')
  const failed = await prepare()
  expect(failed.code).toBe(1)
  expect(failed.stderr.trim().split('\n')).toEqual([
    'logpipe set-up: installing dependencies, once',
    'logpipe set-up: npm install ended with exit code 1 (code E500; the registry is on fire); check the access to the npm registry and the free disk space, then run the same command again',
  ])
  expect(existsSync(lock())).toBe(false)
  rmSync(path.join(root, 'broken'))
  expect(await prepare()).toMatchObject({ code: 0 })
})

test('bin/logpipe works from any folder and through links, and passes arguments, input and exit code', async () => {
  const elsewhere = path.join(root, 'else where')
  mkdirSync(elsewhere)
  symlinkSync('../bin/logpipe', path.join(elsewhere, 'first'))
  symlinkSync(path.join(elsewhere, 'first'), path.join(elsewhere, 'second'))
  chmodSync(path.join(root, 'bin', 'logpipe'), 0o755)
  const result = await run(path.join(elsewhere, 'second'), ['parse', 'a b', '--json=lines', ''], {
    cwd: elsewhere,
    input: 'line\n',
  })
  expect(result.code).toBe(7)
  expect(result.stdout).toBe(
    `${JSON.stringify({ args: ['parse', 'a b', '--json=lines', ''], cwd: elsewhere })}\nline\n`,
  )
})
