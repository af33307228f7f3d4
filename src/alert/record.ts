import type { MetricUnit } from '../core/component.ts'
import { sortedNames, type Labels } from '../core/fingerprint.ts'
import { isoText } from '../core/time-text.ts'
import type { Output } from '../core/unit.ts'
import type { Episode, TransitionKind } from './episode.ts'
import type { RuleInstance } from './program.ts'

/** What records say of the installation. */
export interface RecordSettings {
  readonly app: string
  /** Name of the cluster, for `ce_source`. */
  readonly cluster: string
  /** Where a person reaches logpipe, without a slash at the end. */
  readonly externalUrl: string
}

/** One change of an episode at a tick. */
export interface Change {
  readonly rule: RuleInstance
  readonly unit: MetricUnit
  readonly episode: Episode
  readonly kind: Exclude<TransitionKind, 'pending'>
  /** The tick, epoch ms. */
  readonly t: number
  /** End of the episode, epoch ms; NaN while it fires. */
  readonly endsAt: number
  /** Why it was resolved other than by its condition: `rule_changed`, `rule_removed`. */
  readonly reason?: string | undefined
}

const notificationReasons = {
  firing: 'first notification',
  updated: 'repeat interval elapsed',
  resolved: 'all alerts resolved',
}

/** Topic of the records, which is also their receiver. */
const topic = 'logpipe.alerts.v1'

/** Marks an alert that has no end yet (Alertmanager writes Go's zero time). */
const zeroTime = '0001-01-01T00:00:00Z'

/**
 * The record of a revision: a webhook v4 message with one alert (Alertmanager, `webhook_config`), with logpipe's own
 * facts under `logpipe`, and the headers of a CloudEvent 1.0 in binary mode.
 */
export function alertOutput(change: Change, settings: RecordSettings): Output {
  const { episode, rule, kind, t } = change
  const labels = inNameOrder(episode.labels)
  const status = kind === 'resolved' ? 'resolved' : 'firing'
  const group = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const message = {
    version: '4',
    groupKey: `{}:{${group.join(', ')}}`,
    truncatedAlerts: 0,
    receiver: topic,
    status,
    notification_reason: notificationReasons[kind],
    groupLabels: labels,
    routeLabels: {},
    externalURL: settings.externalUrl,
    commonLabels: labels,
    commonAnnotations: episode.annotations,
    alerts: [
      {
        status,
        labels,
        annotations: episode.annotations,
        startsAt: isoText(episode.startsAt),
        endsAt: kind === 'resolved' ? isoText(change.endsAt) : zeroTime,
        generatorURL: `${settings.externalUrl}/rules/${rule.id}`,
        fingerprint: episode.fingerprint,
      },
    ],
    logpipe: ownFacts(change),
  }
  return {
    stage: 'alert',
    id: episode.alertId,
    revision: episode.revision,
    key: episode.fingerprint,
    value: JSON.stringify(message),
    headers: {
      ce_specversion: '1.0',
      ce_id: `${episode.alertId}:${episode.revision}`,
      ce_source: `/logpipe/${settings.cluster}/${rule.pipelines.join(',') || '*'}`,
      ce_type: `io.logpipe.alert.${kind}.v1`,
      ce_subject: rule.id,
      ce_time: isoText(t),
      'content-type': 'application/json',
    },
  }
}

function ownFacts({ episode, rule, kind, unit, endsAt, reason }: Change): Record<string, unknown> {
  return {
    alertId: episode.alertId,
    revision: episode.revision,
    transition: kind,
    state: kind === 'resolved' ? 'resolved' : 'firing',
    ruleId: rule.id,
    ruleHash: rule.hash,
    level: rule.level,
    ...(rule.isShadow ? { run: 'shadow' } : {}),
    value: numberOrNull(episode.value),
    unit,
    threshold: numberOrNull(rule.threshold),
    activeAt: isoText(episode.activeAt),
    windowStart: isoText(episode.windowStart),
    windowEnd: isoText(episode.windowEnd),
    count: episode.count,
    samples: episode.samples,
    durationMs: kind === 'resolved' ? endsAt - episode.startsAt : null,
    ...(reason === undefined ? {} : { reason }),
  }
}

function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function inNameOrder(labels: Labels): Record<string, string> {
  return Object.fromEntries(sortedNames(labels).map((name) => [name, labels[name]!]))
}
