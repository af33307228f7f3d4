import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  addExact,
  addSquare,
  exactInteger,
  exactNumber,
  mergeExact,
  mergeSquares,
  squareLimbs,
  squaresInteger,
} from '../../../src/derive/exact-sum.ts'

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(2 ** 63, -(2 ** 63), 2 ** 52, 2 ** 26, 2 ** 26 - 1, 2 ** 32, -(2 ** 32), -1, 0),
)
const parts = fc.array(fc.array(integer, { maxLength: 20 }), { maxLength: 5 })

it('a sum is exact and of one form, however it is put together', () => {
  fc.assert(
    fc.property(parts, (lists) => {
      const whole = new Float64Array(2)
      const merged = new Float64Array(2)
      for (const list of lists.toReversed()) {
        const part = new Float64Array(2)
        for (const value of list) addExact(part, 0, value)
        mergeExact(merged, 0, part, 0)
      }
      for (const value of lists.flat()) addExact(whole, 0, value)
      const expected = lists.flat().reduce((sum, value) => sum + BigInt(value), 0n)
      expect(exactInteger(whole, 0)).toBe(expected)
      expect(merged).toEqual(whole)
      expect(exactNumber(whole, 0)).toBe(Number(expected))
    }),
  )
})

it('a sum of squares is exact and of one form, too', () => {
  fc.assert(
    fc.property(parts, (lists) => {
      const whole = new Float64Array(squareLimbs)
      const merged = new Float64Array(squareLimbs)
      for (const list of lists.toReversed()) {
        const part = new Float64Array(squareLimbs)
        for (const value of list) addSquare(part, 0, value)
        mergeSquares(merged, 0, part, 0)
      }
      for (const value of lists.flat()) addSquare(whole, 0, value)
      expect(squaresInteger(whole, 0)).toBe(lists.flat().reduce((sum, value) => sum + BigInt(value) ** 2n, 0n))
      expect(merged).toEqual(whole)
    }),
  )
})
