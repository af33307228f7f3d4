import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { duration, flag, size, text } from '../../core/config-field.ts'
import { FileInput } from './track.ts'

const Config = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: 'Files, directories (with all that is below) and globs.' }),
  exclude: z
    .array(z.string().min(1))
    .prefault([])
    .meta({ description: 'Globs of files that are left out; without a slash they are about the name.' }),
  follow: flag({ default: true, about: 'Goes on with lines and files that come later; else ends at the end.' }),
  start_at: z
    .enum(['beginning', 'end'])
    .prefault('beginning')
    .meta({ description: 'Where files are begun that were not known before.' }),
  poll_interval: duration({
    default: '1s',
    min: '100ms',
    about: 'How often new, renamed and truncated files are looked for.',
  }),
  max_record_size: size({
    default: '16MiB',
    min: '64KiB',
    max: '128MiB',
    about: 'Longer lines are cut; the rest is only hashed.',
  }),
  service_name: text({ about: '`service.name` of events that do not name their service.' }).optional(),
})

/**
 * Lines of files. Each file is a partition and keeps its identity over renames and restarts; truncation starts a new
 * generation at 0. Compressed files are not read.
 */
export const file = defineSource({
  type: 'file',
  summary: 'Lines of files, directories and globs, followed through rotation and truncation.',
  stability: 'beta',
  config: Config,
  example: { paths: ['/var/log/app/*.log'], service_name: 'checkout' },
  build(config, ports) {
    return new FileInput(
      {
        paths: config.paths,
        exclude: config.exclude,
        follow: config.follow,
        startAt: config.start_at,
        pollIntervalMs: config.poll_interval,
        maxRecordSize: config.max_record_size,
        serviceName: config.service_name,
      },
      ports,
    )
  },
})
