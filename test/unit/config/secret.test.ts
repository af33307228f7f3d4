import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { resolveSecret } from '../../../src/config/secret.ts'
import { withFiles } from '../../support/config-files.ts'

const env = { API_KEY: 'canary-1', EMPTY: '' }

function revealed(raw: string): string | undefined {
  const outcome = resolveSecret(raw, env)
  return outcome !== undefined && 'secret' in outcome ? outcome.secret.reveal() : undefined
}

test('a variable is named in two ways, and never shows in text, JSON or inspection', () => {
  expect(revealed('env:API_KEY')).toBe('canary-1')
  expect(revealed('${API_KEY}')).toBe('canary-1')
  const outcome = resolveSecret('env:API_KEY', env)
  expect(JSON.stringify(outcome) + inspect(outcome, { depth: 9 })).not.toContain('canary-1')
})

test.each(['canary-2', 'x${API_KEY}', '${API_KEY:-canary-3}', 'env:API KEY', ' env:API_KEY', '${API_KEY}${API_KEY}'])(
  '%j is a literal',
  (raw) => {
    expect(resolveSecret(raw, env)).toBeUndefined()
  },
)

test.each(['env:NONE', '${NONE}', 'env:EMPTY'])('%s is an undefined variable', (raw) => {
  expect(resolveSecret(raw, env)).toMatchObject({ code: 'undefined_variable' })
})

test('a file loses one line feed at its end', () => {
  withFiles({ key: 'canary-4\n\n' }, (folder) => {
    chmodSync(path.join(folder, 'key'), 0o600)
    expect(revealed(`file:${folder}/key`)).toBe('canary-4\n')
    expect(revealed(`\${file:${folder}/key}`)).toBe('canary-4\n')
  })
})

test.each([
  ['relative', 'file:key', 'absolute'],
  ['missing', 'file:/nowhere/key', 'ENOENT'],
])('a %s path is refused', (_, raw, why) => {
  const outcome = resolveSecret(raw, env)
  expect(outcome).toMatchObject({ code: 'secret_file' })
  expect(JSON.stringify(outcome)).toContain(why)
})

test.each([0o604, 0o622, 0o700])('mode %i is refused', (mode) => {
  withFiles({ key: 'canary-5' }, (folder) => {
    chmodSync(path.join(folder, 'key'), mode)
    const outcome = resolveSecret(`file:${folder}/key`, env)
    expect(outcome).toMatchObject({ code: 'secret_file' })
    expect(JSON.stringify(outcome)).not.toContain('canary-5')
  })
})

test('a link may lead inside of its folder, as mounted secrets do, and nowhere else', () => {
  withFiles({ outside: 'canary-6' }, (folder) => {
    const mount = path.join(folder, 'mount')
    mkdirSync(path.join(mount, '..v1'), { recursive: true })
    writeFileSync(path.join(mount, '..v1', 'key'), 'canary-7')
    for (const file of [path.join(mount, '..v1', 'key'), path.join(folder, 'outside')]) chmodSync(file, 0o400)
    symlinkSync(path.join('..v1', 'key'), path.join(mount, 'key'))
    symlinkSync(path.join('..', 'outside'), path.join(mount, 'other'))
    expect(revealed(`file:${mount}/key`)).toBe('canary-7')
    expect(resolveSecret(`file:${mount}/other`, env)).toMatchObject({ code: 'secret_file' })
  })
})
