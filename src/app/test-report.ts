import type { TestReport, TestResult } from './test-blocks.ts'

/** The report for people: what failed with its differences, then the sums. */
export function textReport({ results, passed, failed, rules, formats }: TestReport): string[] {
  const lines: string[] = []
  for (const result of results) {
    if (result.problems.length === 0) continue
    lines.push(`FAILED ${result.place} ${result.name}`, ...result.problems.map((line) => `  ${line}`))
  }
  const silent = rules.all.filter((rule) => !rules.fired.includes(rule))
  const fired = rules.all.length - silent.length
  lines.push(`${results.length} tests: ${passed} passed, ${failed} failed`)
  lines.push(
    `rules that fired: ${fired} of ${rules.all.length}${silent.length > 0 ? `, not ${silent.join(', ')}` : ''}`,
  )
  if (formats.length > 0) lines.push(`formats: ${formats.join(', ')}`)
  return lines
}

/** Test Anything Protocol, version 14. */
export function tapReport({ results }: TestReport): string[] {
  const lines = ['TAP version 14', `1..${results.length}`]
  for (const [i, { problems, place, name }] of results.entries()) {
    // A hash would begin a directive.
    const title = `${i + 1} - ${place} ${name}`.replaceAll('\\', '\\\\').replaceAll('#', '\\#')
    lines.push(problems.length === 0 ? `ok ${title}` : `not ok ${title}`)
    if (problems.length > 0) lines.push('  ---', '  message: |', ...problems.map((line) => `    ${line}`), '  ...')
  }
  return lines
}

/** XML as JUnit's Ant task writes it and CI servers read it: one suite for each file. */
export function junitReport({ results, failed }: TestReport): string {
  const files = [...new Set(results.map(({ file }) => file))]
  const head = `tests="${results.length}" failures="${failed}" time="${secondsOf(results)}"`
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="logpipe" ${head}>`]
  for (const file of files) {
    const own = results.filter((result) => result.file === file)
    const failures = own.filter(({ problems }) => problems.length > 0).length
    const counts = `tests="${own.length}" failures="${failures}" errors="0" skipped="0" time="${secondsOf(own)}"`
    lines.push(`  <testsuite name="${escapeXml(file)}" ${counts}>`, ...own.flatMap(junitCase), '  </testsuite>')
  }
  return [...lines, '</testsuites>', ''].join('\n')
}

function junitCase(result: TestResult): string[] {
  const { file, name, place, problems } = result
  const head = `name="${escapeXml(name)}" classname="${escapeXml(file)}" time="${secondsOf([result])}"`
  if (problems.length === 0) return [`    <testcase ${head}/>`]
  const message = escapeXml(problems[0] ?? '')
  const text = escapeXml([place, ...problems].join('\n'))
  return [
    `    <testcase ${head}>`,
    `      <failure message="${message}" type="difference">${text}</failure>`,
    '    </testcase>',
  ]
}

function secondsOf(results: readonly TestResult[]): string {
  return (results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(3)
}

/** Control characters that XML 1.0 forbids (section 2.2) become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}
