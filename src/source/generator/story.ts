/** What is wrong with a service at a moment. */
export interface Condition {
  /** Share of requests that end with a 5xx status. */
  readonly errorShare: number
  /** Share of requests that take 1.5 s to 5 s. */
  readonly slowShare: number
  /** CPU use, 0 to 1. */
  readonly cpu: number
  /** A deployment is under way. */
  readonly isDeploying: boolean
}

export type IncidentName = 'server_errors' | 'slow_requests' | 'high_cpu'

/** An incident that the story plants: times of events in [fromMs, toMs), epoch ms. */
export interface PlannedIncident {
  readonly name: IncidentName
  readonly service: string
  readonly fromMs: number
  readonly toMs: number
}

const minuteMs = 60_000
const calm: Condition = { errorShare: 0.001, slowShare: 0, cpu: 0.35, isDeploying: false }

interface Phase {
  /** Which of the services, by its place in the list, wraps around. */
  readonly service: number
  /** Minutes of the story. */
  readonly from: number
  readonly to: number
  readonly name?: IncidentName
  readonly condition: Partial<Condition>
}

/** Length of the story; it begins again when it is over. */
const storyMs = 15 * minuteMs

/** Calm, a deployment, a slow route, a burst of 5xx of one service, CPU near its limit, recovery. */
const phases: readonly Phase[] = [
  { service: 0, from: 2, to: 2.5, condition: { isDeploying: true } },
  { service: 1, from: 3, to: 6, name: 'slow_requests', condition: { slowShare: 0.6 } },
  { service: 0, from: 6.5, to: 9.5, name: 'server_errors', condition: { errorShare: 0.4 } },
  { service: 2, from: 7, to: 10, name: 'high_cpu', condition: { cpu: 0.97 } },
]

/** The condition of `services[index]` at `elapsedMs` after the start. */
export function conditionAt(story: 'incident' | 'steady', place: StoryPlace): Condition {
  if (story === 'steady') return calm
  const minute = (place.elapsedMs % storyMs) / minuteMs
  let condition = calm
  for (const phase of phases) {
    if (minute >= phase.from && minute < phase.to && phase.service % place.services === place.service) {
      condition = { ...condition, ...phase.condition }
    }
  }
  return condition
}

export interface StoryPlace {
  /** Place of the service in the list, and the length of that. */
  readonly service: number
  readonly services: number
  readonly elapsedMs: number
}

/** All incidents that begin within `durationMs` of the start, in the order of their times. */
export function incidentsOf(services: readonly string[], startMs: number, durationMs: number): PlannedIncident[] {
  const incidents: PlannedIncident[] = []
  for (let round = 0; round < durationMs; round += storyMs) {
    for (const { name, service, from, to } of phases) {
      const fromMs = round + from * minuteMs
      if (name === undefined || fromMs >= durationMs) continue
      const toMs = Math.min(round + to * minuteMs, durationMs)
      const called = services[service % services.length]!
      incidents.push({ name, service: called, fromMs: startMs + fromMs, toMs: startMs + toMs })
    }
  }
  return incidents
}
