import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decoder, Encoder } from '../../../src/core/codec.ts'

test('what was written is read back', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.double(),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array(),
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
      (uint, double, text, bytes, bigint) => {
        const to = new Encoder()
        to.uint(uint)
        to.double(double)
        to.text(text)
        to.bytes(bytes)
        to.bigint(bigint)
        to.bool(true)
        const from = new Decoder(to.finish())
        expect([from.uint(), from.double(), from.text(), from.bytes(), from.bigint(), from.bool()]).toEqual([
          uint,
          double,
          text,
          bytes,
          bigint,
          true,
        ])
        expect(from.done).toBe(true)
      },
    ),
  )
})

test('bytes that end early are refused', () => {
  const to = new Encoder()
  to.text('a longer text')
  expect(() => new Decoder(to.finish().subarray(0, 5)).text()).toThrow(RangeError)
})
