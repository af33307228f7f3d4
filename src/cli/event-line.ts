import { valueAt, wordOf, type JsonObject } from '../core/event-batch.ts'
import { formatQuantity } from '../core/quantity-text.ts'
import { escapeText, type Paint, type Style } from './terminal-text.ts'

const styles: Readonly<Record<string, Style>> = {
  trace: 'gray',
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'magenta',
}

/** What the line shows in places of its own, or what says nothing to a person. */
const shownElsewhere = ['message', 'service.name', 'event.duration', 'http.response.status_code']

export interface EventLineSettings {
  readonly paint: Paint
  /** Dotted fields that are shown after the message; empty: status, duration and what went wrong. */
  readonly fields: readonly string[]
}

/** An event for a person: `22:14:15.003 ERROR pay  declined  500 1.2s`; a stack trace goes on in further lines. */
export function eventLine(event: JsonObject, { paint, fields }: EventLineSettings): string {
  const level = textAt(event, 'logpipe.level')
  const service = textAt(event, 'service.name')
  const message = textAt(event, 'message')
  const time = textAt(event, '@timestamp').replace(/^(.{10})T(.*)Z$/, '$1 $2')
  const parts = [paint('gray', escapeText(time)), paint(styles[level] ?? 'gray', level.toUpperCase().padEnd(5))]
  if (service !== '') parts.push(paint('cyan', escapeText(service)))
  parts.push(escapeText(message.split('\n', 1)[0] ?? ''))
  const tail = fields.length > 0 ? chosen(event, fields) : usual(event)
  if (tail.length > 0) parts.push(paint('dim', tail.join(' ')))
  const stack = textAt(event, 'error.stack_trace')
  const further = [...message.split('\n').slice(1), ...(stack === '' ? [] : stack.split('\n'))]
  return [parts.join(' '), ...further.map((line) => paint('gray', `    ${escapeText(line)}`))].join('\n')
}

function usual(event: JsonObject): string[] {
  const status = textAt(event, 'http.response.status_code')
  const durationNs = valueAt(event, 'event.duration')
  const parts = status === '' ? [] : [status]
  if (typeof durationNs === 'number') parts.push(formatQuantity(durationNs, 'ns'))
  const code = textAt(event, 'logpipe.parse.error')
  if (code !== '' && code !== 'no_match') parts.push(`parse=${code}`)
  return parts.map(escapeText)
}

function chosen(event: JsonObject, fields: readonly string[]): string[] {
  return fields
    .filter((field) => !shownElsewhere.includes(field) || field === 'event.duration')
    .flatMap((field) => {
      const text = textAt(event, field)
      return text === '' ? [] : [`${field}=${escapeText(text)}`]
    })
}

function textAt(event: JsonObject, field: string): string {
  const value = valueAt(event, field)
  return value === undefined || value === null ? '' : wordOf(value)
}
