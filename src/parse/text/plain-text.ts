import { fieldId } from '../../core/field.ts'
import { defineTextFormat } from '../format.ts'

const message = fieldId('message')

/** What remains when no other format takes a line. */
export const plainText = defineTextFormat({
  shape: 'text',
  name: 'text',
  summary: 'Any other text: the whole line is the message.',
  tier: 'core',
  dataset: 'generic',
  module: 'generic',
  fields: [],
  example: 'Listening on port 8080',
  starts: [],
  scan(_bytes, start, end, out) {
    out.text(message, start, end)
    return true
  },
})
