import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Bag } from '../../../src/core/bag.ts'
import { Decoder, Encoder } from '../../../src/core/codec.ts'

function bagOf(values: readonly number[]): Bag {
  const bag = new Bag()
  for (const value of values) bag.add(value)
  return bag
}

function bytesOf(bag: Bag): Uint8Array {
  const to = new Encoder()
  bag.encode(to)
  return to.finish()
}

/** Many values from few numbers, so that a failure shrinks fast. */
const values = fc
  .record({
    count: fc.integer({ min: 1, max: 1500 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
    scale: fc.constantFrom(1, 1e-3, 1e6),
    least: fc.constantFrom(0, -5000, -20_000),
  })
  .map(({ count, seed, scale, least }) =>
    Array.from({ length: count }, (_, i) => (((i * 7919 * seed) % 10_007) + least) * scale),
  )
const share = fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000)

it('a quantile is that of the nearest rank: exact up to a thousand values, then within one percent', () => {
  fc.assert(
    fc.property(values, share, (all, of) => {
      const bag = bagOf(all)
      const expected = all.toSorted((a, b) => a - b)[Math.ceil(Number((of * all.length).toFixed(6))) - 1]!
      bag.quantile(0.5)
      const got = bag.quantile(of)
      if (all.length <= 1000) expect(got).toBe(expected)
      else expect(Math.abs(got - expected)).toBeLessThanOrEqual(Math.abs(expected) * 0.01)
    }),
  )
})

it('parts merge to the same bag in any order, and it comes back from its bytes', () => {
  fc.assert(
    fc.property(values, fc.nat(1500), (all, cut) => {
      const [first, second] = [all.slice(0, cut), all.slice(cut)]
      const forward = bagOf(first)
      forward.merge(bagOf(second))
      const backward = bagOf(second)
      backward.quantile(0.5) // Looking at a bag does not change it.
      backward.merge(bagOf(first))
      expect(bytesOf(forward)).toEqual(bytesOf(bagOf(all)))
      expect(bytesOf(backward)).toEqual(bytesOf(bagOf(all)))
      expect(bytesOf(Bag.decode(new Decoder(bytesOf(forward))))).toEqual(bytesOf(forward))
    }),
  )
})
