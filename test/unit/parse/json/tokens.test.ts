import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../../src/core/byte-writer.ts'
import { JsonTokens } from '../../../../src/parse/json/tokens.ts'

const limits = { maxDepth: 32, maxFields: 256, maxArrayItems: 1000, maxNumberChars: 64 }
const tokens = new JsonTokens(limits)

/** Whether the text is one object, for the tokens: with other bytes around it, which are not its own. */
function isAccepted(text: string): boolean {
  const bytes = bytesOf(`"a":${text}"}],1`)
  const [start, end] = [4, bytes.length - 5]
  if (bytes[start] !== 0x7b) return false
  const at = tokens.scan(bytes, start, end)
  return at >= 0 && /^[ \t\r\n]*$/.test(Buffer.from(bytes.subarray(at, end)).toString())
}

function isObject(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

const piece = fc.oneof(
  fc.constantFrom(
    ...String.raw`{ } [ ] , : " \ "a" "b": {"a": null true false nul \u0041 \ud83d\ude00 \ud83d \u00 \x \" é 日本 😀 // '`.split(
      ' ',
    ),
    ...'0 -0 - 01 1. 1.5 .5 1e5 1E+2 1e NaN Infinity 0x10 1_000 9007199254740993'.split(' '),
  ),
  fc.constantFrom(' ', '\n', '\t', '\u0000', '\u001f'),
  fc.string({ maxLength: 9, unit: 'grapheme' }).map((text) => JSON.stringify(text)),
)

describe('what is an object', () => {
  test('pieces of JSON in any order are accepted if and only if JSON.parse accepts them', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `{${pieces.join('')}}`
        expect(isAccepted(text), text).toBe(isObject(text))
      }),
      { numRuns: 5000 },
    )
  })

  test('objects are accepted, and what one changed byte leaves as JSON.parse does', () => {
    const change = fc.record({
      at: fc.nat(),
      char: fc.constantFrom(...'" \\ { } [ ] , : 0 - 1 e E . + t f n u'.split(' '), ' ', '\n', '\u0000'),
    })
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue()),
        change,
        fc.nat(3),
        (object, { at, char }, indent) => {
          const text = JSON.stringify(object, undefined, indent)
          expect(isAccepted(text), text).toBe(true)
          const place = at % text.length
          const changed = text.slice(0, place) + char + text.slice(place + 1)
          expect(isAccepted(changed), changed).toBe(isObject(changed))
          const cut = text.slice(0, place)
          expect(isAccepted(cut), cut).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['{"a":[1,[2,{"b":[]}],"c"]}', true],
    ['{"a":1,}', false],
    ['{"a":[1,]}', false],
    ['{"a":1 "b":2}', false],
    ['{"a":{"b":1}', false],
    ['{"a":"\u007f"}', true],
    ['{"":"" , "b" : { } }', true],
    ['{"a":1}}', false],
    ['{"a":tru}', false],
    ['{"a":"\\u12g4"}', false],
  ])('%s', (text, isJson) => {
    expect(isAccepted(text)).toBe(isJson)
  })
})

test('nesting of any depth is read without recursion', () => {
  const deep = 1_000_000
  expect(isAccepted(`{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`)).toBe(true)
  expect(isAccepted(`{"a":${'['.repeat(deep)}}`)).toBe(false)
  expect(isAccepted(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`)).toBe(true)
})

test('the nodes of the key tree are forgotten before they grow without end, and the same keys are found again', () => {
  const own = new JsonTokens(limits)
  for (let i = 0; i < 400; i++) {
    const keys = Array.from({ length: 200 }, (_, k) => `"k${i}_${k}":1`)
    const bytes = bytesOf(`{${keys.join(',')}}`)
    expect(own.scan(bytes, 0, bytes.length)).toBe(bytes.length)
  }
  expect(own.tree.generation).toBeGreaterThan(0)
  const bytes = bytesOf('{"a":{"b":1},"c":2}')
  own.scan(bytes, 0, bytes.length)
  expect([0, 4, 8].map((row) => own.tree.path(own.list[row]! & ~7))).toEqual(['a', 'a.b', 'c'])
})

test('a known order of keys gives the same nodes, a changed order too', () => {
  const own = new JsonTokens(limits)
  function nodes(text: string): Record<string, number> {
    const bytes = bytesOf(text)
    expect(own.scan(bytes, 0, bytes.length)).toBe(bytes.length)
    const rows = Array.from({ length: own.listEnd / 4 }, (_, i) => own.list[i * 4]! & ~7)
    return Object.fromEntries(rows.map((node) => [own.tree.path(node), node]))
  }
  const first = nodes('{"level":30,"req":{"id":1,"url":"/"},"msg":"a"}')
  expect(nodes('{"level":30,"req":{"id":1,"url":"/"},"msg":"b"}')).toEqual(first)
  expect(nodes('{"msg":"c","req":{"url":"/","id":7},"level":30}')).toEqual(first)
  expect(nodes('{ "msg" : "c", "level"\t:30 }')).toEqual({ msg: first['msg'], level: first['level'] })
})
