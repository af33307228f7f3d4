import type { EventFacts } from './facts.ts'
import type { Random } from './random.ts'

/** Lines of text loggers and servers. */

const pythonLevels = { info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const

/** `%(asctime)s [%(levelname)s] %(name)s: %(message)s` */
export function pythonLogging(_random: Random, event: EventFacts): string {
  return pythonLine(event, event.message)
}

/** The same header before any message. */
export function pythonLine(event: EventFacts, message: string): string {
  const { time, level, service } = event
  return `${time.plain()},${time.millis()} [${pythonLevels[level]}] ${service}.api: ${message}`
}

/** loguru's default format without colours. */
export function loguru(random: Random, event: EventFacts): string {
  const { time, level, service, endpoint, message } = event
  const place = `${service}.api:${endpoint}:${20 + random.below(200)}`
  return `${time.plain()}.${time.millis()} | ${pythonLevels[level].padEnd(8)} | ${place} - ${message}`
}

/** `runserver` access line. */
export function django(_random: Random, event: EventFacts): string {
  return `[${event.time.django()}] "${event.method} ${event.path} HTTP/1.1" ${event.status} ${event.bytes}`
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** uvicorn's access line: it has no time. */
export function uvicorn(_random: Random, event: EventFacts): string {
  const { ip, port, method, path, status } = event
  return `INFO:     ${ip}:${port} - "${method} ${path} HTTP/1.1" ${status} ${reasons[status] ?? ''}`
}

export function gunicorn(_random: Random, event: EventFacts): string {
  const { time, pid, level, message } = event
  return `[${time.plain()} +0000] [${pid}] [${pythonLevels[level]}] ${message}`
}

/** The `main` format of nginx with request and upstream times. */
export function nginxAccess(random: Random, event: EventFacts): string {
  const seconds = (event.durationMs / 1000).toFixed(3)
  const upstream = (Math.max(1, event.durationMs - 1 - random.below(3)) / 1000).toFixed(3)
  return `${apacheCombined(random, event)} "-" ${seconds} ${upstream}`
}

/** The Combined Log Format of Apache httpd (mod_log_config). */
export function apacheCombined(_random: Random, event: EventFacts): string {
  const { ip, time, method, path, status, bytes, agent } = event
  return `${ip} - - [${time.clf()}] "${method} ${path} HTTP/1.1" ${status} ${bytes} "-" "${agent}"`
}

export function nginxError(random: Random, event: EventFacts): string {
  const { time, pid, ip, method, path } = event
  const connection = 1 + random.below(90_000)
  return (
    `${time.slashed()} [error] ${pid}#${pid}: *${connection} upstream timed out (110: Connection timed out) while ` +
    `reading response header from upstream, client: ${ip}, server: shop.example, request: "${method} ${path} ` +
    `HTTP/1.1", upstream: "http://10.0.9.12:8080${path}", host: "shop.example"`
  )
}

const severities = { info: 6, warn: 4, error: 3 } as const

/** RFC 3164, now and then of sshd. */
export function syslog3164(random: Random, event: EventFacts): string {
  const { time, host, service, pid, level, user, ip, port } = event
  if (random.chance(0.1)) {
    const message = `Failed password for invalid user ${user} from ${ip} port ${port} ssh2`
    return `<38>${time.syslog()} ${host} sshd[${pid + 7}]: ${message}`
  }
  return `<${16 * 8 + severities[level]}>${time.syslog()} ${host} ${service}[${pid}]: ${event.message}`
}

/** RFC 5424 section 6, enterprise number for examples. */
export function syslog5424(_random: Random, event: EventFacts): string {
  const { time, host, service, pid, level, ip, user } = event
  const data = `[request@32473 ip="${ip}" user="${user}"]`
  return `<${16 * 8 + severities[level]}>1 ${time.iso()} ${host} ${service} ${pid} REQ ${data} ${event.message}`
}

export function logfmt(random: Random, event: EventFacts): string {
  return (
    `time=${event.time.iso()} level=${event.level} msg="${event.message}" service=${event.service} ` +
    `method=${event.method} path="${event.path}" status=${event.status} duration=${event.durationMs}ms ` +
    `trace_id=${random.hex(32)}`
  )
}

const bootLevels = { info: ' INFO', warn: ' WARN', error: 'ERROR' } as const

/** Spring Boot 3 with `spring.application.name`. */
export function springBoot(random: Random, event: EventFacts): string {
  const { time, level, pid, service, message } = event
  const thread = `nio-8080-exec-${1 + random.below(9)}`
  const logger = `c.example.${service}.Controller`.padEnd(40)
  return `${time.iso()} ${bootLevels[level]} ${pid} --- [${service}] [${thread}] ${logger} : ${message}`
}
