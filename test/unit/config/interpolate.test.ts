import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expand } from '../../../src/config/interpolate.ts'

const env = { HOST: 'db-1', EMPTY: '', ODD: '"quoted"\n# not a comment ${HOST} $$', PORT: '9092' }

test.each([
  ['plain text', 'plain text'],
  ['${HOST}:${PORT}', 'db-1:9092'],
  ['${NONE:-127.0.0.1}:9092', '127.0.0.1:9092'],
  ['${EMPTY:-x}', 'x'],
  ['[${EMPTY}]', '[]'],
  ['${NONE:-}', ''],
  ['costs $5 and $$5', 'costs $5 and $5'],
  ['$${HOST}', '${HOST}'],
  ['^/pay$', '^/pay$'],
  ['a${ODD}b', 'a"quoted"\n# not a comment ${HOST} $$b'],
])('%j becomes %j, once', (raw, text) => {
  expect(expand(raw, env)).toMatchObject({ text, problems: [] })
})

test.each([
  ['x ${NONE}', 'undefined_variable', 2, 'the variable NONE is not set'],
  ['${NONE:?name the broker}', 'undefined_variable', 0, 'the variable NONE is not set: name the broker'],
  ['${EMPTY:?needed}', 'undefined_variable', 0, 'the variable EMPTY is not set: needed'],
  ['${__proto__}', 'undefined_variable', 0, 'the variable __proto__ is not set'],
  ['a ${HOST', 'bad_reference', 2, '${ without }'],
  ['${1ST}', 'bad_reference', 0, 'a reference is'],
  ['${A:-${HOST}}', 'bad_reference', 0, 'a reference is'],
  ['${file:/run/x}', 'bad_reference', 0, 'only be the whole value of a secret'],
])('%j is %s at %i', (raw, code, offset, message) => {
  const { problems, text } = expand(raw, env)
  expect(problems).toMatchObject([{ code, offset }])
  expect(problems[0]!.message).toContain(message)
  expect(text.startsWith(raw.slice(0, offset))).toBe(true)
})

test('only a whole value may become a number', () => {
  expect(expand('${PORT}', env).isLone).toBe(true)
  expect(expand('1${PORT}', env).isLone).toBe(false)
  expect(expand('${PORT}${PORT}', env).isLone).toBe(false)
})

test('any text survives when its dollars are doubled', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(expand(text.replaceAll('$', '$$$$'), {}).text).toBe(text)
    }),
  )
})
