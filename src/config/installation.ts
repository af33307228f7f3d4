import { z } from 'zod'
import { count, duration, text } from '../core/config-field.ts'
import { cron } from './cron.ts'
import type { EntryForm } from './entry.ts'

/** Values of `logpipe.yaml` in base units. */
export interface Installation {
  readonly app: string
  /** ms. */
  readonly tick: number
  readonly delivery: 'at_least_once'
  readonly store: { readonly path: string }
  /** Entries as they are written; `Project.outputs` has them read. */
  readonly outputs: Readonly<Record<'metrics' | 'alerts' | 'dead_letters', readonly unknown[]>>
  /** Port 0 takes a free one. */
  readonly server: { readonly host: string; readonly port: number }
  readonly limits: { readonly max_series: number }
  /** ms; `schedule` is a cron expression of five fields in UTC. */
  readonly retention: Readonly<Record<'events' | 'metrics' | 'alerts' | 'dead_letters', number>> & {
    readonly schedule: string
  }
  readonly language: 'en' | 'zh-CN'
}

/** A map that may be left out. */
function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodPrefault<z.ZodObject<Shape, z.core.$strict>> {
  const schema = z.strictObject(shape)
  return schema.prefault({} as z.input<typeof schema>) // Every key of a section has a default, which field types do not say.
}

/** `logpipe.yaml`: what holds for the whole installation. Every key has a default, so the file may be absent. */
export function installationSchema(form: EntryForm): z.ZodType<Installation> {
  const outputs = (what: string) =>
    z
      .array(form('sink'))
      .meta({ description: `Where ${what} go beside the store.` })
      .prefault([])
  return z.strictObject({
    app: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must begin with a-z or 0-9 and hold only a-z, 0-9, . and -')
      .meta({ description: 'Prefix of everything that is shared with other installations.' })
      .prefault('logpipe'),
    tick: duration({
      about: 'Rules are evaluated at multiples of this; windows are multiples of it.',
      default: '15s',
      min: '1s',
      max: '1h',
    }),
    delivery: z
      .enum(['at_least_once'])
      .meta({ description: 'A reader of outputs may see a document again after a crash.' })
      .prefault('at_least_once'),
    store: section({ path: text({ about: 'Folder of the embedded store.', default: 'data' }) }),
    outputs: section({
      metrics: outputs('metrics'),
      alerts: outputs('alerts'),
      dead_letters: outputs('dead letters'),
    }),
    server: section({
      host: z
        .string()
        .regex(
          /^(localhost|127(\.\d{1,3}){3}|::1)$/,
          'is not a loopback address: others need TLS and tokens, which this version lacks',
        )
        .meta({ description: 'Address to listen on.' })
        .prefault('127.0.0.1'),
      port: count({ about: 'Port to listen on; 0 takes a free one.', default: 8680, max: 65_535 }),
    }),
    limits: section({
      max_series: count({
        about: 'Series of one metric; further ones count as `__other__`.',
        default: 10_000,
        min: 1,
        max: 1_000_000,
      }),
    }),
    retention: section({
      events: duration({ about: 'How long events are kept.', default: '30d' }),
      metrics: duration({ about: 'How long metric documents are kept.', default: '400d' }),
      alerts: duration({ about: 'How long ended alerts are kept.', default: '730d' }),
      dead_letters: duration({ about: 'How long dead letters are kept.', default: '14d' }),
      schedule: cron({
        about: 'When old documents are removed: minute, hour, day, month, weekday, in UTC.',
        default: '17 * * * *',
      }),
    }),
    language: z.enum(['en', 'zh-CN']).meta({ description: 'Language of notices, beside rule texts.' }).prefault('en'),
  })
}
