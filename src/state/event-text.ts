import { entryKind, valueAt, type EventBatch, type Json } from '../core/event-batch.ts'
import { fieldId, type FieldName } from '../core/field.ts'

/** Fields that words without a field name are searched in. */
export const textFields: readonly FieldName[] = ['message', 'error.type', 'error.message', 'error.stack_trace']

const textFieldIds = textFields.map(fieldId)

/** Scripts that are written without blanks between words: each character is a word of its own in the index. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu
const separators = /[^\p{L}\p{N}\p{M}]+/gu

/**
 * Text as the index and queries see it, so that the `ascii` tokenizer splits it well: plain ASCII as it is; else in
 * compatibility form (NFKC), lower case, blanks around each character of an unspaced script. Chinese is found by phrases
 * of single characters, at any length.
 */
function searchText(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text
  return text.normalize('NFKC').toLowerCase().replace(unspaced, ' $& ').replace(separators, ' ')
}

/** The full text query for words in a row; undefined if there is no letter and no digit in them. */
export function phraseOf(words: string, isPrefix: boolean): string | undefined {
  const text = searchText(words)
  if (!/[a-zA-Z0-9]|[^\0-\x7f]/.test(text)) return undefined
  // A NUL would end the query, a quote the phrase; the tokenizer splits at all of these anyway.
  return `"${text.replace(/[\0-/:-@[-`{-\x7f]/g, ' ')}"${isPrefix ? '*' : ''}`
}

/** The text of an event for the index. Its bytes as they are in the usual case: one field, plain ASCII. */
export function eventText(batch: EventBatch, row: number): Uint8Array | string {
  if (batch.odd.size > 0 && batch.odd.has(row)) return oddText(batch, row)
  let only = -1
  let found = 0
  for (let entry = batch.entryFrom[row]!; entry < batch.entryFrom[row + 1]!; entry++) {
    if (!textFieldIds.includes(batch.entryField[entry]!)) continue
    only = entry
    found++
  }
  if (found === 0) return ''
  if (found === 1 && isPlain(batch, only)) {
    return batch.bytesOfEntry(only).subarray(batch.entryStart[only]!, batch.entryEnd[only]!)
  }
  const parts: string[] = []
  for (let entry = batch.entryFrom[row]!; entry < batch.entryFrom[row + 1]!; entry++) {
    if (textFieldIds.includes(batch.entryField[entry]!)) parts.push(wordOf(batch.entryValue(entry)))
  }
  return searchText(parts.join('\n'))
}

function isPlain(batch: EventBatch, entry: number): boolean {
  const kind = batch.entryKind[entry]! & 7
  if (kind > entryKind.jsonText) return false
  const bytes = batch.bytesOfEntry(entry)
  for (let i = batch.entryStart[entry]!; i < batch.entryEnd[entry]!; i++) {
    if (bytes[i]! >= 0x80) return false
    // A backslash in the inside of a JSON string begins an escape.
    if (bytes[i]! === 0x5c && kind === entryKind.jsonText) return false
  }
  return true
}

function oddText(batch: EventBatch, row: number): string {
  const odd = batch.odd.get(row)
  const parts = textFields.map((name, i) =>
    wordOf(batch.value(row, textFieldIds[i]!) ?? (odd && valueAt(odd, name)) ?? ''),
  )
  return searchText(parts.join('\n'))
}

/** A JSON value as a person reads it: text as it is. */
export function wordOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
