import { any } from './alert/any.ts'
import { Rule } from './alert/rule.ts'
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
import { plainText } from './parse/text/plain-text.ts'
import { file } from './source/file/file.ts'
import { generator } from './source/generator.ts'
import { http } from './source/http.ts'
import { stdout } from './sink/stdout.ts'
import { store } from './sink/store.ts'
import { stdin } from './source/stdin.ts'

/** The one table of components, in flow order. Within `formats` the order is that of detection: specific before general. */
export const sources: readonly SourceDefinition[] = [file, stdin, http, generator]

export const formats: readonly Format[] = [plainText]

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

export const channels: readonly ChannelDefinition[] = []

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
}
