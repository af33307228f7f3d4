import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { check } from '../../../src/config/check.ts'
import { formatFinding } from '../../../src/config/finding.ts'
import { components } from '../../support/config-components.ts'

const folder = path.join(import.meta.dirname, '../../fixtures/config/ten-mistakes')
const file = 'pipelines/checkout.yaml'

/** Code, and what stands at the place of the finding. */
const planted = [
  ['undefined_variable', '${CHECKOUT_NAME}'],
  ['secret_literal', 'hunter2-not-a-reference'],
  ['window_not_on_tick', '50s'],
  ['unknown_key', 'treshold: 500ms'],
  ['duplicate_id', 'error-rate, type: count'],
  ['unknown_metric', 'slow-request.ratio'],
  ['unfit_unit', '80%'],
  ['duplicate_key', 'above: 20%'],
  ['missing_unit', '5'],
  ['bad_regex', '(after'],
] as const

test('ten planted mistakes in one file are ten findings, each at its place', () => {
  const lines = readFileSync(path.join(folder, file), 'utf8').split('\n')
  const findings = check({ cwd: folder, env: {} }, components)
  expect(findings.map((finding) => finding.code)).toEqual(planted.map(([code]) => code))
  for (const [i, finding] of findings.entries()) {
    expect(finding.file).toBe(file)
    expect(lines[finding.line - 1]!.slice(finding.col - 1).startsWith(planted[i]![1])).toBe(true)
  }
})

test('they are told as file:line:col code message, with what was probably meant, and without the secret', () => {
  const texts = check({ cwd: folder, env: {} }, components).map(formatFinding)
  expect(texts).toContain(`${file}:13:5 unknown_key nothing reads the key treshold (did you mean threshold?)`)
  expect(texts).toContain(
    `${file}:16:51 unknown_metric no derive gives the metric slow-request.ratio (did you mean slow-requests.ratio?)`,
  )
  expect(texts.join('\n')).not.toContain('hunter2')
})
