import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Finding } from '../../../src/config/finding.ts'
import { readYaml } from '../../../src/config/read.ts'
import { ConfigTree } from '../../../src/config/tree.ts'

function read(content: string | Uint8Array): { value: unknown; findings: string[] } {
  const findings: Finding[] = []
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const yaml = readYaml({ name: 'a.yaml', bytes }, findings)
  const value = yaml === undefined ? undefined : new ConfigTree(yaml, {}, findings).root
  return { value, findings: findings.map(({ line, col, code }) => `${line}:${col} ${code}`) }
}

const aliasBomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(9)}]`),
].join('\n')

test.each([
  ['nothing', '', '1:1 empty'],
  ['a comment', '# nothing\n', '1:1 empty'],
  ['two documents', 'a: 1\n---\nb: 2\n', '2:1 several_documents'],
  ['a tab', 'a:\n\tb: 1\n', '2:1 yaml_syntax'],
  ['an open bracket', 'a: [1\nb: 2\n', '2:1 yaml_syntax'],
  ['an open quote', 'a: "x\n', '2:1 yaml_syntax'],
  ['YAML 1.1', '%YAML 1.1\n---\na: no\n', '1:1 yaml_syntax'],
  ['NUL', 'a: \0', '1:1 bad_encoding'],
  ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3a, 0), '1:1 bad_encoding'],
  ['Latin-1', Uint8Array.of(0x61, 0x3a, 0x20, 0xe4), '1:1 bad_encoding'],
  ['20,000 brackets', `a: ${'['.repeat(20_000)}`, '1:68 too_deep'],
  ['20,000 dashes', `${'- '.repeat(20_000)}a`, '1:129 too_deep'],
  ['more than 1 MiB', `a: ${'x'.repeat(1_048_576)}`, '1:1 too_large'],
  ['an alias bomb', aliasBomb, '3:8 bad_alias'],
  ['an alias in itself', 'a: &x [1, *x]', '1:11 bad_alias'],
  ['an alias of nothing', 'a: *x', '1:4 bad_alias'],
  ['a merge key', 'a: &x { b: 1 }\nc:\n  <<: *x\n', '3:3 merge_key'],
  ['__proto__', 'a: 1\n__proto__: { polluted: true }\n', '2:1 reserved_key'],
  ['constructor', '{"constructor": 1}', '1:2 reserved_key'],
  ['a list as key', '? [a]\n: 1\n', '1:3 reserved_key'],
  ['a tag that would run', 'a: !!js/function "function () {}"', '1:18 bad_tag'],
  ['a key that stands twice', 'a: 1\nb: 2\n"a": 3\n', '3:1 duplicate_key'],
  ['a leading zero', 'a: 017', '1:4 odd_number'],
  ['octal', 'a: 0o17', '1:4 odd_number'],
  ['hexadecimal', 'a: 0x1F', '1:4 odd_number'],
  ['infinity', 'a: .inf', '1:4 odd_number'],
  ['not a number', 'a: .nan', '1:4 odd_number'],
  ['a number beyond doubles', 'a: 1e309', '1:4 odd_number'],
  ['digits that would be lost', 'a: 9007199254740993', '1:4 odd_number'],
])('%s is a finding', (_, content, finding) => {
  expect(read(content).findings[0]).toBe(finding)
})

test('no number is read silently as another: sexagesimal and words stay text', () => {
  expect(read('{ a: 22:22, b: no, c: on, d: 1_000, e: 2026-01-05, f: "017" }')).toEqual({
    value: { a: '22:22', b: 'no', c: 'on', d: '1_000', e: '2026-01-05', f: '017' },
    findings: [],
  })
})

test('a byte order mark, JSON with tabs and a few aliases are fine', () => {
  expect(read('\uFEFFa: 1')).toEqual({ value: { a: 1 }, findings: [] })
  expect(read('{\n\t"a": [true, null, -1.5]\n}')).toEqual({ value: { a: [true, null, -1.5] }, findings: [] })
  expect(read('a: &x [1]\nb: *x\n')).toEqual({ value: { a: [1], b: [1] }, findings: [] })
})

test('a value of a key that stands twice is the first, and everything else goes on', () => {
  expect(read('a: 1\na: 2\nb: 3\n').value).toEqual({ a: 1, b: 3 })
})

test('any text and any bytes give findings or a value, never an error', () => {
  const yaml = fc
    .array(
      fc.constantFrom(
        'a',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '&x ',
        '*x',
        '"',
        "'",
        '|\n',
        '? ',
        '!!int ',
        '${A}',
        '#',
        '0x',
      ),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(yaml, fc.string(), fc.uint8Array()), (content) => {
      const { value, findings } = read(content)
      expect(value !== undefined || findings.length > 0).toBe(true)
    }),
    { numRuns: 500 },
  )
})
