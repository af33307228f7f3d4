import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { check, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { planted, repository } from './markers.ts'

test('knip reports a dead file, a dead export and a dead dependency', () => {
  const knip = path.join(repository, 'node_modules', 'knip', 'bin', 'knip.js')
  const folder = path.join(planted, 'knip')
  const args = [
    knip,
    '--directory',
    folder,
    '--config',
    path.join(repository, 'knip.json'),
    '--reporter',
    'symbols',
    '--no-config-hints',
  ]
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  expect(run.status).toBe(1)
  expect(run.stdout).toMatch(/^src\/dead\.ts\b/m)
  expect(run.stdout).toMatch(/^unused\b.*src\/used\.ts/m)
  expect(run.stdout).toMatch(/^left-pad\b/m)
})

test.each([
  ['a semicolon', 'a.ts', 'const a = 1;\n'],
  ['double quotes', 'a.ts', 'const a = "b"\n'],
  ['a long line', 'a.ts', `const a = f(${'first, '.repeat(20)}last)\n`],
  ['loose YAML', 'a.yaml', 'a:   1\n'],
  ['loose Markdown', 'a.md', '*  a\n'],
  ['loose JSON', 'a.json', '{"a":1}\n'],
])('prettier reports %s', async (_, name, text) => {
  const config = await resolveConfig(path.join(repository, name))
  expect(await check(text, { ...config, filepath: name })).toBe(false)
})

test('every version in package.json is exact', () => {
  const manifest = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('each npm script sets the clone up before it runs', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
    readonly scripts: Record<string, string>
  }
  const own = Object.keys(scripts).filter((name) => !name.startsWith('pre') || scripts[`pre${name}`] !== undefined)
  expect(own.filter((name) => scripts[`pre${name}`] !== 'node scripts/prepare.mjs')).toEqual([])
})

test('tests run on the pinned Node', () => {
  const pinned = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
    readonly devDependencies: { readonly node: string }
  }
  expect(process.versions.node).toBe(pinned.devDependencies.node)
})
