import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/project.ts'
import { projectFiles } from '../../../src/cli/init.ts'

test('the project that init writes has no findings and a pipeline with rules', () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'logpipe-init-'))
  try {
    for (const [name, text] of projectFiles) {
      mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true })
      writeFileSync(path.join(cwd, name), text)
    }
    const { project, findings } = loadConfig({ cwd, env: {} })
    expect(findings).toEqual([])
    expect(project?.pipelines.map(({ name, rules }) => [name, rules.length])).toEqual([['app', 2]])
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
})
