import { expect, test } from 'vitest'
import { generateSchemas } from '../../../src/config/schema-files.ts'
import { components } from '../../support/config-components.ts'

const schemas = generateSchemas(components)
const pipeline = JSON.parse(schemas.get('schemas/json/pipeline.schema.json') ?? '{}')

/** The branch of a list of entries for one type. */
function entry(
  key: string,
  type: string,
): { properties: Record<string, unknown>; required: string[]; additionalProperties: boolean } {
  return pipeline.properties[key].items.anyOf.find(
    (branch: { properties: { type: { const?: string; enum?: string[] } } }) => {
      const word = branch.properties.type
      return word.const === type || word.enum?.includes(type) === true
    },
  )
}

test('each kind of file has a draft-07 schema that refuses unknown keys', () => {
  expect([...schemas.keys()]).toEqual(
    ['logpipe', 'pipeline', 'rules', 'routing'].map((name) => `schemas/json/${name}.schema.json`),
  )
  for (const text of schemas.values()) {
    expect(JSON.parse(text)).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
    })
  }
})

test('an entry has the keys of its kind and its type, with defaults and descriptions', () => {
  const derive = entry('derive', 'slow_requests')
  expect(derive.required).toEqual(expect.arrayContaining(['id', 'type']))
  expect(derive.additionalProperties).toBe(false)
  expect(derive.properties['threshold']).toMatchObject({ default: '1s', description: 'Slow from here.' })
  expect(entry('parse', 'nginx_access')).toBe(entry('parse', 'auto'))
})

test.each([
  ['60s', true],
  ['1h30m', true],
  ['0', true],
  ['${WINDOW}', true],
  ['60', false],
  ['1 minute', false],
])('an editor takes the duration %s: %s', (text, isFine) => {
  const { anyOf } = entry('derive', 'count').properties['window'] as { anyOf: { pattern?: string }[] }
  expect(new RegExp(anyOf[0]!.pattern!).test(text)).toBe(isFine)
})

test('a secret takes references alone, and a number may come from a variable', () => {
  const http = pipeline.properties.source.anyOf.find(
    (branch: { properties: { type: { const: string } } }) => branch.properties.type.const === 'http',
  )
  const secret = new RegExp(http.properties.token.pattern)
  expect([secret.test('env:TOKEN'), secret.test('file:/run/secrets/a'), secret.test('hunter2')]).toEqual([
    true,
    true,
    false,
  ])
  expect(http.properties.port.anyOf).toEqual([
    { type: 'integer', minimum: 0, maximum: 65_535 },
    { type: 'string', pattern: '^\\$\\{[^}]*\\}$' },
  ])
})

test('no word of ours is left in the schemas', () => {
  for (const text of schemas.values()) expect(text).not.toContain('"unit"')
})
