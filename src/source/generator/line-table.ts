import { cri, dockerJson, filebeat, fluentBit } from './envelope-lines.ts'
import type { EventFacts } from './facts.ts'
import { ecs, pino, pinoHttp, plainJson, pythonJson, winston } from './json-lines.ts'
import { monitor } from './monitor-lines.ts'
import type { Random } from './random.ts'
import { apacheCombined, django, gunicorn, logfmt, loguru, nginxAccess, nginxError } from './text-lines.ts'
import { pythonLogging, springBoot, syslog3164, syslog5424, uvicorn } from './text-lines.ts'
import { javaTrace, nodeTrace, pythonTrace } from './trace-lines.ts'

/** Writes an event as text without a final LF; an LF inside means that one event takes several lines. */
export type LineBuilder = (random: Random, event: EventFacts) => string

/** All that the generator can write, by the name of the format; traces are named for their language. */
export const lineTable = {
  pino,
  pino_http: pinoHttp,
  ecs,
  winston,
  python_json: pythonJson,
  json: plainJson,
  python_logging: pythonLogging,
  loguru,
  django,
  uvicorn,
  gunicorn,
  nginx_access: nginxAccess,
  nginx_error: nginxError,
  apache_combined: apacheCombined,
  syslog_3164: syslog3164,
  syslog_5424: syslog5424,
  logfmt,
  spring_boot: springBoot,
  monitor,
  filebeat,
  fluent_bit: fluentBit,
  docker_json: dockerJson,
  cri,
  java_trace: javaTrace,
  python_trace: pythonTrace,
  node_trace: nodeTrace,
} as const satisfies Readonly<Record<string, LineBuilder>>

export type LineFormat = keyof typeof lineTable

// The keys of an object literal are its names.
export const lineFormats = Object.keys(lineTable) as LineFormat[]

/** Written for events that failed, not for others. */
export const failureFormats: ReadonlySet<LineFormat> = new Set([
  'nginx_error',
  'java_trace',
  'python_trace',
  'node_trace',
])

/** What the services of the demo write; a name that occurs often is frequent. Together they cover the table. */
const profiles: Readonly<Record<string, readonly LineFormat[]>> = {
  checkout: ['pino_http', 'pino_http', 'pino_http', 'pino', 'winston', 'node_trace'],
  catalog: ['spring_boot', 'ecs', 'ecs', 'logfmt', 'java_trace'],
  orders: [
    ...(['python_logging', 'monitor', 'monitor', 'loguru', 'django', 'uvicorn', 'gunicorn'] as const),
    ...(['python_json', 'python_json', 'python_trace'] as const),
  ],
  gateway: ['nginx_access', 'nginx_access', 'nginx_access', 'syslog_3164', 'syslog_5424', 'nginx_error'],
  billing: ['filebeat', 'fluent_bit', 'docker_json', 'cri', 'json', 'apache_combined'],
}

export const defaultServices: readonly string[] = Object.keys(profiles)

/** Formats that a service writes if none are asked for. */
export function usualFormats(service: string): readonly LineFormat[] {
  return profiles[service] ?? lineFormats
}
