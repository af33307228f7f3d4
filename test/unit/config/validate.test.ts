import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatFinding } from '../../../src/config/finding.ts'
import { findingsOf, loadFiles, marked } from '../../support/config-files.ts'

const head = 'version: 1\nsource: { type: file, paths: [app.log] }\n'

test.each([
  ['a misspelt key', 'derive: [{ id: a, type: count, by: [], ▸wher: [] }]', 'unknown_key'],
  ['a key of another type', 'derive: [{ id: a, type: count, ▸threshold: 1s }]', 'unknown_key'],
  ['a key in the wrong case', '▸Sink: []', 'unknown_key'],
  ['a key in a section', 'limits: { ▸max_serie: 5 }', 'unknown_key'],
  ['a missing key, at its map', 'derive: [▸{ type: count }]', 'missing_key'],
  ['a missing type', 'derive: [▸{ id: a }]', 'missing_key'],
  ['a type that is no word', 'derive: [{ id: a, type: ▸[count] }]', 'wrong_type'],
  ['an unknown type', 'derive: [{ id: a, type: ▸counts }]', 'unknown_type'],
  ['an unknown format', 'parse: [{ type: ▸nginx_acess }]', 'unknown_type'],
  ['a map in place of a list', 'derive: ▸{ id: a, type: count }', 'wrong_type'],
  ['a text in place of an entry', 'derive: [▸count]', 'wrong_type'],
  ['nothing', 'derive: [{ id: a, type: count, window: ▸}]', 'wrong_type'],
  ['a bare duration', 'derive: [{ id: a, type: count, window: ▸60 }]', 'missing_unit'],
  ['a duration of another form', 'derive: [{ id: a, type: count, window: ▸1 minute }]', 'bad_value'],
  ['a number below zero', 'limits: { max_series: ▸-1 }', 'out_of_range'],
  ['a number that is a text', 'limits: { max_series: ▸"100" }', 'wrong_type'],
  ['a word that is not allowed', 'parse: [{ type: auto, multiline: ▸of }]', 'bad_value'],
  ['two parse entries', 'parse: ▸[{ type: json }, { type: logfmt }]', 'out_of_range'],
  ['an id with a space', 'derive: [{ id: ▸"a b", type: count }]', 'bad_value'],
  ['an undefined variable inside a text', 'summary: "from ▸${NONE}"', 'undefined_variable'],
  ['a number that does not read as it looks', 'limits: { max_series: ▸0100 }', 'odd_number'],
])('%s is one finding at its place', (_, line, code) => {
  const { text, places } = marked(`${head}${line}\n`)
  expect(findingsOf(text)).toEqual(places.map((place) => `${place} ${code}`))
})

test('the version is needed and has to be known', () => {
  expect(findingsOf('source: { type: file, paths: [a] }')).toEqual(['1:1 missing_key'])
  expect(findingsOf('version: 2\nsource: { type: file, paths: [a] }')).toEqual(['1:10 bad_value'])
  expect(findingsOf('just a text')).toEqual(['1:1 wrong_type'])
  expect(findingsOf('[1, 2]')).toEqual(['1:1 wrong_type'])
})

test('a value in doubt is not spoken of twice', () => {
  expect(findingsOf(`${head}derive: [{ id: a, type: count, window: "\${WINDOW}" }]`)).toEqual([
    '3:41 undefined_variable',
  ])
})

test('mistakes of one entry do not hide those of another or of other parts', () => {
  const text = `${head}derive:\n  - { id: a, type: count, window: 60, wher: [] }\n  - { id: b, type: nothing }\nlimits: { max_series: x }\n`
  expect(findingsOf(text)).toEqual(['4:35 missing_unit', '4:39 unknown_key', '5:20 unknown_type', '6:23 wrong_type'])
})

test.each([
  ['limits: { max_series: "${N}" }', { N: '500' }, []],
  ['limits: { max_series: "${N}" }', { N: 'many' }, ['3:23 wrong_type']],
  ['limits: { max_series: "${N}0" }', { N: '50' }, ['3:23 wrong_type']],
  ['limits: { max_series: "${N}" }', { N: '007' }, ['3:23 wrong_type']],
  ['derive: [{ id: a, type: count, window: "${N}" }]', { N: '5m' }, []],
])('%s with %j gives %j', (line, env, findings) => {
  expect(findingsOf(`${head}${line}\n`, env)).toEqual(findings)
})

test('a lone reference becomes true or false where one is asked for', () => {
  const pipeline = 'version: 1\nsource: { type: file, paths: [app.log], follow: "${FOLLOW}" }'
  const { project } = loadFiles({ 'pipelines/app.yaml': pipeline }, { FOLLOW: 'false' })
  expect(project?.pipelines[0]?.source.config['follow']).toBe(false)
})

test.each([
  ['a literal', 'hunter2', 'secret_literal'],
  ['a part', 'Bearer ${TOKEN}', 'secret_literal'],
  ['a default', '${TOKEN:-hunter2}', 'secret_literal'],
  ['a list', '[hunter2]', 'secret_literal'],
  ['an undefined variable', 'env:NONE', 'undefined_variable'],
  ['an undefined reference', '${NONE}', 'undefined_variable'],
  ['a missing file', 'file:/nowhere/hunter2', 'secret_file'],
])('%s in place of a secret is one finding that does not repeat the value', (_, token, code) => {
  const pipeline = `version: 1\nsource:\n  type: http\n  token: ${token}\n`
  const { findings, project } = loadFiles({ 'pipelines/app.yaml': pipeline }, { TOKEN: 'canary' })
  expect(findings.map((finding) => `${finding.line}:${finding.col} ${finding.code}`)).toEqual([`4:10 ${code}`])
  expect(findings.map(formatFinding).join()).not.toMatch(/canary|Bearer| hunter2/)
  expect(project).toBeUndefined()
})

test('a hint names what was probably meant', () => {
  const { findings } = loadFiles({
    'pipelines/a.yaml': `${head}parse: [{ type: nginx_acess }]\nsinks: []\nderive: [{ id: a, type: slow_request }]`,
  })
  expect(findings.map((finding) => finding.hint)).toEqual([
    'did you mean nginx_access?',
    'did you mean sink?',
    'did you mean slow_requests?',
  ])
})

test('whatever values stand in a pipeline, loading gives findings or a project, never an error', () => {
  const value = fc.jsonValue()
  const keys = fc.constantFrom('version', 'summary', 'source', 'parse', 'derive', 'rules', 'sink', 'limits', 'tests')
  fc.assert(
    fc.property(fc.dictionary(keys, value), (pipeline) => {
      const { project, findings } = loadFiles({ 'pipelines/a.json': JSON.stringify(pipeline) })
      expect(project === undefined).toBe(findings.some((finding) => finding.severity === 'error'))
    }),
    { numRuns: 60 },
  )
})
