import { expect, test } from 'vitest'
import { choosePipelines } from '../../../src/app/choose-pipelines.ts'
import { compileProject } from '../../../src/app/compile.ts'
import { loadConfig } from '../../../src/app/project.ts'
import { withFiles } from '../../support/config-files.ts'

const pipelineOf = (name: string): string => `version: 1
source: { type: file, paths: ['${name}.log'] }
derive: [{ id: ${name}-errors, type: error_rate, by: [service.name], window: 1m }]
`
const rule = (id: string, rest: string): string =>
  `  - { id: ${id}, type: threshold, severity: high, above: 5%, ${rest} }\n`
const rules = `version: 1
rules:
${rule('web', 'metric: web-errors.ratio')}${rule('shop', 'metric: shop-errors.ratio')}  - { id: panic, type: any, where: [log.level = error], severity: low }
  - { id: shop-panic, type: any, where: [log.level = error], severity: low, pipelines: [shop] }
  - { id: both-panic, type: any, where: [log.level = error], severity: low, pipelines: [shop, web] }
`
const files = {
  'pipelines/web.yaml': pipelineOf('web'),
  'pipelines/shop.yaml': pipelineOf('shop'),
  'pipelines/rules/all.yaml': rules,
}
const { project, findings } = withFiles(files, (cwd) => loadConfig({ cwd, env: {} }))

test('a chosen pipeline runs with the rules that watch it, and has a hash of its own', () => {
  expect(findings).toEqual([])
  const chosen = choosePipelines(project!, ['web'])
  expect(chosen.pipelines.map(({ name }) => name)).toEqual(['web'])
  expect(compileProject(chosen).compiled.rules.map(({ id, pipelines }) => [id, pipelines])).toEqual([
    ['both-panic', ['web']],
    ['panic', []],
    ['web', ['web']],
  ])
  expect(chosen.hash).not.toBe(project!.hash)
})

test('no name, and all names, are the whole project', () => {
  expect(choosePipelines(project!, [])).toBe(project)
  expect(choosePipelines(project!, ['web', 'shop'])).toBe(project)
})

test.each([
  ['shpo', 'did you mean shop?'],
  ['nothing-like-it', 'there are shop, web'],
])('the unknown pipeline %s is refused with a hint', (name, remedy) => {
  expect(() => choosePipelines(project!, [name])).toThrow(expect.objectContaining({ code: 'LP_USAGE', remedy }))
})
