import { any } from './alert/any.ts'
import { Rule, ruleFaults, type RuleKeys } from './alert/rule.ts'
import { flatline } from './alert/flatline.ts'
import { frequency } from './alert/frequency.ts'
import { percentile } from './alert/percentile.ts'
import { ratio } from './alert/ratio.ts'
import { threshold } from './alert/threshold.ts'
import type {
  AlertDefinition,
  ChannelDefinition,
  Components,
  DeriveDefinition,
  SinkDefinition,
  SourceDefinition,
} from './core/component.ts'
import { count } from './derive/count.ts'
import { errorRate } from './derive/error-rate.ts'
import { last } from './derive/last.ts'
import { percentiles } from './derive/percentiles.ts'
import { requests } from './derive/requests.ts'
import { slowRequests } from './derive/slow-requests.ts'
import { stats } from './derive/stats.ts'
import { sum } from './derive/sum.ts'
import { ParseConfig } from './parse/config.ts'
import type { Format } from './parse/format.ts'
import { dockerJson } from './parse/json/docker-json.ts'
import { ecs } from './parse/json/ecs.ts'
import { filebeat } from './parse/json/filebeat.ts'
import { fluentBit } from './parse/json/fluent-bit.ts'
import { json } from './parse/json/json.ts'
import { pinoHttp } from './parse/json/pino-http.ts'
import { pino } from './parse/json/pino.ts'
import { pythonJson } from './parse/json/python-json.ts'
import { winston } from './parse/json/winston.ts'
import { apacheCombined, apacheCommon } from './parse/text/apache-access.ts'
import { apacheError } from './parse/text/apache-error.ts'
import { cri } from './parse/text/cri.ts'
import { django } from './parse/text/django.ts'
import { gunicorn } from './parse/text/gunicorn.ts'
import { logfmt } from './parse/text/logfmt.ts'
import { loguru } from './parse/text/loguru.ts'
import { monitor } from './parse/text/monitor.ts'
import { nginxAccess } from './parse/text/nginx-access.ts'
import { nginxError } from './parse/text/nginx-error.ts'
import { plainText } from './parse/text/plain-text.ts'
import { pythonLogging } from './parse/text/python-logging.ts'
import { springBoot } from './parse/text/spring-boot.ts'
import { syslog3164, syslogIso } from './parse/text/syslog-3164.ts'
import { syslog5424 } from './parse/text/syslog-5424.ts'
import { uvicorn } from './parse/text/uvicorn.ts'
import { terminal } from './notify/channels/terminal.ts'
import { webhook } from './notify/channels/webhook.ts'
import { file } from './source/file/file.ts'
import { generator } from './source/generator.ts'
import { http } from './source/http.ts'
import { stdout } from './sink/stdout.ts'
import { store } from './sink/store.ts'
import { stdin } from './source/stdin.ts'

/** The one table of components, in flow order. Within `formats` the order is that of detection: specific before general. */
export const sources: readonly SourceDefinition[] = [file, stdin, http, generator]

export const formats: readonly Format[] = [
  filebeat,
  dockerJson,
  fluentBit,
  ecs,
  pinoHttp,
  pino,
  pythonJson,
  winston,
  json,
  cri,
  nginxAccess,
  pythonLogging,
  springBoot,
  loguru,
  nginxError,
  syslog5424,
  syslogIso,
  syslog3164,
  uvicorn,
  apacheError,
  django,
  apacheCombined,
  apacheCommon,
  gunicorn,
  logfmt,
  monitor,
  plainText,
]

export const derives: readonly DeriveDefinition[] = [
  errorRate,
  slowRequests,
  requests,
  count,
  sum,
  stats,
  percentiles,
  last,
]

export const alerts: readonly AlertDefinition[] = [any, threshold, ratio, percentile, frequency, flatline]

export const channels: readonly ChannelDefinition[] = [webhook, terminal]

export const sinks: readonly SinkDefinition[] = [store, stdout]

/** What `config` checks files against. */
export const components: Components = {
  sources,
  formats,
  derives,
  alerts,
  channels,
  sinks,
  parse: ParseConfig,
  rule: Rule,
  // Config hands over what the schema of `rule` gave.
  ruleFaults: (definition, keys, config) => ruleFaults(definition, keys as RuleKeys, config),
}
