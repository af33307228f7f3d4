import { expect, test } from 'vitest'
import { effectiveConfig } from '../../../src/config/effective.ts'
import { components } from '../../support/config-components.ts'
import { loadFiles } from '../../support/config-files.ts'

const files = {
  'logpipe.yaml': 'tick: ${TICK}\n',
  'pipelines/app.yaml':
    'version: 1\nsource: { type: http, token: "env:TOKEN" }\nderive: [{ id: a, type: count, by: [host.name] }]\n',
}
const values = effectiveConfig(loadFiles(files, { TICK: '30s', TOKEN: 'canary' }), components)

test.each([
  ['logpipe.yaml', 'tick', '30s', { kind: 'env', line: 1, col: 7, variables: ['TICK'] }],
  ['logpipe.yaml', 'server.port', 8680, { kind: 'default' }],
  ['logpipe.yaml', 'outputs.metrics', [], { kind: 'default' }],
  ['pipelines/app.yaml', 'version', 1, { kind: 'file', line: 1, col: 10 }],
  ['pipelines/app.yaml', 'source.token', '[secret]', { kind: 'file', line: 2, col: 30 }],
  ['pipelines/app.yaml', 'source.name', 'lines', { kind: 'default' }],
  ['pipelines/app.yaml', 'derive[0].by[0]', 'host.name', { kind: 'file', line: 3, col: 37 }],
  ['pipelines/app.yaml', 'derive[0].window', '1m', { kind: 'default' }],
  ['pipelines/app.yaml', 'sink[0].type', 'store', { kind: 'default' }],
])('%s %s is %j from %j', (file, path, value, origin) => {
  expect(values.filter((entry) => entry.file === file && entry.path === path)).toEqual([{ file, path, value, origin }])
})

test('no secret is shown', () => {
  expect(JSON.stringify(values)).not.toContain('canary')
})
