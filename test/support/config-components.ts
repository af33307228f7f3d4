import { z } from 'zod'
import { Rule, ruleFaults, type RuleKeys } from '../../src/alert/rule.ts'
import type { Components, CompiledRule, DeriveDefinition } from '../../src/core/component.ts'
import {
  conditions,
  count,
  duration,
  fieldName,
  flag,
  metricName,
  secret,
  share,
  size,
  text,
  threshold,
} from '../../src/core/config-field.ts'

function never(): never {
  throw new Error('config builds no component')
}

const base = {
  stability: 'stable',
  stateVersion: 1,
  cell: [],
  requires: () => [],
  keepsValues: false,
  build: never,
} as const

function derive(
  type: string,
  outputs: DeriveDefinition['outputs'],
  shape: z.ZodRawShape,
  example: Record<string, unknown>,
): DeriveDefinition {
  const config = z.strictObject({ window: duration({ about: 'Length of a window.', default: '1m' }), ...shape })
  return { ...base, type, outputs, summary: `The metric ${type}.`, config, example }
}

const limits = {
  above: threshold({ about: 'True above this.' }).optional(),
  below: threshold({ about: 'True below this.' }).optional(),
}

/** A small set of components, as the registry would give it: enough for every rule of config. */
export const components: Components = {
  sources: [
    {
      type: 'file',
      summary: 'Lines of files.',
      stability: 'stable',
      config: z.strictObject({
        paths: z.array(text({ about: 'A glob.' })).min(1),
        follow: flag({ about: 'Waits for more.', default: true }),
        max_batch: size({ about: 'Bytes of one batch.', default: '1MiB', min: '4KiB' }),
      }),
      example: { paths: ['/var/log/nginx/*.log'] },
      build: never,
    },
    {
      type: 'http',
      summary: 'Lines that are posted.',
      stability: 'stable',
      config: z.strictObject({
        name: text({ about: 'Last part of the path.', default: 'lines' }),
        port: count({ about: 'Port.', default: 0, max: 65_535 }),
        token: secret({ about: 'Bearer token.' }).optional(),
      }),
      example: { name: 'lines' },
      build: never,
    },
  ],
  formats: [
    { name: 'json', summary: 'Any JSON object.', example: '{"msg":"a"}' },
    { name: 'nginx_access', summary: 'Access lines of nginx.', example: '127.0.0.1 - - ...' },
    { name: 'logfmt', summary: 'key=value.', example: 'level=info msg=a' },
  ],
  derives: [
    derive('error_rate', { ratio: 'share', total: 'count' }, { bad: conditions({ about: 'What is bad.' }) }, {}),
    derive(
      'slow_requests',
      { ratio: 'share' },
      { threshold: duration({ about: 'Slow from here.', default: '1s' }) },
      { threshold: '500ms' },
    ),
    derive('count', { count: 'count', rate: 'per_second' }, {}, {}),
    derive(
      'percentiles',
      (config) => ({ p95: (config as { field: string }).field === 'event.duration' ? 'ns' : 'number' }), // The config that stands beside it.
      { field: fieldName({ about: 'The field.' }) },
      { field: 'event.duration' },
    ),
  ],
  alerts: [
    {
      type: 'threshold',
      kind: 'condition',
      summary: 'A metric beyond a limit.',
      stability: 'stable',
      config: z.strictObject({
        ...limits,
        metric: metricName({ about: 'The metric.' }).optional(),
        window: duration({ about: 'Window.' }).optional(),
      }),
      example: { metric: 'errors.ratio', above: '5%' },
      build: (config): CompiledRule => {
        const { metric } = config as { metric?: string } // The config that stands beside it.
        return metric === undefined
          ? { ...compiled, derive: { type: 'count', config: {}, output: 'count' } }
          : { ...compiled, metric }
      },
    },
    {
      type: 'percentile',
      kind: 'condition',
      summary: 'A percentile of a field beyond a limit.',
      stability: 'stable',
      config: z.strictObject({
        ...limits,
        field: fieldName({ about: 'The field.' }),
        window: duration({ about: 'Window.' }),
      }),
      example: { field: 'event.duration', window: '5m', above: '2s' },
      build: (config) => {
        const { field } = config as { field: string } // The config that stands beside it.
        return { ...compiled, derive: { type: 'percentiles', config: { field }, output: 'p95' } }
      },
    },
    {
      type: 'frequency',
      kind: 'occurrence',
      summary: 'Many matches in a window.',
      stability: 'stable',
      config: z.strictObject({
        num_events: count({ about: 'How many.', min: 1 }),
        window: duration({ about: 'Window.' }),
      }),
      example: { num_events: 20, window: '5m' },
      build: () => compiled,
    },
  ],
  channels: [
    {
      type: 'webhook',
      summary: 'Posts each transition.',
      stability: 'stable',
      config: z.strictObject({ url: secret({ about: 'Where to.' }) }),
      example: { url: 'env:WEBHOOK_URL' } as never, // A reference in place of the secret.
      build: never,
    },
  ],
  sinks: [
    {
      type: 'store',
      summary: 'The embedded store.',
      stability: 'stable',
      config: z.strictObject({}),
      example: {},
      build: never,
    },
    {
      type: 'stdout',
      summary: 'JSON lines.',
      stability: 'stable',
      config: z.strictObject({ sample: share({ about: 'Share of events.', default: '100%' }) }),
      example: {},
      build: never,
      documents: { kinds: ['metrics', 'alerts'], build: never },
    },
  ],
  parse: z.strictObject({ multiline: z.enum(['auto', 'off']).meta({ description: 'Joins.' }).prefault('auto') }),
  rule: Rule,
  ruleFaults: (definition, keys, config) => ruleFaults(definition, keys as RuleKeys, config), // As the registry does.
}

const compiled: CompiledRule = {
  rule: { kind: 'condition', evaluate: never },
  threshold: Number.NaN,
}
