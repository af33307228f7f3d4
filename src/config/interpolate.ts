import type { Environment } from './environment.ts'
import type { FindingCode } from './finding.ts'

/** What is wrong with a reference, and where in the text. */
export interface ReferenceProblem {
  readonly code: FindingCode
  readonly message: string
  readonly offset: number
}

export interface Expansion {
  readonly text: string
  /** The whole scalar is one reference: it may become a number or true and false where the schema asks for one. */
  readonly isLone: boolean
  /** Names of the variables that gave a part of the text. */
  readonly variables: readonly string[]
  readonly problems: readonly ReferenceProblem[]
}

const body = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([^]*))?$/

/**
 * Expands `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$$` in a parsed string, once: what comes out is never
 * read again. A default also stands for an empty variable, as in POSIX shells (XCU 2.6.2). A lone `$` is a dollar.
 * A reference that cannot be expanded stays as it is written.
 */
export function expand(raw: string, env: Environment): Expansion {
  const problems: ReferenceProblem[] = []
  const variables: string[] = []
  let text = ''
  let at = 0
  for (let next = raw.indexOf('$'); next >= 0; next = raw.indexOf('$', at)) {
    text += raw.slice(at, next)
    const follower = raw[next + 1]
    if (follower !== '{') {
      text += '$'
      at = next + (follower === '$' ? 2 : 1)
      continue
    }
    const close = raw.indexOf('}', next)
    const end = close < 0 ? raw.length : close + 1
    const outcome = close < 0 ? unclosed : valueOf(raw.slice(next + 2, close), env)
    if ('value' in outcome) variables.push(outcome.variable)
    else problems.push({ ...outcome, offset: next })
    text += 'value' in outcome ? outcome.value : raw.slice(next, end)
    at = end
  }
  return { text: text + raw.slice(at), isLone: /^\$\{[^{}]*\}$/.test(raw), variables, problems }
}

type Problem = Omit<ReferenceProblem, 'offset'>

const unclosed: Problem = { code: 'bad_reference', message: '${ without }; write $${ for the characters themselves' }

function valueOf(reference: string, env: Environment): { variable: string; value: string } | Problem {
  const match = body.exec(reference)
  if (match === null || match[3]?.includes('${') === true) {
    const message = reference.startsWith('file:')
      ? 'a ${file:...} may only be the whole value of a secret'
      : 'a reference is ${NAME}, ${NAME:-default} or ${NAME:?message}; write $${ for the characters themselves'
    return { code: 'bad_reference', message }
  }
  const [, variable = '', kind, rest = ''] = match
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined
  if (value !== undefined && (value !== '' || kind === undefined)) return { variable, value }
  if (kind === '-') return { variable, value: rest }
  const why = rest === '' ? 'is not set' : `is not set: ${rest}`
  return { code: 'undefined_variable', message: `the variable ${variable} ${why}` }
}
