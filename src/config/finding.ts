/** What a check of config can say. A code is stable: editors, CI and people match on it. */
export const findingCodes = {
  unreadable: 'The file or folder cannot be read.',
  bad_encoding: 'The file is not UTF-8 text.',
  too_large: 'The file is larger than 1 MiB or has too many nodes.',
  too_deep: 'Lists and maps are nested too deep.',
  yaml_syntax: 'The file is not YAML 1.2.',
  empty: 'The file holds nothing.',
  several_documents: 'A file holds one document.',
  duplicate_key: 'A key stands twice in one map.',
  reserved_key: 'A key that config never has: __proto__, constructor, prototype, or one that is not text.',
  merge_key: 'Merge keys (<<) are off.',
  bad_tag: 'Tags beyond the YAML 1.2 core schema never run.',
  bad_alias: 'An alias without anchor, inside of itself, or one too many.',
  odd_number: 'A number that would be read otherwise than it looks, or would lose digits.',
  undefined_variable: 'A variable has no value and no default.',
  bad_reference: 'A ${...} that cannot be read.',
  secret_literal: 'A secret stands in the file itself.',
  secret_file: 'A secret file is missing, or others may read it.',
  unknown_key: 'Nothing reads this key.',
  missing_key: 'A required key is missing.',
  wrong_type: 'A value of another type is needed.',
  unknown_type: 'There is no component of this type.',
  bad_value: 'The value is not one of those allowed, or has another form.',
  missing_unit: 'A number without its unit.',
  unfit_unit: 'A limit whose unit does not fit what it is compared with.',
  out_of_range: 'The value is too small or too large.',
  bad_regex: 'A pattern that cannot be compiled.',
  bad_condition: 'A condition that cannot be read.',
  unknown_metric: 'No derive gives this metric.',
  unknown_rule: 'There is no rule of this id.',
  unknown_pipeline: 'There is no pipeline of this name.',
  unknown_field: 'Neither ECS nor logpipe knows this field.',
  duplicate_id: 'An id or name that has to be unique stands twice.',
  window_not_on_tick: 'A window is not a positive multiple of the tick.',
  not_allowed: 'A key that does not go with the others.',
  shared_input: 'Two pipelines read the same input.',
  not_reachable: 'What the configuration needs is not there now (`--online`).',
  bad_cron: 'Not a cron expression of five fields.',
} as const

export type FindingCode = keyof typeof findingCodes

export interface Finding {
  /** Path as it was given or found. */
  readonly file: string
  /** From 1; of a whole file 1:1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly col: number
  readonly severity: 'error' | 'warning'
  readonly code: FindingCode
  /** One line without the position. It never repeats what could be a secret. */
  readonly message: string
  /** What to do: "did you mean ...?"; undefined if there is nothing better than the message. */
  readonly hint: string | undefined
}

/** By file, line, column and code; what would be said twice is said once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [JSON.stringify(finding), finding]))
  return [...seen.values()].sort(
    (a, b) => compareText(a.file, b.file) || a.line - b.line || a.col - b.col || compareText(a.code, b.code),
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `file:line:col code message`, with the hint in parentheses and `warning:` where it is one. */
export function formatFinding(finding: Finding): string {
  const severity = finding.severity === 'warning' ? 'warning: ' : ''
  const hint = finding.hint === undefined ? '' : ` (${finding.hint})`
  return `${finding.file}:${finding.line}:${finding.col} ${finding.code} ${severity}${finding.message}${hint}`
}

/** True if nothing forbids a start. */
export function isUsable(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.severity === 'warning')
}
