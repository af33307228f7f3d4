import { describe, expect, it } from 'vitest'
import { advance, advanceQuiet, deadline, endOf, type Episode, type Timing } from '../../../src/alert/episode.ts'

function episodeOf(changes: Partial<Episode> = {}): Episode {
  return {
    key: '[]',
    alertId: 'a',
    labels: {},
    fingerprint: 'f',
    activeAt: 0,
    startsAt: NaN,
    falseSince: NaN,
    revision: 0,
    publishedAt: NaN,
    value: 1,
    count: 1,
    windowStart: 0,
    windowEnd: 0,
    lastMatch: NaN,
    annotations: {},
    samples: [],
    ...changes,
  }
}

const hour = 3_600_000
const minute = 60_000

/** What happens tick by tick (a minute each): `+` is true, `-` is false. */
function run(answers: string, timing: Partial<Timing>): string[] {
  const episode = episodeOf()
  const whole = { forMs: 0, keepFiringForMs: 0, resolveAfterMs: 0, ...timing }
  const steps: string[] = []
  for (let i = 0; i < answers.length; i++) {
    const t = i * minute
    const step = advance(episode, answers[i] === '+', { t, timing: whole })
    if (step === 'firing' || step === 'updated') episode.publishedAt = t
    if (step !== 'none') steps.push(`${step} ${i}`)
    if (step === 'resolved' || step === 'dropped') break
  }
  return steps
}

describe('an episode of a condition', () => {
  it.each<[string, Partial<Timing>, string[]]>([
    ['+', {}, ['firing 0']],
    ['+-', {}, ['firing 0', 'resolved 1']],
    ['+-', { forMs: minute }, ['dropped 1']],
    ['++', { forMs: minute }, ['firing 1']],
    ['+++', { forMs: 90_000 }, ['firing 2']],
    ['++--', { keepFiringForMs: 2 * minute }, ['firing 0']],
    ['++---', { keepFiringForMs: 2 * minute }, ['firing 0', 'resolved 4']],
    ['+--+--', { keepFiringForMs: 2 * minute }, ['firing 0']],
    ['+--+---', { keepFiringForMs: 2 * minute }, ['firing 0', 'resolved 6']],
    ['+'.repeat(1442), {}, ['firing 0', 'updated 720', 'updated 1440']],
  ])('%s with %j: %j', (answers, timing, expected) => {
    expect(run(answers, timing)).toEqual(expected)
  })
})

describe('an episode of occurrences', () => {
  const timing = { forMs: 0, keepFiringForMs: 0, resolveAfterMs: 5 * minute }

  it('resolves so long after the last one, and ends at that time, not at the tick', () => {
    const episode = episodeOf({ startsAt: 0, publishedAt: 0, lastMatch: 10_000 })
    expect(advanceQuiet(episode, { t: 5 * minute, timing })).toBe('none')
    expect(deadline(episode, timing)).toBe(5 * minute + 10_000)
    expect(advanceQuiet(episode, { t: 5 * minute + 15_000, timing })).toBe('resolved')
    expect(endOf(episode, { t: 5 * minute + 15_000, timing })).toBe(5 * minute + 10_000)
  })

  it('does not end before it began, however late its matches came', () => {
    const episode = episodeOf({ startsAt: hour, publishedAt: hour, lastMatch: 0 })
    expect(endOf(episode, { t: hour + minute, timing })).toBe(hour)
  })
})

describe('the next tick that matters', () => {
  it.each<[string, Partial<Episode>, number]>([
    ['pending: when it may fire', { activeAt: 1000 }, 1000 + minute],
    ['firing: when it is said again', { startsAt: 0, publishedAt: 0 }, 12 * hour],
    [
      'no longer true: when it has been kept for long enough',
      { startsAt: 0, publishedAt: 0, falseSince: minute },
      3 * minute,
    ],
  ])('%s', (_, changes, expected) => {
    const timing = { forMs: minute, keepFiringForMs: 2 * minute, resolveAfterMs: 0 }
    expect(deadline(episodeOf(changes), timing)).toBe(expected)
  })
})
