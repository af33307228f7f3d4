import { expect, test } from 'vitest'
import { bytesOf, textOf } from '../../../src/core/byte-writer.ts'
import { splitLines } from '../../../src/core/lines.ts'
import { RecordBatch } from '../../../src/core/record-batch.ts'
import { plainSource } from '../../support/parse.ts'

function cut(text: string, isEnd: boolean): { lines: string[]; offsets: number[]; rest: number; next: number } {
  const bytes = bytesOf(text)
  const records = new RecordBatch(plainSource(), bytes, 0n, 1)
  const rest = splitLines(records, 0, bytes.length, { timestamp: NaN, offset: 100, isEnd })
  const lines = Array.from({ length: records.count }, (_, i) =>
    textOf(bytes, records.valueStart[i]!, records.valueEnd[i]!),
  )
  return { lines, offsets: [...records.offset.subarray(0, records.count)], rest, next: records.next }
}

test.each([
  { name: 'LF', text: 'one\ntwo\n', lines: ['one', 'two'], offsets: [100, 104], rest: 8 },
  { name: 'CR LF', text: 'one\r\ntwo\r\n', lines: ['one', 'two'], offsets: [100, 105], rest: 10 },
  {
    name: 'a lone CR, VT, FF, NEL and U+2028',
    text: 'a\rb\vc\fd\u0085e\u2028f\n',
    lines: ['a\rb\vc\fd\u0085e\u2028f'],
    offsets: [100],
    rest: 15,
  },
  { name: 'two CR before LF', text: 'a\r\r\n', lines: ['a\r'], offsets: [100], rest: 4 },
  { name: 'empty lines', text: '\n\r\na\n', lines: ['', '', 'a'], offsets: [100, 101, 103], rest: 5 },
])('a line ends at LF alone: $name', ({ text, lines, offsets, rest }) => {
  expect(cut(text, false)).toEqual({ lines, offsets, rest, next: 100 + rest })
})

test('what follows the last LF is a line only at the end of the input', () => {
  expect(cut('one\ntw', false)).toEqual({ lines: ['one'], offsets: [100], rest: 4, next: 104 })
  expect(cut('one\ntw', true)).toEqual({ lines: ['one', 'tw'], offsets: [100, 104], rest: 6, next: 106 })
  expect(cut('one\r', true)).toEqual({ lines: ['one\r'], offsets: [100], rest: 4, next: 104 })
})

test('a line end beyond the given end does not count', () => {
  const bytes = bytesOf('one two\n')
  const records = new RecordBatch(plainSource(), bytes, 0n, 1)
  expect(splitLines(records, 0, 3, { timestamp: NaN, offset: 0, isEnd: false })).toBe(0)
  expect(records.count).toBe(0)
})
