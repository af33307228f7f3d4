import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { EventBatch, EventTables } from '../../../src/core/event-batch.ts'
import { EventWriter } from '../../../src/core/event-writer.ts'
import { ParseContext } from '../../../src/parse/context.ts'
import { Detection, DetectionTable, maxAttempts } from '../../../src/parse/detect.ts'
import type { TextFormat } from '../../../src/parse/format.ts'
import { abbreviationsOf, zoneOf } from '../../../src/parse/timestamp/zone.ts'
import { formats } from '../../../src/registry.ts'
import { goldenSettings, recordsOf, referenceMs } from '../../support/parse.ts'

const folder = new URL('../../fixtures/formats/', import.meta.url)
const texts = formats.filter((format): format is TextFormat => format.shape === 'text' && format.isEnvelope !== true)

/** All fixture lines of text formats, near misses too, and the examples. */
function lines(): string[] {
  const found = new Set(texts.map((format) => format.example))
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const file of ['lines.log', 'near-miss.log']) {
      const path = new URL(`${name}/${file}`, folder)
      if (existsSync(path)) for (const line of readFileSync(path, 'utf8').split('\n')) found.add(line)
    }
  }
  return [...found].filter((line) => line.trim() !== '' && line.length < 4096)
}

function detection(): { find: (line: string, known: readonly string[]) => string } {
  const batch = new EventBatch(new EventTables())
  batch.reset(recordsOf(''))
  const out = new EventWriter(batch)
  const context = new ParseContext(zoneOf('UTC')!, abbreviationsOf(), goldenSettings())
  context.time.referenceMs = referenceMs
  const found = new Detection(new DetectionTable(texts), out, context)
  return {
    find(line, known) {
      const bytes = bytesOf(line)
      out.begin()
      found.remember(known)
      const format = found.find(bytes, 0, bytes.length)
      const written = `${format?.name ?? 'none'} ${batch.entryCount} ${batch.numberCount} ${out.level} ${out.timeMs}`
      out.rollback()
      return written
    },
  }
}

test('no byte begins more formats than are tried', () => {
  for (const order of new DetectionTable(texts).order) expect(order.length).toBeLessThan(maxAttempts)
})

test('what a source had before does not change what is found: every state of the memory, every fixture line', () => {
  const { find } = detection()
  const names = texts.map((format) => format.name)
  const states: string[][] = [[]]
  for (const a of names) {
    states.push([a])
    for (const b of names) if (b !== a) states.push([a, b])
  }
  for (const line of lines()) {
    const fresh = find(line, [])
    for (const state of states)
      if (find(line, state) !== fresh) expect({ line, state, found: find(line, state) }).toEqual(fresh)
    // With a third one the order in which the others were asked matters alone: what was found, then two others.
    const found = fresh.split(' ')[0]!
    for (const a of names)
      for (const b of names) if (find(line, [a, b, found]) !== fresh) expect([a, b, line]).toEqual(fresh)
  }
})

test.each(formats.filter((format): format is TextFormat => format.shape === 'text' && format.mark !== undefined))(
  'the example of $name has its mark, and is no line of it without',
  (format) => {
    const { at, byte } = format.mark!
    expect(format.example[at]).toBe(byte)
    const batch = new EventBatch(new EventTables())
    batch.reset(recordsOf(''))
    const out = new EventWriter(batch)
    const context = new ParseContext(zoneOf('UTC')!, abbreviationsOf(), goldenSettings())
    for (const other of '/ :.0Tx') {
      const bytes = bytesOf(format.example.slice(0, at) + other + format.example.slice(at + 1))
      out.begin()
      expect(format.scan(bytes, 0, bytes.length, out, context)).toBe(false)
    }
  },
)
