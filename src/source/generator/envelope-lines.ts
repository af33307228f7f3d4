import type { EventFacts } from './facts.ts'
import { pinoHttp } from './json-lines.ts'
import type { Random } from './random.ts'
import { logfmt, pythonLogging, springBoot } from './text-lines.ts'

/** Lines of shippers and container runtimes around lines of applications. */

const payloads = [pinoHttp, pythonLogging, logfmt, springBoot] as const

function payload(random: Random, event: EventFacts): string {
  return random.pick(payloads)(random, event)
}

/** Filebeat 8 with `fields.service`. */
export function filebeat(random: Random, event: EventFacts): string {
  const { time, host, service } = event
  return (
    `{"@timestamp":"${time.iso()}","@metadata":{"beat":"filebeat","type":"_doc","version":"8.15.0"},` +
    `"agent":{"type":"filebeat","version":"8.15.0","name":"${host}"},"ecs":{"version":"8.0.0"},` +
    `"host":{"name":"${host}"},"log":{"offset":${random.below(1 << 30)},"file":{"path":"/var/log/${service}.log"}},` +
    `"fields":{"service":"${service}","env":"production"},"message":${JSON.stringify(payload(random, event))}}`
  )
}

/** Fluent Bit 3 with its Kubernetes filter. */
export function fluentBit(random: Random, event: EventFacts): string {
  const { time, host, service } = event
  return (
    `{"@timestamp":${Math.floor(time.ms / 1000)}.${time.millis()}000,"stream":"stdout",` +
    `"log":${JSON.stringify(payload(random, event))},"kubernetes":{"pod_name":"${host}","namespace_name":"shop",` +
    `"container_name":"${service}","host":"node-3","labels":{"app":"${service}"}}}`
  )
}

/** The `json-file` driver of Docker. */
export function dockerJson(random: Random, event: EventFacts): string {
  const text = JSON.stringify(`${payload(random, event)}\n`)
  return `{"log":${text},"stream":"stdout","time":"${event.time.isoNanos()}"}`
}

/** The CRI log format of Kubernetes; now and then a line in two parts. */
export function cri(random: Random, event: EventFacts): string {
  const text = payload(random, event)
  const head = `${event.time.isoNanos()} stdout`
  if (!random.chance(0.02)) return `${head} F ${text}`
  const half = text.length >> 1
  return `${head} P ${text.slice(0, half)}\n${head} F ${text.slice(half)}`
}
