import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'
import { scanIso } from '../timestamp/iso.ts'

const [space, colon, partial, full] = [0x20, 0x3a, 0x50, 0x46]
const stream = fieldId('log.iostream')
/** Stream keys of one file: its standard output and its standard error. */
const [outKey, errKey] = [0x6f7574, 0x657272]

/**
 * Container runtimes: `time stdout|stderr F|P text`, where P is a part of a line that goes on in the next record of the
 * same stream (kubernetes/design-proposals-archive, node/kubelet-cri-logging.md). Tags after the first one are skipped.
 */
export const cri = defineTextFormat({
  shape: 'text',
  name: 'cri',
  summary: 'Lines of Kubernetes container runtimes.',
  tier: 'core',
  dataset: 'kubernetes.container_logs',
  module: 'kubernetes',
  fields: ['log.iostream', 'event.created'],
  example: '2026-11-21T22:14:15.003121484Z stdout F Listening on port 8080',
  starts: ['digit'],
  mark: { at: 4, byte: '-' },
  isEnvelope: true,
  scan(bytes, start, end, out, context) {
    const at = scanIso(bytes, start, end, context.time, context.scan)
    if (at < 0 || context.scan.zone === 1 || at + 9 >= end || bytes[start + 10] !== 0x54 || bytes[at] !== space)
      return false
    // `stdout` or `stderr`.
    if (bytes[at + 1] !== 0x73 || bytes[at + 2] !== 0x74 || bytes[at + 3] !== 0x64 || bytes[at + 7] !== space)
      return false
    const key = (bytes[at + 4]! << 16) | (bytes[at + 5]! << 8) | bytes[at + 6]!
    const tag = bytes[at + 8]!
    if ((key !== outKey && key !== errKey) || (tag !== partial && tag !== full)) return false
    let to = at + 9
    if (bytes[to] === colon) while (to < end && bytes[to] !== space) to++
    if (to < end && bytes[to] !== space) return false
    out.setEnvelopeTime(context.scan)
    out.text(stream, at + 1, at + 7)
    context.streamKey = key
    context.isPartial = tag === partial
    context.payloadStart = Math.min(to + 1, end)
    context.payloadEnd = end
    return true
  },
})
