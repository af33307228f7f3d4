import { defaultServices, usualFormats, type LineFormat } from './line-table.ts'
import { incidentsOf, type PlannedIncident } from './story.ts'

/** All that the lines depend on: equal plans give equal bytes. */
export interface Plan {
  readonly seed: number
  /** Event time of the first line, epoch ms. */
  readonly startMs: number
  /** Length in event time; Infinity: endless. */
  readonly durationMs: number
  /** Lines per second of event time, over all streams. */
  readonly rate: number
  readonly story: 'incident' | 'steady'
  readonly services: readonly string[]
  /** Empty: what each service would write. */
  readonly formats: readonly LineFormat[]
  /** False: each stream writes one format. */
  readonly isMixed: boolean
  readonly streams: number
  /** Shares of lines, 0 to 1. */
  readonly late: number
  readonly shuffled: number
  readonly duplicate: number
  readonly broken: number
}

const defaults: Plan = {
  seed: 1,
  startMs: 1_767_607_200_000, // 2026-01-05T10:00:00Z
  durationMs: 900_000,
  rate: 100,
  story: 'incident',
  services: defaultServices,
  formats: [],
  isMixed: true,
  streams: defaultServices.length,
  late: 0.002,
  shuffled: 0.002,
  duplicate: 0.001,
  broken: 0.001,
}

export function planOf(wishes: Partial<Plan>): Plan {
  const streams = wishes.streams ?? wishes.services?.length ?? defaults.streams
  return { ...defaults, ...wishes, streams }
}

/** Incidents that the plan plants, with their times; none in a steady story. An endless plan tells those of a day. */
export function plannedIncidents(plan: Plan): PlannedIncident[] {
  if (plan.story === 'steady') return []
  return incidentsOf(activeServices(plan), plan.startMs, Math.min(plan.durationMs, 86_400_000))
}

/** Services that have a stream. */
export function activeServices(plan: Plan): readonly string[] {
  return plan.services.slice(0, plan.streams)
}

export function serviceOfStream(plan: Plan, stream: number): string {
  return plan.services[stream % plan.services.length]!
}

export function formatsOfStream(plan: Plan, stream: number): readonly LineFormat[] {
  const formats = plan.formats.length > 0 ? plan.formats : usualFormats(serviceOfStream(plan, stream))
  return plan.isMixed ? formats : [formats[stream % formats.length]!]
}

/** Lines of one stream in all. */
export function linesOfStream(plan: Plan): number {
  return Math.floor((plan.rate * plan.durationMs) / 1000 / plan.streams)
}

/** Event time from one line of a stream to its next. */
export function msPerLine(plan: Plan): number {
  return (1000 * plan.streams) / plan.rate
}
