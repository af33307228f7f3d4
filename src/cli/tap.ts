import { Option, type Command } from 'commander'
import { LogpipeError } from '../core/error.ts'
import type { JsonObject } from '../core/event-batch.ts'
import { eventLine } from './event-line.ts'
import { localInstance, unreachable } from './instance.ts'
import { usageError, type Invocation } from './invocation.ts'
import { escapeText } from './terminal-text.ts'

interface Flags {
  readonly url: string
  readonly filter?: readonly string[]
  readonly limit: string
  readonly rate: string
  readonly for: string
}

export function defineTap(command: Command, invocation: Invocation): void {
  command
    .argument('[stage]', 'parse: events as they are stored; alert: changes of alerts', 'parse')
    .option('--url <url>', 'of the instance', localInstance)
    .option('--filter <conditions...>', 'conditions that all must hold: "service.name = shop"')
    .option('--limit <n>', 'lines after which it ends', '100')
    .addOption(new Option('--rate <rate>', 'lines that are shown at most; others are counted').default('50/s'))
    .option('--for <time>', 'time after which it ends', '60s')
    .action((stage: string, flags: Flags) => tap(stage, flags, invocation))
}

async function tap(stage: string, flags: Flags, invocation: Invocation): Promise<void> {
  if (!URL.canParse(flags.url)) throw usageError(`reading the command line: --url ${flags.url} is no address`)
  const url = new URL('/api/v1/tap', flags.url)
  const { limit, rate, for: time } = flags
  for (const [name, value] of Object.entries({ stage, limit, rate, for: time })) url.searchParams.set(name, value)
  for (const text of flags.filter ?? []) url.searchParams.append('filter', text)
  const { signal } = invocation.interruption
  const body = await ask(url, signal)
  let rest = ''
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) await show(line, invocation)
    }
  } catch (cause) {
    if (!signal.aborted) throw new LogpipeError('LP_SOURCE_READ', `reading from ${url.host}`, { cause })
  }
}

async function ask(url: URL, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  let answer: Response
  try {
    answer = await fetch(url, { signal, redirect: 'error' })
  } catch (cause) {
    throw unreachable(url.host, cause)
  }
  if (answer.ok && answer.body !== null) return answer.body
  const text = await answer.text()
  // Answers with 400 are from `server/tap-api.ts`.
  const message = answer.status === 400 ? (JSON.parse(text) as { message: string }).message : text.trim().slice(0, 200)
  throw usageError(`asking ${url.host}: ${message}`)
}

/** A line of `server/tap-api.ts`. */
type TapLine = { readonly seen?: number; readonly shown?: number; readonly left_out?: number } & {
  readonly verdict?: string
  readonly event?: JsonObject
}

async function show(line: string, invocation: Invocation): Promise<void> {
  const { output, flags, paint } = invocation
  const parsed = JSON.parse(line) as TapLine // Written by `app/tap.ts`.
  const { seen, shown, left_out: leftOut, event, verdict = '', ...others } = parsed
  if (seen !== undefined) return invocation.note(`${seen} seen, ${shown} shown, ${leftOut} left out`)
  if (flags.json === true || flags.jsonLines === true) return await output.line(line)
  const rest = event === undefined ? escapeText(JSON.stringify(others)) : eventLine(event, { paint, fields: [] })
  await output.line(`${paint('dim', escapeText(verdict.padEnd(10)))} ${rest}`)
}
