import { describe, expect, it } from 'vitest'
import { Rule, ruleFaults } from '../../../src/alert/rule.ts'
import { compileTemplate } from '../../../src/alert/template.ts'
import { alerts } from '../../../src/registry.ts'
import { enginesOf } from '../../support/engines.ts'

const values = {
  value: 0.11504,
  threshold: 0.05,
  windowMs: 300_000,
  unit: 'share',
  labels: { service_name: 'checkout' },
} as const

describe('an annotation', () => {
  it.each([
    ['Checkout fails for {{ value | percent }} of requests', 'Checkout fails for 11.5 % of requests'],
    ['{{labels.service_name}}: {{value}} > {{ threshold }} in {{ window }}', 'checkout: 11.5% > 5% in 5m0s'],
    ['{{ value | round(2) }}{{ labels.absent }}', '0.12'],
    ['no braces, {single}', 'no braces, {single}'],
  ])('%s says %s', (text, expected) => {
    expect(compileTemplate(text).template!.render(values)).toBe(expected)
  })

  it.each([
    ['{{ value | duration }}', { value: 2.5e9, unit: 'ns' }, '2.5s'],
    ['{{ value }}', { value: 2.5e9, unit: 'ns' }, '2.5s'],
    ['{{ value | bytes }}', { value: 1536, unit: 'bytes' }, '1.5KiB'],
    ['{{ value }}', { value: NaN, unit: 'count' }, '-'],
  ] as const)('%s of %j says %s', (text, changes, expected) => {
    expect(compileTemplate(text).template!.render({ ...values, ...changes })).toBe(expected)
  })

  it.each([
    ['a {{ value', 2],
    ['{{ nothing }}', 0],
    ['{{ value | upper }}', 0],
    ['{{ value | percent | round(2) }}', 0],
    ['ab {{ labels.a-b }}', 3],
    ['{{ constructor }}', 0],
    ['{{ value | constructor }}', 0],
  ])('%s is wrong at %i', (text, offset) => {
    expect(compileTemplate(text)).toMatchObject({ offset })
  })
})

describe('the keys of a rule', () => {
  it('have defaults', () => {
    expect(Rule.parse({ id: 'r', severity: 'low' })).toMatchObject({
      run: 'live',
      for: 0,
      resolve_after: 300_000,
      samples: 3,
      no_value: 'clear',
    })
  })

  it.each([
    [{ annotations: { summary: '{{ nope }}' } }, ['annotations', 'summary']],
    [{ for: 5 }, ['for']],
    [{ where: ['service.name == "x"'] }, ['where', 0]],
    [{ labels: { 'a-b': 'x' } }, ['labels', 'a-b']],
    [{ severity: 'page' }, ['severity']],
    [{ unknown: 1 }, []],
  ])('%j is wrong at %j', (keys, path) => {
    const { error } = Rule.safeParse({ id: 'r', severity: 'low', ...keys })
    expect(error?.issues.map((issue) => issue.path)).toEqual([path])
  })

  it.each([
    ['threshold', { severity: 'low', levels: [{ severity: 'low', above: 1 }] }, { window: '1m' }, ['severity']],
    ['threshold', {}, { window: '1m', above: 1 }, ['severity']],
    ['threshold', { severity: 'low' }, { window: '1m' }, ['above']],
    ['threshold', { levels: [{ severity: 'low' }] }, { window: '1m' }, ['levels']],
    ['threshold', { severity: 'low' }, { above: 1 }, ['window']],
    [
      'threshold',
      { severity: 'low', by: ['host.name'], where: ['a = 1'] },
      { metric: 'd.count', above: 1 },
      ['where', 'by'],
    ],
    [
      'any',
      { severity: 'low', for: '1m', keep_firing_for: '1m', no_value: 'fire' },
      {},
      ['for', 'keep_firing_for', 'no_value'],
    ],
    ['flatline', { severity: 'low' }, { window: '1m' }, []],
  ])('of %s, %j with %j, are at odds in %j', (type, keys, config, expected) => {
    const definition = alerts.find((one) => one.type === type)!
    const parsed = definition.config.parse(config) as Record<string, unknown>
    expect(ruleFaults(definition, Rule.parse({ id: 'r', ...keys }), parsed).map(({ key }) => key)).toEqual(expected)
  })
})

describe('compiled rules', () => {
  it('leave out what is off, mark what is in the shadow, and refuse an unknown derive', () => {
    const rules = [
      { id: 'b', type: 'any', severity: 'low', run: 'shadow' },
      { id: 'a', type: 'any', severity: 'low' },
      { id: 'c', type: 'any', severity: 'low', run: 'off' },
    ]
    expect(enginesOf({ rules }).compiled.rules.map(({ id, isShadow }) => [id, isShadow])).toEqual([['a', false], ['b', true]]) // prettier-ignore
    expect(() =>
      enginesOf({ rules: [{ id: 'r', type: 'threshold', metric: 'none.count', above: 1, severity: 'low' }] }),
    ).toThrow(expect.objectContaining({ code: 'LP_CONFIG_INVALID' }))
  })

  it('change their hash with everything that changes an alert, and with nothing else', () => {
    function hashOf(changes: Readonly<Record<string, unknown>>): string {
      const rule = {
        id: 'r',
        type: 'threshold',
        window: '1m',
        above: 1,
        severity: 'low',
        labels: { a: '1', b: '2' },
        ...changes,
      }
      return enginesOf({ rules: [rule] }).compiled.rules[0]!.hash
    }
    expect(hashOf({ labels: { b: '2', a: '1' } })).toBe(hashOf({}))
    for (const change of [{ above: 2 }, { severity: 'high' }, { for: '1m' }, { by: ['host.name'] }, { window: '2m' }]) {
      expect(hashOf(change)).not.toBe(hashOf({}))
    }
  })
})
