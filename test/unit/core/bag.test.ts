import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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

const values = fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { minLength: 1, maxLength: 2500 })

describe('a bag of values', () => {
  test.each([
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
    [1, 100],
    [0.001, 1],
  ])('has the nearest-rank quantile %d of 1 to 100 at %d', (share, expected) => {
    expect(bagOf(Array.from({ length: 100 }, (_, i) => 100 - i)).quantile(share)).toBe(expected)
  })

  test('has no quantile when it is empty', () => {
    expect(new Bag().quantile(0.5)).toBeNaN()
  })

  test('is within 1 % of the exact quantile beyond 1,000 values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1001, maxLength: 1500 }), (many) => {
        const sorted = [...many].sort((a, b) => a - b)
        for (const share of [0.5, 0.95, 0.99]) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1]!
          expect(Math.abs(bagOf(many).quantile(share) - exact) / exact).toBeLessThanOrEqual(0.01)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('is the same however its values were split and in which order the parts were merged', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat(2500), { maxLength: 4 }), fc.boolean(), (all, cuts, reversed) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length]
        const parts = at.slice(1).map((end, i) => bagOf(all.slice(at[i], end)))
        const merged = new Bag()
        for (const part of reversed ? parts.reverse() : parts) merged.merge(part)
        expect(bytesOf(merged)).toEqual(bytesOf(bagOf(all)))
      }),
      { numRuns: 50 },
    )
  })

  test('comes back from its bytes', () => {
    fc.assert(
      fc.property(values, (all) => {
        const bytes = bytesOf(bagOf(all))
        expect(bytesOf(Bag.decode(new Decoder(bytes)))).toEqual(bytes)
      }),
      { numRuns: 50 },
    )
  })
})
