import type { JsonTarget } from '../format.ts'

/** Ranks of format tables are below this, the place in a list is added to it. */
export const genericRank = 100
/** Rank of ECS names in their own place. */
export const ecsRank = 50

/** Key lists of `docs/formats.md` section 7, in lower case: the first hit wins. */
const lists: readonly (readonly [target: JsonTarget, keys: string])[] = [
  [{ to: 'time' }, '@timestamp timestamp time ts @t t datetime date eventtime asctime timemillis epoch created_at'],
  [{ to: 'level', scale: 'words' }, 'log.level level severity lvl loglevel log_level levelname level_name'],
  [{ to: 'level', scale: 'words', isStrict: true, rank: 20 }, 'priority s @l'],
  [{ to: 'field', field: 'message' }, 'message msg short_message @m log body text event'],
  [
    { to: 'field', field: 'log.logger' },
    'log.logger logger logger_name loggername name context target category channel component',
  ],
  [{ to: 'thread' }, 'thread thread_name threadname process.thread.name'],
  [{ to: 'field', field: 'process.pid' }, 'pid process.pid processid'],
  [{ to: 'field', field: 'user.id' }, 'user.id user_id userid uid'],
  [{ to: 'field', field: 'user.name' }, 'user.name username user'],
  [{ to: 'method' }, 'method http_method verb'],
  [{ to: 'status' }, 'status status_code statuscode http_status code'],
  [{ to: 'url' }, 'path url uri request_uri'],
  [{ to: 'address' }, 'ip client_ip remote_addr remoteaddress x_forwarded_for'],
  [{ to: 'duration', unit: 'ms' }, 'duration_ms durationms responsetime took_ms elapsed_ms latency_ms'],
  [{ to: 'duration', unit: 'us', rank: 10 }, 'duration_us elapsed_us latency_us took_us'],
  [{ to: 'duration', unit: 'ns', rank: 20 }, 'duration_ns elapsed_ns latency_ns took_ns'],
  [{ to: 'duration', unit: 's', rank: 30 }, 'request_time duration_s duration_sec duration_seconds elapsed_seconds'],
  [{ to: 'duration', unit: 'text', rank: 40 }, 'duration elapsed latency took'],
  [{ to: 'error' }, 'err error exception exc_info stack stack_trace stacktrace thrown @x'],
  [{ to: 'trace' }, 'trace.id trace_id traceid oteltraceid'],
  [{ to: 'trace', isDecimal: true, rank: 10 }, 'dd.trace_id'],
  [{ to: 'trace', rank: 20 }, '@tr x-b3-traceid'],
  [{ to: 'traceparent', rank: 30 }, 'traceparent'],
  [{ to: 'span' }, 'span.id span_id spanid otelspanid @sp'],
  [{ to: 'span', isDecimal: true, rank: 10 }, 'dd.span_id'],
  [{ to: 'field', field: 'http.request.id' }, 'request_id requestid x-request-id correlation_id correlationid'],
  [{ to: 'field', field: 'service.name' }, 'service service_name servicename'],
]

const byKey: ReadonlyMap<string, JsonTarget> = new Map(
  lists.flatMap(([target, keys]) =>
    keys
      .split(' ')
      .map((key, i): [string, JsonTarget] => [key, { ...target, rank: genericRank + (target.rank ?? 0) + i }]),
  ),
)

/** Other names that tell their unit; words that say that it is no total time are left out. */
const unitEnds: readonly (readonly [end: RegExp, unit: 'ms' | 'us' | 'ns' | 's'])[] = [
  [/_ms$/, 'ms'],
  [/_us$/, 'us'],
  [/_ns$/, 'ns'],
  [/_(?:s|sec|seconds)$/, 's'],
]
const noTotal = /timeout|delay|interval|ttl|max|min|limit|retry|backoff|wait|uptime|age|avg|p\d\d/
/** Rank of those: after all that are named. */
const unitEndRank = genericRank + 90

/** The target of a dotted key by the generic lists; undefined if they do not have it. */
export function genericTarget(path: string): JsonTarget | undefined {
  const key = path.toLowerCase()
  const known = byKey.get(key)
  if (known !== undefined) return known
  const dot = key.indexOf('.')
  const outer = dot < 0 ? undefined : byKey.get(key.slice(0, dot))
  if (outer?.to === 'error') return outer
  if (noTotal.test(key)) return undefined
  for (const [end, unit] of unitEnds) if (end.test(key)) return { to: 'duration', unit, rank: unitEndRank }
  return undefined
}
