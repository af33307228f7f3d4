import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern, type Pattern } from '../../../src/core/pattern.ts'

function patternOf(source: string, isWhole = false): Pattern {
  const { pattern, fault } = compilePattern(source, isWhole)
  if (fault !== undefined) throw new Error(fault)
  return pattern
}

/** Patterns of the syntax that both engines have. */
const pattern: fc.Arbitrary<string> = fc.letrec<{ node: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '\\d',
      '\\w',
      '\\W',
      '[ab]',
      '[^a]',
      '[a-c1-3]',
      '\\b',
      '\\B',
      '^',
      '$',
      '-',
      ' ',
    ),
    tie('node').map((inner) => `(?:${inner})`),
  ),
  node: fc.oneof(
    { maxDepth: 4 },
    tie('atom'),
    fc.tuple(tie('atom'), tie('atom')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(
        fc.constantFrom('a', '[bc]', '\\d', '.', '(?:ab|c)'),
        fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'),
      )
      .map(([a, q]) => a + q),
  ),
})).node

describe('a pattern', () => {
  it('agrees with the engine of JavaScript on what both can do', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '2', '-', ' ', '\n', 'é') }),
        fc.boolean(),
        (source, text, isWhole) => {
          const native = isWhole ? new RegExp(`^(?:${source})$`) : new RegExp(source)
          expect(patternOf(source, isWhole).test(text)).toBe(native.test(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each<[string, string, boolean]>([
    ['(?i)out of MEMORY', 'kernel: Out of memory', true],
    ['(?i)[a-c]', 'B', true],
    ['\\x41\\u0042', 'AB', true],
    ['[\\]\\-x]', '-', true],
    ['[]a]', ']', true],
    ['a{,3}', 'a{,3}', true],
    ['(?P<code>5\\d\\d)', 'status 502', true],
    ['结算|支付', '订单支付失败', true],
    ['^😀$', '😀', true],
    ['\\Aab\\z', 'ab', true],
    ['', 'anything', true],
    ['a||b', 'x', true],
  ])('%s on %s: %s', (source, text, expected) => {
    expect(patternOf(source).test(text)).toBe(expected)
  })

  it.each<[string, number]>([
    ['a(b', 1],
    ['a)b', 1],
    ['[ab', 0],
    ['*a', 0],
    ['a**', 2],
    ['a{3,2}', 1],
    ['a{1001}', 1],
    ['(?=a)', 0],
    ['(?<!a)b', 0],
    ['(a)\\1', 3],
    ['\\p{L}', 0],
    ['a\\', 1],
    ['[z-a]', 1],
    ['(?:a{500}){500}', 0],
  ])('%s is refused at %i', (source, offset) => {
    expect(compilePattern(source, false)).toMatchObject({ offset })
  })

  it('takes time in proportion to the text where other engines take for ever', () => {
    const text = `${'a'.repeat(200_000)}!`
    for (const source of ['(a*)*b', '(a|a)*b', '(a+)+$', '.*.*.*.*=b', '(a|aa)+$'])
      expect(patternOf(source).test(text)).toBe(false)
  })

  it('forgets states when there are many, and goes on', () => {
    const many = patternOf('[ab]*a[ab]{12}x')
    const text = Array.from({ length: 30_000 }, (_, i) => ((i * i + (i >> 3)) % 3 === 0 ? 'a' : 'b')).join('')
    expect(many.test(text)).toBe(false)
    expect(many.test(`${text}a${'b'.repeat(12)}x`)).toBe(true)
  })
})
