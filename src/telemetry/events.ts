import type { Logger } from 'pino'
import { describeError, isLogpipeError } from '../core/error.ts'
import type { EventBatch } from '../core/event-batch.ts'
import { fact } from '../core/event-batch.ts'
import { eventFlagNames } from '../core/event-flag.ts'
import { parseFailures } from '../core/result.ts'
import type { Metrics } from './metrics.ts'

/**
 * What happens, one method per happening: it counts and logs together, and nobody else names a metric. Per batch,
 * never per event. Warn: unexpected, nothing lost. Error: something is lost, or a person is needed.
 */
export class Telemetry {
  readonly metrics: Metrics
  readonly #logger: Logger

  constructor(metrics: Metrics, logger: Logger) {
    this.metrics = metrics
    this.#logger = logger
  }

  started(version: string, node: string, configHash: string): void {
    this.metrics.buildInfo.set({ version, node }, 1)
    this.metrics.configInfo.set({ hash: configHash }, 1)
    this.metrics.configReloadSuccess.set(1)
    this.#logger.debug({ version, node, config: configHash }, 'started')
  }

  reloaded(configHash: string): void {
    this.metrics.configReloadSuccess.set(1)
    this.metrics.configInfo.reset()
    this.metrics.configInfo.set({ hash: configHash }, 1)
    this.#logger.info({ config: configHash }, 'configuration read again')
  }

  /** The configuration before stays in force. */
  reloadRefused(reasons: readonly string[]): void {
    this.metrics.configReloadSuccess.set(0)
    this.#logger.error({ reasons }, 'configuration refused, the one before stays in force')
  }

  batchParsed(batch: EventBatch, bytes: number): void {
    const pipeline = { pipeline: batch.records.source.pipeline }
    this.metrics.recordsReceived.inc(pipeline, batch.records.count)
    this.metrics.bytesReceived.inc(pipeline, bytes)
    this.metrics.batchRecords.observe(batch.records.count)
    if (batch.oddRecords > 0) this.metrics.oddRecords.inc(pipeline, batch.oddRecords)
    this.#countFormats(batch)
    for (const [reason, n] of batch.drops) {
      this.metrics.eventsDropped.inc({ stage: 'parse', reason, intentional: 'true' }, n)
    }
    for (const dead of batch.dead) this.metrics.deadLetters.inc({ stage: dead.stage, reason: dead.reason })
  }

  #countFormats(batch: EventBatch): void {
    const { formats } = batch.tables
    const counts = new Int32Array(formats.length)
    let flags = 0
    let failures = 0
    for (let row = 0; row < batch.count; row++) {
      counts[batch.format[row]!]!++
      flags |= batch.flags[row]!
      failures |= batch.facts[row]! & fact.failureMask
    }
    formats.forEach(({ name }, id) => {
      if (counts[id]! > 0) this.metrics.eventsParsed.inc({ format: name }, counts[id]!)
    })
    if (flags === 0 && failures === 0) return
    for (let row = 0; row < batch.count; row++) {
      const rowFlags = batch.flags[row]!
      if (rowFlags === 0 && (batch.facts[row]! & fact.failureMask) === 0) continue
      eventFlagNames.forEach((flag, bit) => {
        if (rowFlags & (1 << bit)) this.metrics.eventFlags.inc({ flag })
      })
      const code = parseFailures[(batch.facts[row]! & fact.failureMask) >> fact.failureShift]!
      if (code !== '') this.metrics.parseFailures.inc({ format: formats[batch.format[row]!]!.name, code })
    }
  }

  eventsIndexed(pipeline: string, n: number): void {
    this.metrics.eventsIndexed.inc({ pipeline }, n)
  }

  committed(outcome: string, seconds: number): void {
    this.metrics.commits.inc({ outcome })
    this.metrics.commitSeconds.observe(seconds)
  }

  watermarkAt(ms: number): void {
    if (Number.isFinite(ms)) this.metrics.watermark.set(ms / 1000)
  }

  alertChanged(rule: string, to: string): void {
    this.metrics.alertTransitions.inc({ rule, to })
  }

  /** The rule of each firing alert: asked for at a scrape, since a restart has them without a transition. */
  alertsFiring(rules: readonly string[]): void {
    this.metrics.alertsActive.reset()
    for (const rule of rules) this.metrics.alertsActive.inc({ rule })
  }

  /** Asked for at a scrape. */
  readyIs(isReady: boolean): void {
    this.metrics.ready.set(isReady ? 1 : 0)
  }

  noticeSent(channel: string): void {
    this.metrics.notifications.inc({ channel, outcome: 'sent' })
  }

  noticeFailed(channel: string, error: unknown, willRetry: boolean): void {
    this.metrics.notifications.inc({ channel, outcome: willRetry ? 'retried' : 'failed' })
    const fields = { channel, error: describeError(error) }
    if (willRetry) this.#logger.warn(fields, 'notice will be sent again')
    else this.#logger.error(fields, 'notice given up')
  }

  /** Something that a person should know and that did not stop the process. */
  reported(error: unknown): void {
    const code = isLogpipeError(error) ? error.code : 'LP_INTERNAL'
    const remedy = isLogpipeError(error) ? error.remedy : undefined
    this.#logger.warn({ code, remedy, error: describeError(error) }, 'going on after a problem')
  }

  retentionDone(deleted: Readonly<Record<string, number>>): void {
    this.#logger.debug({ deleted }, 'old documents deleted')
  }

  stopped(drained: boolean): void {
    if (drained) this.#logger.debug('stopped')
    else this.#logger.warn('stopped before all was drained: the rest is read again at the next start')
  }
}
