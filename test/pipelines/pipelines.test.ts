import path from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/app/project.ts'
import { runTests } from '../../src/app/test-blocks.ts'

const root = path.join(import.meta.dirname, '..', '..')
const { project, findings } = loadConfig({ cwd: root, env: {} })
const report = runTests(project!, { cwd: root })

test('the shipped pipelines and rules have no findings', () => {
  expect(findings).toEqual([])
})

test.each(report.results.map(({ place, name, problems }) => [place, name, problems] as const))(
  '%s: %s',
  (_place, _name, problems) => {
    expect(problems).toEqual([])
  },
)

test('every shipped rule fires in a block', () => {
  expect(report.rules.fired).toEqual(report.rules.all)
  expect(report.rules.all.length).toBeGreaterThan(7)
})
