import { expect, test } from 'vitest'
import { formatFinding, isUsable, sortFindings, type Finding } from '../../../src/config/finding.ts'

function finding(file: string, line: number, col: number, more: Partial<Finding> = {}): Finding {
  return { file, line, col, severity: 'error', code: 'bad_value', message: 'is odd', hint: undefined, ...more }
}

test('findings are sorted by file, line, column and code, and the same one is said once', () => {
  const findings = [
    finding('b.yaml', 1, 1),
    finding('a.yaml', 10, 1),
    finding('a.yaml', 9, 7),
    finding('a.yaml', 9, 2, { code: 'wrong_type' }),
    finding('a.yaml', 9, 2),
    finding('a.yaml', 9, 2),
  ]
  const order = sortFindings(findings).map(({ file, line, col, code }) => `${file}:${line}:${col} ${code}`)
  expect(order).toEqual([
    'a.yaml:9:2 bad_value',
    'a.yaml:9:2 wrong_type',
    'a.yaml:9:7 bad_value',
    'a.yaml:10:1 bad_value',
    'b.yaml:1:1 bad_value',
  ])
})

test('a warning says that it is one and does not keep a project from starting', () => {
  const warning = finding('a.yaml', 2, 3, { severity: 'warning', hint: 'did you mean b?' })
  expect(formatFinding(warning)).toBe('a.yaml:2:3 bad_value warning: is odd (did you mean b?)')
  expect(isUsable([warning])).toBe(true)
  expect(isUsable([warning, finding('a.yaml', 1, 1)])).toBe(false)
})
