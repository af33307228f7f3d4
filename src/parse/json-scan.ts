import type { EventWriter } from '../core/event-writer.ts'
import type { TextContext } from './format.ts'

/** What the bytes of a record or payload that begins with `{` or `[` are. */
export const jsonOutcome = {
  /** An event: its fields and format are written. */
  accepted: 0,
  /** An envelope, written with its name; the payload is in the context. */
  envelope: 1,
  /** Several events: `context.children`. */
  container: 2,
  /** Not JSON; nothing is written. */
  invalid: 3,
  /** Nested too deep; nothing is written. */
  tooDeep: 4,
  /** JSON of a kind that is text: not of the format that was asked for, an array with other items than objects. */
  other: 5,
} as const

export interface JsonScan {
  scan(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): number
}
