import type { JsonObject } from './event-batch.ts'

/** A place within an event that a writer can go back to; made once by its user and reused. */
export class WriterMark {
  entries = 0
  numbers = 0
  scratch = 0
  hash = 0
  seen = 0
  pathEntry = 0
  facts = 0
  flags = 0
  level = 0
  status = 0
  durationNs = NaN
  odd: JsonObject | undefined
  timeMs = NaN
  timeNs = 0
  timeDigits = 3
  envelope = 0
  envelopeMs = NaN
  envelopeNs = 0
  envelopeDigits = 3
}
