import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { components, formats } from '../../src/registry.ts'

const reference = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'reference', 'components.md'), 'utf8')

const kinds = {
  Sources: components.sources,
  Derive: components.derives,
  Rules: components.alerts,
  Channels: components.channels,
  Sinks: components.sinks,
}

/** The part of the reference on one component: from its heading to the next one. */
function sectionOf(kind: string, name: string): string {
  const ofKind = reference.split(/^## /m).find((part) => part.startsWith(`${kind}\n`)) ?? ''
  return ofKind.split(/^### /m).find((part) => part.startsWith(`\`${name}\`\n`)) ?? ''
}

const all = Object.entries(kinds).flatMap(([kind, definitions]) =>
  definitions.map((definition) => ({ kind, type: definition.type, definition })),
)

describe.each(all)('$type of $kind', ({ kind, type, definition }) => {
  const example = definition.example as Readonly<Record<string, unknown>>

  test('has an example that its schema takes, and refuses a key that it does not know', () => {
    expect(definition.config.safeParse(example)).toMatchObject({ success: true })
    expect(definition.config.safeParse({ ...example, no_such_key: 1 })).toMatchObject({ success: false })
  })

  test('has its example, its keys and its summary in the reference', () => {
    const section = sectionOf(kind, type)
    const [, block = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? []
    expect(parse(block)).toEqual({ type, ...example })
    expect(section).toContain(definition.summary)
    for (const key of Object.keys(example)) expect(section).toContain(`\`${key}\``)
  })
})

test.each(formats)('the reference lists the format $name', ({ name, summary }) => {
  const row = reference.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
  expect(row?.split('|')[2]?.trim()).toBe(summary)
})

test('a type is there once in its kind', () => {
  for (const [kind, definitions] of Object.entries(kinds)) {
    const types = definitions.map(({ type }) => type)
    expect(new Set(types).size, kind).toBe(types.length)
  }
})
