import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineBuffer } from '../../../src/source/line-buffer.ts'
import { plainSource, valuesOf } from '../../support/source-ports.ts'

const limit = 16

/** Feeds the chunks, takes whenever asked to, and gives each record as offset, value and what it was cut from. */
function cutInto(chunks: readonly Uint8Array[], takes: readonly boolean[]): unknown[] {
  const lines = new LineBuffer(limit)
  const records: unknown[] = []
  let next = 0
  const take = (isEnd: boolean): void => {
    const batch = lines.take(plainSource('s'), BigInt(next), isEnd)
    valuesOf(batch).forEach((value, i) => records.push([next + (batch.offset[i] ?? 0), value, batch.cut.get(i)]))
    next += batch.next
  }
  chunks.forEach((chunk, i) => {
    lines.add(chunk)
    if (lines.hasLine && takes[i % takes.length] !== false) take(false)
  })
  do take(true)
  while (lines.size > 0)
  return records
}

/** The same by the definition: split at LF, one CR before it goes, cut at the limit. */
function expected(text: string): unknown[] {
  const records: unknown[] = []
  let offset = 0
  const parts = text.split('\n')
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1
    if (isLast && part === '') return
    const value = !isLast && part.endsWith('\r') ? part.slice(0, -1) : part
    const sha256 = createHash('sha256').update(value).digest('hex')
    const whole = value.length > limit ? { size: value.length, sha256 } : undefined
    records.push([offset, value.slice(0, limit), whole])
    offset += part.length + 1
  })
  return records
}

test('lines do not depend on how the stream is cut into chunks and when they are taken', () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '\r', 'b'), maxLength: 24 }),
    fc.string({ unit: fc.constant('x'), minLength: 15, maxLength: 70 }),
  )
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      (lines, sizes, takes) => {
        const bytes = Buffer.from(lines.join('\n'))
        const chunks: Uint8Array[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(cutInto(chunks, takes)).toEqual(expected(bytes.toString()))
      },
    ),
    { numRuns: 500 },
  )
})
