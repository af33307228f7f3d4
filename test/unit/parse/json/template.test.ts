import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, viewOf } from '../../../../src/core/byte-writer.ts'
import { JsonTemplate, wholeBase } from '../../../../src/parse/json/template.ts'
import { JsonTokens, tokenKind, tokenRow } from '../../../../src/parse/json/tokens.ts'

const limits = { maxDepth: 32, maxFields: 256, maxArrayItems: 1000, maxNumberChars: 64 }
const learned =
  '{"level":30,"ok":true,"req":{"id":7,"url":"/pay?id=7"},"none":null,"res":{},"took": 12.5,"msg":"request completed"}'

/** What the template of one object makes of another: the end of it less the start, -1 if it does not fit; and the rows. */
function matched(first: string, text: string): { at: number; rows: number[][] } {
  const template = new JsonTemplate(limits.maxNumberChars)
  const tokens = new JsonTokens(limits)
  const model = bytesOf(first)
  expect(template.learn(model, 0, tokens.scan(model, 0, model.length), tokens)).toBe(true)
  const bytes = bytesOf(`"a":${text}"}],1`)
  const at = template.match(bytes, viewOf(bytes), 4, bytes.length - 5, tokens.list)
  return { at: at < 0 ? -1 : at - 4, rows: rowsOf(tokens) }
}

/** What the general scan makes of it. */
function scanned(text: string): { at: number; rows: number[][]; isOdd: boolean } {
  const tokens = new JsonTokens(limits)
  const bytes = bytesOf(`"a":${text}"}],1`)
  return { at: tokens.scan(bytes, 4, bytes.length - 5) - 4, rows: rowsOf(tokens), isOdd: tokens.isOdd }
}

/** Kind and span of the values, and whether a string has escapes. */
function rowsOf({ list, listEnd }: JsonTokens): number[][] {
  const rows: number[][] = []
  for (let row = 0; row < listEnd; row += tokenRow) {
    const kind = list[row]! & 7
    if (kind === tokenKind.absent || kind === tokenKind.object) continue
    rows.push([kind, list[row + 1]!, list[row + 2]!, list[row + 3] === 1 ? 1 : 0])
  }
  return rows
}

test.each([
  ['other values', learned.replace('30', '50').replace('true', 'false').replace('completed', '日本 😀')],
  ['longer numbers and texts', learned.replace('30', '179529925510').replace('"/pay', '"/pay/and/more/of/it')],
  ['another form of a number', learned.replace('12.5', '-1.5e-3').replace('7', '0')],
])('an object of the same shape with %s fits, with the rows of the general scan', (_, text) => {
  const { at, rows } = matched(learned, text)
  expect(at).toBe(Buffer.byteLength(text))
  expect(rows).toEqual(scanned(text).rows)
})

test.each([
  ['another key', learned.replace('"url"', '"uri"')],
  ['a key more', learned.replace('}', ',"x":1}')],
  ['other blanks', learned.replace(': 12.5', ':12.5')],
  ['a string for a number', learned.replace('30', '"30"')],
  ['a number for a string', learned.replace('"request completed"', '5')],
  ['null for a boolean', learned.replace('true', 'null')],
  ['a value for null', learned.replace('null', '1')],
  ['an escape in a string', learned.replace('completed', String.raw`\"completed\"`)],
  ['a control in a string', learned.replace('completed', '\u0001')],
  ['a text that is absence', learned.replace('"request completed"', '"-"')],
  ['an empty text', learned.replace('"request completed"', '""')],
  ['a leading zero', learned.replace('30', '030')],
  ['a number that doubles do not hold', learned.replace('30', '9007199254740993')],
  ['no end', learned.slice(0, -1)],
  ['no end of a string', learned.slice(0, -2)],
])('an object with %s does not fit', (_, text) => {
  expect(matched(learned, text).at).toBe(-1)
})

test('objects with arrays are not learned', () => {
  const tokens = new JsonTokens(limits)
  const bytes = bytesOf('{"a":[1],"b":2}')
  expect(new JsonTemplate(64).learn(bytes, 0, tokens.scan(bytes, 0, bytes.length), tokens)).toBe(false)
})

test.each([
  ['0', 0],
  ['7', 7 + wholeBase],
  ['999999999', 999_999_999 + wholeBase],
  ['1234567890', 0],
  ['-1', 0],
  ['1.5', 0],
])('of the number %s the row keeps %i', (number, expected) => {
  const template = new JsonTemplate(64)
  const tokens = new JsonTokens(limits)
  const bytes = bytesOf(`{"a":${number}}`)
  template.learn(bytes, 0, tokens.scan(bytes, 0, bytes.length), tokens)
  template.match(bytes, viewOf(bytes), 0, bytes.length, tokens.list)
  expect(tokens.list[3]).toBe(expected)
})

describe('any objects', () => {
  const value = fc.oneof(
    fc.nat(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ maxLength: 12, unit: 'grapheme' }),
    fc.constantFrom(true, false, null, '-', '(null)', ''),
  )
  const object = fc.dictionary(
    fc.constantFrom('a', 'bc', 'level', 'message'),
    fc.oneof(value, fc.dictionary(fc.constantFrom('x', 'yz'), value)),
  )

  test('what fits is JSON with the rows of the general scan', () => {
    fc.assert(
      fc.property(
        object,
        object,
        fc.nat(),
        fc.constantFrom(...'" \\ } , : 0 1 - . e t'.split(' ')),
        (a, b, at, char) => {
          for (const text of [JSON.stringify(a), JSON.stringify(b), changed(JSON.stringify(a), at, char)]) {
            const fit = matched(JSON.stringify(a), text)
            if (fit.at < 0) continue
            const general = scanned(text)
            expect({ at: fit.at, rows: fit.rows, isOdd: false }, text).toEqual(general)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})

function changed(text: string, at: number, char: string): string {
  const place = at % text.length
  return text.slice(0, place) + char + text.slice(place + 1)
}
