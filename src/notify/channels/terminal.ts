import { z } from 'zod'
import { defineChannel } from '../../core/component.ts'
import { LogpipeError } from '../../core/error.ts'
import { formatDuration } from '../../core/quantity-text.ts'
import { words, type Language } from '../words.ts'

const Config = z.strictObject({})

/** What a line shows of a message of the alerts topic. */
const Message = z.object({
  status: z.string(),
  commonLabels: z.record(z.string(), z.string()),
  commonAnnotations: z.record(z.string(), z.string()),
  alerts: z.array(z.object({ startsAt: z.string() })),
  logpipe: z.object({ durationMs: z.number().nullable() }).optional(),
})

/** One line for each notice: for `demo`, `serve` and the first steps with a new rule. */
export const terminal = defineChannel({
  type: 'terminal',
  summary: 'Writes each notice as one line.',
  stability: 'stable',
  config: Config,
  example: {},
  build(_config, { write, language }) {
    return {
      async send({ body, idempotencyKey }) {
        try {
          write(lineOf(Message.parse(JSON.parse(body)), words[language]))
        } catch (cause) {
          throw new LogpipeError('LP_NOTIFY_SEND', `writing the notice ${idempotencyKey}`, { cause })
        }
      },
    }
  },
})

function lineOf(message: z.output<typeof Message>, { firing, resolved, after }: (typeof words)[Language]): string {
  const { status, commonLabels, commonAnnotations, alerts, logpipe } = message
  const { alertname, severity, ...others } = commonLabels
  const at = alerts[0]?.startsAt.slice(0, 19).replace('T', ' ') ?? ''
  const lasted = logpipe?.durationMs ?? undefined
  const parts = [
    `${status === 'resolved' ? resolved : firing}${lasted === undefined ? '' : after(formatDuration(lasted))}`,
    severity,
    alertname,
    ...Object.entries(others).map(([name, value]) => `${name}=${value}`),
    commonAnnotations['summary'],
  ]
  return escapeControls(`${at} ${parts.filter((part) => part !== undefined).join(' ')}`)
}

/** Labels and annotations hold text of logs: controls and bidi controls must not reach a terminal as they are. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
