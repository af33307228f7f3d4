import { WordTable } from '../word-table.ts'

/** What a known key of a `key=value` line stands for. */
export const meaning = {
  time: 1,
  level: 2,
  message: 3,
  logger: 4,
  service: 5,
  version: 6,
  environment: 7,
  host: 8,
  thread: 9,
  pid: 10,
  userId: 11,
  userName: 12,
  method: 13,
  status: 14,
  url: 15,
  address: 16,
  duration: 17,
  error: 18,
  stack: 19,
  trace: 20,
  span: 21,
  request: 22,
  caller: 23,
} as const

/** How many meanings there are, none included. */
export const meanings = 24

/** Units of durations, and the other readings that keys of one meaning have. */
export const reading = {
  plain: 0,
  ns: 1,
  us: 2,
  ms: 3,
  s: 4,
  /** `code` is a status only beside a method or a path. */
  needsRequest: 5,
  datadog: 6,
  traceparent: 7,
} as const

/** The generic key lists of `docs/formats.md` section 7, best key first; and `caller` of Go's loggers. */
const lists: readonly (readonly [meaning: number, keys: string, reading?: number])[] = [
  [meaning.time, '@timestamp timestamp time ts @t t datetime date eventtime asctime timemillis epoch created_at'],
  [meaning.level, 'log.level level severity lvl loglevel log_level levelname level_name priority s @l'],
  [meaning.message, 'message msg short_message @m log body text event'],
  [meaning.logger, 'log.logger logger logger_name loggername name context target category channel component'],
  [meaning.service, 'service.name service service_name app application app_name servicename'],
  [meaning.version, 'version app_version release'],
  [meaning.environment, 'env environment stage'],
  [meaning.host, 'host.name hostname host server'],
  [meaning.thread, 'thread thread_name threadname process.thread.name'],
  [meaning.pid, 'pid process.pid processid'],
  [meaning.userId, 'user.id user_id userid uid'],
  [meaning.userName, 'user.name username user'],
  [meaning.method, 'method http_method verb'],
  [meaning.status, 'status status_code statuscode http_status'],
  [meaning.status, 'code', reading.needsRequest],
  [meaning.url, 'path url uri request_uri'],
  [meaning.address, 'ip client_ip remote_addr remoteaddress x_forwarded_for'],
  [meaning.duration, 'duration_ms durationms responsetime took_ms elapsed_ms latency_ms', reading.ms],
  [meaning.duration, 'duration_us elapsed_us latency_us took_us', reading.us],
  [meaning.duration, 'duration_ns elapsed_ns latency_ns took_ns', reading.ns],
  [meaning.duration, 'request_time duration_s duration_sec duration_seconds elapsed_seconds', reading.s],
  [meaning.duration, 'duration elapsed latency took'],
  [meaning.error, 'err error exception'],
  [meaning.stack, 'exc_info stack stack_trace stacktrace'],
  [meaning.trace, 'trace.id trace_id traceid oteltraceid'],
  [meaning.trace, 'dd.trace_id', reading.datadog],
  [meaning.trace, '@tr x-b3-traceid'],
  [meaning.trace, 'traceparent', reading.traceparent],
  [meaning.span, 'span.id span_id spanid otelspanid'],
  [meaning.span, 'dd.span_id', reading.datadog],
  [meaning.request, 'request_id requestid x-request-id correlation_id correlationid'],
  [meaning.caller, 'caller source'],
]

/** A key as one number: meaning, reading, and its place among all, so that the better one of two is the smaller. */
const [meaningFactor, readingFactor] = [1 << 12, 1 << 8]
const keys = new WordTable(
  lists
    .flatMap(([number, words, how]) => words.split(' ').map((word) => ({ number, word, how: how ?? reading.plain })))
    .map(({ number, word, how }, place) => [number * meaningFactor + how * readingFactor + (place & 0xff), word]),
)

/** The known key that fills the span: read it with `meaningOf`, `readingOf` and `placeOf`. 0 if it is none. */
export function findKey(bytes: Uint8Array, start: number, end: number): number {
  return keys.find(bytes, start, end)
}

export function meaningOf(key: number): number {
  return key >> 12
}

export function readingOf(key: number): number {
  return (key >> 8) & 15
}

/** Smaller is better, among keys of one meaning. */
export function placeOf(key: number): number {
  return key & 0xff
}
