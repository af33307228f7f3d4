import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/core/event-batch.ts'
import { valueAt } from '../../../src/core/event-batch.ts'
import { formats } from '../../../src/registry.ts'
import { parseLines } from '../../support/parse.ts'

// test/fixtures/formats/<name>/: lines.log gives events.ndjson; no line of near-miss.log is taken for <name>.
const folder = new URL('../../fixtures/formats/', import.meta.url)
const names = existsSync(folder) ? readdirSync(folder).sort() : []

function linesOf(path: URL): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

describe.each(names)('%s', (name) => {
  const lines = new URL(`${name}/lines.log`, folder)
  const events = new URL(`${name}/events.ndjson`, folder)
  const nearMiss = new URL(`${name}/near-miss.log`, folder)

  test('the lines give the golden events', () => {
    const documents = parseLines(readFileSync(lines))
    const golden = linesOf(events).map((line) => JSON.parse(line) as JsonObject)
    for (let i = 0; i < golden.length; i++) expect(documents[i], `line ${i + 1}`).toEqual(golden[i])
    expect(documents.length).toBe(golden.length)
  })

  test.runIf(existsSync(nearMiss))('near misses are not taken for it', () => {
    for (const line of linesOf(nearMiss)) {
      const [document] = parseLines(line)
      expect(valueAt(document!, 'logpipe.format'), line).not.toBe(name)
      expect(valueAt(document!, 'logpipe.envelope') ?? [], line).not.toContain(name)
    }
  })
})

test.each(formats.map((format) => [format.name, format] as const))('%s takes its own example', (name, format) => {
  const [document] = parseLines(format.example)
  const found = [valueAt(document!, 'logpipe.format'), ...((valueAt(document!, 'logpipe.envelope') as string[]) ?? [])]
  expect(found).toContain(name)
})
