import type { EventWriter } from '../../core/event-writer.ts'
import type { FieldName } from '../../core/field.ts'
import { defineTextFormat, type ScanContext, type TextFormat } from '../format.ts'
import { digitsEnd, scanDurationNs } from '../quantity.ts'
import { clfFields, scanAgents, scanClfLine } from './clf.ts'

const space = 0x20
const variant = { hasIdent: true, hasZone: true }
const unitNs = { none: Number.NaN, us: 1e3, s: 1e9 } as const

const fields: readonly FieldName[] = [...clfFields, 'event.outcome', 'event.duration']
const access: Omit<TextFormat, 'name' | 'summary' | 'example' | 'scan'> = {
  shape: 'text',
  tier: 'core',
  dataset: 'apache.access',
  module: 'apache',
  isAccess: true,
  constants: { 'event.category': ['web'], 'event.type': ['access'] },
  fields,
  starts: ['digit', 'letter', ':-'],
}

/**
 * `combined` of Apache, with a trailing `%D` or `%T` if the settings tell its unit; without it a line that has one is
 * none of this format (https://httpd.apache.org/docs/current/mod/mod_log_config.html).
 */
export const apacheCombined = defineTextFormat({
  ...access,
  name: 'apache_combined',
  summary: 'Access log of Apache: combined.',
  example: '10.0.0.9 bob alice [21/Nov/2026:22:14:15 +0000] "GET /pay HTTP/1.1" 200 812 "-" "curl/8.5.0"',
  scan(bytes, start, end, out, context) {
    const line = scanClfLine(bytes, start, end, variant, out, context)
    const at = line < 0 ? -1 : scanAgents(bytes, line, end, out)
    return at > 0 && scanTrailingTime(bytes, at, end, out, context)
  },
})

/** `common` of Apache, with a trailing time as in `apache_combined`. */
export const apacheCommon = defineTextFormat({
  ...access,
  name: 'apache_common',
  summary: 'Access log of Apache, and of anything else that writes the common log format.',
  example: '10.0.0.9 - alice [21/Nov/2026:22:14:15 +0000] "GET /pay HTTP/1.1" 200 812',
  scan(bytes, start, end, out, context) {
    const at = scanClfLine(bytes, start, end, variant, out, context)
    return at > 0 && scanTrailingTime(bytes, at, end, out, context)
  },
})

function scanTrailingTime(bytes: Uint8Array, at: number, end: number, out: EventWriter, context: ScanContext): boolean {
  if (at === end) return true
  const unit = unitNs[context.options.requestTime]
  if (bytes[at] !== space || Number.isNaN(unit) || at + 1 === end || digitsEnd(bytes, at + 1, end) !== end) return false
  out.setDurationNs(scanDurationNs(bytes, at + 1, end, unit))
  return true
}
