import type { EventFacts } from './facts.ts'
import type { Random } from './random.ts'

/** Lines of JSON loggers. No text of the facts needs an escape, so plain templates are JSON. */

const pinoLevels = { info: 30, warn: 40, error: 50 } as const

/** pino 9 with a base of pid, hostname and service. */
export function pino(random: Random, event: EventFacts): string {
  return (
    `{"level":${pinoLevels[event.level]},"time":${event.time.ms},"pid":${event.pid},"hostname":"${event.host}",` +
    `"service":"${event.service}","traceId":"${random.hex(32)}","userId":"${event.user}","msg":"${event.message}"}`
  )
}

/** pino-http 10 with its standard serializers. */
export function pinoHttp(random: Random, event: EventFacts): string {
  const error = event.isFailure
    ? `"err":{"type":"Error","message":"${event.message}","stack":"Error: ${event.message}\\n    at charge ` +
      `(/app/src/pay.js:42:11)\\n    at async handle (/app/src/router.js:118:5)"},`
    : ''
  return (
    `{"level":${event.isFailure ? 50 : 30},"time":${event.time.ms},"pid":${event.pid},"hostname":"${event.host}",` +
    `"service":"${event.service}","req":{"id":"${random.hex(16)}","method":"${event.method}","url":"${event.path}",` +
    `"headers":{"host":"shop.example","user-agent":"${event.agent}"},"remoteAddress":"${event.ip}",` +
    `"remotePort":${event.port}},"res":{"statusCode":${event.status},"headers":{"content-type":"application/json",` +
    `"content-length":"${event.bytes}"}},${error}"responseTime":${event.durationMs},` +
    `"msg":"${event.isFailure ? 'request errored' : 'request completed'}"}`
  )
}

/** ecs-logging for Java: dotted names (ECS logging specification, spec.json). */
export function ecs(random: Random, event: EventFacts): string {
  return (
    `{"@timestamp":"${event.time.iso()}","log.level":"${event.level.toUpperCase()}","message":"${event.message}",` +
    `"ecs.version":"1.2.0","service.name":"${event.service}","service.version":"${event.version}",` +
    `"event.dataset":"${event.service}.log","process.thread.name":"http-nio-8080-exec-${1 + random.below(16)}",` +
    `"log.logger":"com.example.${event.service}.Api","trace.id":"${random.hex(32)}",` +
    `"http.request.method":"${event.method}","url.path":"${pathOnly(event.path)}",` +
    `"http.response.status_code":${event.status},"event.duration":${event.durationMs * 1_000_000}}`
  )
}

/** winston 3 with `format.timestamp()` and `format.json()`. */
export function winston(_random: Random, event: EventFacts): string {
  return (
    `{"level":"${event.level}","message":"${event.method} ${pathOnly(event.path)} ${event.status}",` +
    `"service":"${event.service}","method":"${event.method}","path":"${event.path}","status":${event.status},` +
    `"durationMs":${event.durationMs},"ip":"${event.ip}","timestamp":"${event.time.iso()}"}`
  )
}

const pythonLevels = { info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const

/** python-json-logger with `asctime levelname name message` and extras. */
export function pythonJson(_random: Random, event: EventFacts): string {
  return (
    `{"asctime":"${event.time.plain()},${event.time.millis()}","levelname":"${pythonLevels[event.level]}",` +
    `"name":"${event.service}.api","message":"${event.message}","service":"${event.service}",` +
    `"method":"${event.method}","path":"${event.path}","status_code":${event.status},"duration_ms":${event.durationMs}}`
  )
}

/** A logger of one's own. */
export function plainJson(random: Random, event: EventFacts): string {
  return (
    `{"timestamp":"${event.time.iso()}","severity":"${event.level}","service":"${event.service}",` +
    `"msg":"${event.message}","request_id":"${random.hex(16)}","http_method":"${event.method}",` +
    `"path":"${event.path}","status":${event.status},"elapsed_ms":${event.durationMs},"client_ip":"${event.ip}"}`
  )
}

/** The path without its query. */
export function pathOnly(path: string): string {
  const at = path.indexOf('?')
  return at < 0 ? path : path.slice(0, at)
}
