import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The metrics of one process. Names, help texts and labels stand here and nowhere else. */
export class Metrics {
  readonly registry = new Registry()
  readonly recordsReceived = this.#counter('records_received_total', 'Records read from inputs.', ['pipeline'])
  readonly bytesReceived = this.#counter('bytes_received_total', 'Bytes read from inputs.', ['pipeline'])
  readonly eventsParsed = this.#counter('events_parsed_total', 'Events by the format they were parsed as.', ['format'])
  readonly eventsIndexed = this.#counter('events_indexed_total', 'Events written to the sinks.', ['pipeline'])
  readonly eventsDropped = this.#counter('events_dropped_total', 'Records that became no event.', [
    'stage',
    'reason',
    'intentional',
  ])
  readonly deadLetters = this.#counter('dlq_events_total', 'Records that became dead letters.', ['stage', 'reason'])
  readonly parseFailures = this.#counter('parse_failures_total', 'Lines kept as text because they did not parse.', [
    'format',
    'code',
  ])
  readonly eventFlags = this.#counter('event_flags_total', 'Events with a flag.', ['flag'])
  readonly oddRecords = this.#counter('odd_records_total', 'Records that took the slow object path.', ['pipeline'])
  readonly batchRecords = new Histogram({
    name: 'logpipe_batch_records',
    help: 'Records per batch.',
    buckets: [1, 16, 64, 256, 1024, 4096, 16_384],
    registers: [this.registry],
  })
  readonly commits = this.#counter('commits_total', 'Commits by outcome.', ['outcome'])
  readonly commitSeconds = this.#histogram('commit_duration_seconds', 'Time of a commit.', [])
  readonly watermark = this.#gauge('watermark_timestamp_seconds', 'Watermark of all included sources.', [])
  readonly alertsActive = this.#gauge('alerts_active', 'Firing alerts.', ['rule'])
  readonly alertTransitions = this.#counter('alerts_transitions_total', 'Transitions of alerts.', ['rule', 'to'])
  readonly notifications = this.#counter('notifications_total', 'Notices by outcome.', ['channel', 'outcome'])
  readonly ready = this.#gauge('ready', '1 when every readiness check passes.', [])
  readonly configInfo = this.#gauge('config_info', 'Hash of the configuration in force.', ['hash'])
  readonly configReloadSuccess = this.#gauge('config_reload_success', '1 if the last reload came into force.', [])
  readonly buildInfo = this.#gauge('build_info', 'Version of logpipe and Node.', ['version', 'node'])

  constructor() {
    this.watermark.remove() // No sample until it is known: 0 would be the year 1970.
  }

  /** Registers what prom-client knows of the process, too. */
  collectDefaults(): void {
    collectDefaultMetrics({ register: this.registry })
    // Gauges whose names end like those of counters: `promtool check metrics` refuses a page that has them.
    for (const what of ['handles', 'requests', 'resources']) {
      this.registry.removeSingleMetric(`nodejs_active_${what}_total`)
    }
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `logpipe_${name}`, help, labelNames: [...labelNames], registers: [this.registry] })
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: `logpipe_${name}`, help, labelNames: [...labelNames], registers: [this.registry] })
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Histogram<Label> {
    const buckets = [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]
    return new Histogram({
      name: `logpipe_${name}`,
      help,
      labelNames: [...labelNames],
      buckets,
      registers: [this.registry],
    })
  }
}
