import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import type { TextContext } from '../format.ts'

const category = fieldId('event.category')
const type = fieldId('event.type')
const timezone = fieldId('event.timezone')
const message = fieldId('message')

/** JSON of the values that formats with several kinds of lines write for some of them. */
const web = bytesOf('["web"]')
const access = bytesOf('["access"]')

/** Takes the scanned time as the time of the event; a zone that the stamp did not give goes to `event.timezone`. */
export function writeTime(out: EventWriter, context: TextContext): void {
  out.setTime(context.scan)
  if (context.scan.zone === 1) writeConstant(timezone, context.time.zone.nameBytes, out)
}

/** The line is a request: for formats that have others, too. The rest have it in their constants. */
export function writeWebAccess(out: EventWriter): void {
  writeJsonConstant(category, web, out)
  writeJsonConstant(type, access, out)
}

/**
 * The text after the header is the message, and its content goes on to other readers (`context.message…`). Without one
 * the whole line is the message, which every event has.
 */
export function writeMessage(from: number, start: number, end: number, out: EventWriter, context: TextContext): void {
  if (from >= end) return out.text(message, start, end)
  out.text(message, from, end)
  context.messageStart = from
  context.messageEnd = end
}

/** Writes a proved JSON value that lies in the scratch buffer. */
export function writeScratchJson(field: number, start: number, end: number, out: EventWriter): void {
  const was = out.inScratch
  out.inScratch = true
  out.literal(field, start, end)
  out.inScratch = was
}

/** Writes constant bytes as the JSON value of a field. */
export function writeJsonConstant(field: number, json: Uint8Array, out: EventWriter): void {
  const from = copyConstant(json, out)
  writeScratchJson(field, from, out.batch.scratchEnd, out)
}

/** Writes constant bytes as the text of a field. */
export function writeConstant(field: number, text: Uint8Array, out: EventWriter): void {
  const from = copyConstant(text, out)
  out.scratch(field, from, out.batch.scratchEnd)
}

function copyConstant(constant: Uint8Array, out: EventWriter): number {
  const batch = out.batch
  batch.reserveScratch(constant.length)
  const from = batch.scratchEnd
  for (let i = 0; i < constant.length; i++) batch.scratch[from + i] = constant[i]!
  batch.scratchEnd = from + constant.length
  return from
}
