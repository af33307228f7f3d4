import { z } from 'zod'
import { count, duration, size } from '../core/config-field.ts'
import type { ParseSettings } from './settings.ts'
import { zoneOf } from './timestamp/zone.ts'

const zone = z
  .string()
  .refine((name) => zoneOf(name) !== undefined, 'is not a time zone such as Asia/Shanghai, UTC or +08:00')

const Limits = z.strictObject({
  max_event_size: size({ about: 'A longer record is cut here.', default: '1MiB', min: '4KiB', max: '8MiB' }),
  max_parse_size: size({ about: 'How much of a record parsers see.', default: '1MiB', min: '4KiB', max: '8MiB' }),
  max_depth: count({ about: 'A value nested deeper stays raw text.', default: 32, min: 4, max: 64 }),
  max_fields: count({ about: 'Leaf fields of an event.', default: 256, min: 16, max: 1000 }),
  max_array_items: count({ about: 'Items of an array.', default: 1000, min: 10, max: 10_000 }),
  max_key_size: size({ about: 'A longer key is renamed.', default: '256B', min: '32B', max: '512B' }),
  max_number_chars: count({ about: 'A longer number stays a string.', default: 64, min: 17, max: 1024 }),
  max_children: count({ about: 'Events of one record.', default: 10_000, min: 1, max: 100_000 }),
  max_unwraps: count({ about: 'Envelopes around a line.', default: 3, max: 3 }),
  max_future: duration({ about: 'How far an event time may lie after its record time.', default: '5m' }),
  max_past: duration({ about: 'How far an event time may lie before its record time.', default: '7d' }),
  max_join_lines: count({ about: 'Lines joined into one event.', default: 500, min: 1, max: 10_000 }),
  max_join_size: size({ about: 'Size of an event of joined lines.', default: '256KiB', min: '1KiB', max: '8MiB' }),
  max_join_groups: count({ about: 'Joins that are open at once.', default: 10_000, min: 1, max: 100_000 }),
  join_timeout: duration({ about: 'A join that is older than this is ended.', default: '2s' }),
})

/** Keys of an entry of `parse:` beside `type`, which is `auto` or the name of a format. */
export const ParseConfig = z.strictObject({
  multiline: z
    .enum(['auto', 'off'])
    .meta({ description: 'auto joins stack traces and indented lines to the line they belong to.' })
    .prefault('auto'),
  timezone: zone.meta({ description: 'Zone of times that give none: an IANA name or an offset.' }).prefault('UTC'),
  date_order: z.enum(['dmy', 'mdy']).meta({ description: 'Order of day and month in 08/11/2026.' }).prefault('dmy'),
  zone_abbreviations: z
    .record(z.string(), z.int().min(-900).max(900))
    .meta({ description: 'Minutes from UTC of abbreviations that stand for several zones, such as CST.' })
    .prefault({}),
  keep_original: z
    .enum(['always', 'on_failure', 'never'])
    .meta({ description: 'When event.original holds the line as read.' })
    .prefault('on_failure'),
  slow_request: duration({ about: 'A request that takes this long is slow.', default: '1s' }),
  request_time: z
    .enum(['none', 'us', 's'])
    .meta({ description: 'Unit of a trailing number in Apache (%D, %T) and Gunicorn (D, L) access lines.' })
    .prefault('none'),
  // Every key has a default, which the type of a field does not tell.
  limits: Limits.prefault({} as z.input<typeof Limits>),
})
export type ParseConfig = z.output<typeof ParseConfig>

/** The settings of an entry. `referenceMs`: what times without year are found from, NaN if the records tell. */
export function settingsOf(format: string, config: ParseConfig, referenceMs = NaN): ParseSettings {
  const limits = config.limits
  return {
    format,
    multiline: config.multiline,
    timezone: config.timezone,
    dateOrder: config.date_order,
    zoneAbbreviations: config.zone_abbreviations,
    keepOriginal: config.keep_original,
    slowNs: config.slow_request * 1e6,
    requestTime: config.request_time,
    referenceMs,
    limits: {
      maxEventSize: limits.max_event_size,
      maxParseSize: limits.max_parse_size,
      maxDepth: limits.max_depth,
      maxFields: limits.max_fields,
      maxArrayItems: limits.max_array_items,
      maxKeySize: limits.max_key_size,
      maxNumberChars: limits.max_number_chars,
      maxChildren: limits.max_children,
      maxUnwraps: limits.max_unwraps,
      maxFutureMs: limits.max_future,
      maxPastMs: limits.max_past,
      maxJoinLines: limits.max_join_lines,
      maxJoinSize: limits.max_join_size,
      maxJoinGroups: limits.max_join_groups,
      joinTimeoutMs: limits.join_timeout,
    },
  }
}
