import { isIPv4 } from 'node:net'
import type { LineKind } from './lines.ts'

/** What a careful programmer writes first: an object per event with the same fields as ours, but routes not recognised. */
type Naive = Record<string, unknown>

const pattern =
  /^(?<ip>\S+) \S+ (?<user>\S+) \[(?<time>[^\]]+)\] "(?<method>\S+) (?<url>\S+) HTTP\/(?<version>[\d.]+)" (?<status>\d{3}) (?<bytes>\d+|-) "(?<referrer>[^"]*)" "(?<agent>[^"]*)" (?<seconds>[\d.]+)$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export const naiveEvents: Readonly<Record<LineKind, (line: string, offset: number) => Naive>> = {
  pino_http: fromPino,
  nginx_access: fromNginx,
}

function levelOf(status: number): { level: string; severity: number } {
  if (status >= 500) return { level: 'error', severity: 17 }
  if (status >= 400) return { level: 'warn', severity: 13 }
  return { level: 'info', severity: 9 }
}

function urlOf(original: string): Naive {
  const mark = original.indexOf('?')
  return { original, path: original.slice(0, mark), query: original.slice(mark + 1) }
}

function fromPino(line: string, offset: number): Naive {
  const record = JSON.parse(line)
  const { req, res } = record
  const status: number = res.statusCode
  const url = urlOf(req.url)
  return {
    '@timestamp': new Date(record.time).toISOString(),
    ecs: { version: '9.5.0' },
    event: {
      category: ['web'],
      dataset: 'pino.access',
      duration: record.responseTime * 1e6,
      kind: 'event',
      module: 'pino',
      outcome: status >= 400 ? 'failure' : 'success',
      type: ['access'],
    },
    host: { name: record.hostname },
    http: { request: { id: String(req.id), method: req.method }, response: { status_code: status } },
    log: { level: 'info', offset },
    logpipe: {
      format: 'pino_http',
      http: { route: url['path'] },
      level: 'info',
      severity: 9,
      ...(status >= 500 ? { error: true } : {}),
      time: { source: 'event' },
    },
    message: record.msg,
    process: { pid: record.pid },
    source: {
      address: req.remoteAddress,
      ip: isIPv4(req.remoteAddress) ? req.remoteAddress : undefined,
      port: req.remotePort,
    },
    url,
  }
}

function fromNginx(line: string, offset: number): Naive {
  const groups = pattern.exec(line)!.groups!
  const time = groups['time']!
  const [day, month, year] = [time.slice(0, 2), months.indexOf(time.slice(3, 6)), time.slice(7, 11)]
  const [hour, minute, second] = time.slice(12, 20).split(':')
  const ms = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
  const status = Number(groups['status'])
  const url = urlOf(groups['url']!)
  return {
    '@timestamp': new Date(ms).toISOString(),
    ecs: { version: '9.5.0' },
    event: {
      category: ['web'],
      dataset: 'nginx.access',
      duration: Math.round(Number(groups['seconds']) * 1e9),
      kind: 'event',
      module: 'nginx',
      outcome: status >= 400 ? 'failure' : 'success',
      type: ['access'],
    },
    http: {
      request: { method: groups['method'] },
      response: { body: { bytes: Number(groups['bytes']) }, status_code: status },
      version: groups['version'],
    },
    log: { offset },
    logpipe: {
      format: 'nginx_access',
      http: { route: url['path'] },
      ...levelOf(status),
      ...(status >= 500 ? { error: true } : {}),
      time: { source: 'event' },
    },
    message: `${groups['method']} ${groups['url']} HTTP/${groups['version']}`,
    source: { address: groups['ip'], ip: isIPv4(groups['ip']!) ? groups['ip'] : undefined },
    url,
    user_agent: { original: groups['agent'] },
  }
}
