import type { FormatOptions, TextContext } from './format.ts'
import { TimeScan, type TimeContext } from './timestamp.ts'
import { ClfMemory } from './timestamp/iso.ts'
import type { Abbreviations, Zone } from './timestamp/zone.ts'

/** The time context of one parser; the reference moves from line to line. */
export interface MovingTimeContext extends TimeContext {
  referenceMs: number
}

/** The one context of a parser. `clear` is called before each scanner. */
export class ParseContext implements TextContext {
  readonly time: MovingTimeContext
  readonly scan = new TimeScan()
  readonly clf = new ClfMemory()
  readonly options: FormatOptions
  payloadStart = -1
  payloadEnd = -1
  payloadInScratch = false
  readonly children: number[] = []
  messageStart = -1
  messageEnd = -1
  streamKey = 0
  isPartial = false

  constructor(
    zone: Zone,
    abbreviations: Abbreviations,
    settings: FormatOptions & { readonly dateOrder: 'dmy' | 'mdy' },
  ) {
    this.time = { zone, abbreviations, dateOrder: settings.dateOrder, referenceMs: NaN }
    this.options = { requestTime: settings.requestTime }
  }

  /** Takes back what a scanner has said. */
  clear(): void {
    this.payloadStart = -1
    this.payloadEnd = -1
    this.payloadInScratch = false
    this.messageStart = -1
    this.messageEnd = -1
    this.streamKey = 0
    this.isPartial = false
    if (this.children.length > 0) this.children.length = 0
  }
}
