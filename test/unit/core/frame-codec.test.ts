import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Bag } from '../../../src/core/bag.ts'
import { Decoder, Encoder } from '../../../src/core/codec.ts'
import type { Frame } from '../../../src/core/frame.ts'
import { decodeFrame, encodeFrame } from '../../../src/core/frame-codec.ts'

const position = fc.record({ offset: fc.bigInt({ min: 0n, max: 2n ** 62n }), sub: fc.nat() })
const time = fc.oneof(fc.integer({ min: -1e15, max: 1e15 }), fc.constantFrom(Infinity, -Infinity))
const cell = fc.oneof(fc.nat(), fc.double({ noNaN: true }), fc.constantFrom(2 ** 51, 2 ** 53, -1, 1e300)).map(
  (value) => value + 0, // Cells have no -0.
)

function bagOf(values: readonly number[]): Bag {
  const bag = new Bag()
  for (const value of values) bag.add(value)
  return bag
}

const cells = fc
  .record({
    derive: fc.string(),
    width: fc.integer({ min: 1, max: 4 }),
    series: fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
    count: fc.nat(6),
    hasBags: fc.boolean(),
    values: fc.array(cell, { minLength: 24, maxLength: 24 }),
    panes: fc.array(fc.integer(), { minLength: 6, maxLength: 6 }),
  })
  .map(({ derive, width, series, count, hasBags, values, panes }) => ({
    derive,
    width,
    series,
    seriesOf: Int32Array.from({ length: count }, (_, i) => i % series.length),
    pane: Float64Array.from(panes.slice(0, count)),
    cells: Float64Array.from(values.slice(0, count * width)),
    bags: hasBags ? Array.from({ length: count }, (_, i) => bagOf(values.slice(0, i * 3))) : [],
  }))

const frame: fc.Arbitrary<Frame> = fc.record({
  source: fc.string({ unit: 'grapheme' }),
  pipeline: fc.string(),
  from: position,
  to: position,
  earliest: time,
  at: time,
  watermark: time,
  configHash: fc.string(),
  isEnd: fc.boolean(),
  derives: fc.array(cells, { maxLength: 3 }),
  matches: fc.array(
    fc.record({ rule: fc.string(), series: fc.string(), timeMs: time, position, count: fc.nat(), sample: fc.string() }),
    { maxLength: 3 },
  ),
  samples: fc.array(
    fc.record({ derive: fc.string(), series: fc.string(), pane: time, timeMs: time, position, text: fc.string() }),
    { maxLength: 3 },
  ),
})

function bytesOf(one: Frame): Uint8Array {
  const to = new Encoder()
  encodeFrame(to, one)
  return to.finish()
}

it('a frame comes back as it was, and its bytes, too', () => {
  fc.assert(
    fc.property(frame, (one) => {
      const bytes = bytesOf(one)
      const from = new Decoder(bytes)
      const back = decodeFrame(from)
      expect(from.done).toBe(true)
      expect(bytesOf(back)).toEqual(bytes)
      expect({ ...back, derives: back.derives.map((part) => ({ ...part, bags: part.bags.length })) }).toEqual({
        ...one,
        derives: one.derives.map((part) => ({ ...part, bags: part.bags.length })),
      })
    }),
  )
})
