import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeText, fit, painter, table, wantsColour } from '../../../src/cli/terminal-text.ts'

test.each([
  ['\u001b[2Jgone', '\\u001b[2Jgone'],
  ['a\rb', 'a\\u000db'],
  ['tab\there\nand there', 'tab\\there\\nand there'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['C1 \u009b2J', 'C1 \\u009b2J'],
  ['慢请求 /pay 1.2s', '慢请求 /pay 1.2s'],
])('log text %j is shown as %j', (text, shown) => {
  expect(escapeText(text)).toBe(shown)
})

test('no text keeps a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(escapeText(text))),
  )
})

test.each([
  ['a terminal', 'auto', {}, true, true],
  ['a pipe', 'auto', {}, false, false],
  ['NO_COLOR', 'auto', { NO_COLOR: '1' }, true, false],
  ['an empty NO_COLOR', 'auto', { NO_COLOR: '' }, true, true],
  ['TERM=dumb', 'auto', { TERM: 'dumb' }, true, false],
  ['FORCE_COLOR in a pipe', 'auto', { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, false, true],
  ['FORCE_COLOR=0', 'auto', { FORCE_COLOR: '0' }, true, false],
  ['--color always', 'always', { NO_COLOR: '1' }, false, true],
  ['--color never', 'never', { FORCE_COLOR: '1' }, true, false],
] as const)('with %s', (_name, flag, env, isTerminal, isWanted) => {
  expect(wantsColour({ flag, env, isTerminal })).toBe(isWanted)
})

test('without colours text stays as it is', () => {
  expect(painter(false)('red', 'a')).toBe('a')
  expect(painter(true)('red', 'a')).toBe('\u001b[31ma\u001b[0m')
})

test.each([
  ['pay', 5, 'pay  '],
  ['payments', 5, 'paym…'],
  ['慢请求', 6, '慢请求'],
  ['慢请求', 5, '慢请…'],
  ['慢请求', 4, '慢 …'],
])('%s in %i columns', (text, columns, shown) => {
  expect(fit(text, columns)).toBe(shown)
})

test('columns of a table line up, wide characters count twice', () => {
  expect(
    table([
      ['NAME', 'N'],
      ['请求', '7'],
      ['payments', '12'],
    ]),
  ).toEqual(['NAME      N', '请求      7', 'payments  12'])
})
