import { describeError, isLogpipeError } from '../core/error.ts'
import { escapeText, type Paint } from './terminal-text.ts'

/**
 * An error for a person, in one line: code, what was being done on what, why, what to do next. `isVerbose` adds the
 * stack on further lines.
 */
export function errorText(error: unknown, paint: Paint, isVerbose: boolean): string {
  const code = isLogpipeError(error) ? error.code : 'LP_INTERNAL'
  const remedy = isLogpipeError(error) ? error.remedy : 'This is a bug: --verbose shows where.'
  const message = escapeText(describeError(error))
  const parts = [`${paint('red', 'error')} ${paint('bold', code)} ${message}`]
  parts.push(escapeText(remedy.charAt(0).toUpperCase() + remedy.slice(1)))
  const line = parts.join(message.endsWith('.') ? ' ' : '. ')
  return isVerbose && error instanceof Error ? `${line}\n${stackText(error)}` : line
}

function stackText(error: Error): string {
  const stacks: string[] = []
  for (let at: unknown = error; at instanceof Error && stacks.length < 8; at = at.cause)
    stacks.push(at.stack ?? at.message)
  return stacks.join('\ncaused by ').split('\n').map(escapeText).join('\n')
}
