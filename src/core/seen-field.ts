import { fieldId } from './field.ts'

/** Bits of `EventWriter.seen`: fields of which something else follows. */
export const seenField = { service: 1, app: 2, path: 4, route: 8, stack: 16 } as const

/** The bit of a field by its number; 0, or beyond the end, for all others. */
export const seenBits = new Uint8Array(1024)
seenBits[fieldId('service.name')] = seenField.service
seenBits[fieldId('log.syslog.appname')] = seenField.app
seenBits[fieldId('url.path')] = seenField.path
seenBits[fieldId('logpipe.http.route')] = seenField.route
seenBits[fieldId('error.stack_trace')] = seenField.stack
