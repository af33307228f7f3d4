import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/byte-writer.ts'
import { base64Of, cutBefore, isAscii, isUtf8, searchable } from '../../../src/core/utf8.ts'

test.each([
  { text: 'abc', at: 2, cut: 2 },
  { text: 'a测b', at: 1, cut: 1 },
  { text: 'a测b', at: 2, cut: 1 },
  { text: 'a测b', at: 3, cut: 1 },
  { text: 'a测b', at: 4, cut: 4 },
  { text: '😀', at: 3, cut: 0 },
])('a cut of $text at $at is made at $cut', ({ text, at, cut }) => {
  expect(cutBefore(bytesOf(text), at)).toBe(cut)
})

test('bytes that are no characters are cut where they are', () => {
  expect(cutBefore(new Uint8Array(10).fill(0x80), 7)).toBe(7)
})

test('spans are looked at alone', () => {
  const bytes = Uint8Array.of(0xff, 0x61, 0xc3, 0xa9, 0x62, 0xff).subarray(0)
  expect([isUtf8(bytes, 1, 5), isUtf8(bytes, 0, 5), isUtf8(bytes, 1, 3)]).toEqual([true, false, false])
  expect([isAscii(bytes, 1, 2), isAscii(bytes, 1, 4)]).toEqual([true, false])
  expect(base64Of(bytes.subarray(1), 0, 3)).toBe('YcOp')
  expect(searchable(bytes.subarray(1)).indexOf(0x62)).toBe(3)
})
