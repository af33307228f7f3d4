import { Bag } from './bag.ts'
import type { Decoder, Encoder } from './codec.ts'
import type { Frame, FrameDerive, FrameMatch, FrameSample } from './frame.ts'
import type { Position } from './record-batch.ts'

/** Canonical bytes of frames and their parts, for snapshots and the wire: equal frames give equal bytes. */
export function encodeFrame(to: Encoder, frame: Frame): void {
  to.text(frame.source)
  to.text(frame.pipeline)
  encodePosition(to, frame.from)
  encodePosition(to, frame.to)
  to.double(frame.earliest)
  to.double(frame.at)
  to.double(frame.watermark)
  to.text(frame.configHash)
  to.bool(frame.isEnd)
  encodeList(to, frame.derives, encodeCells)
  encodeList(to, frame.matches, encodeMatch)
  encodeList(to, frame.samples, encodeSample)
}

/** Throws RangeError on bytes that end early. */
export function decodeFrame(from: Decoder): Frame {
  return {
    source: from.text(),
    pipeline: from.text(),
    from: decodePosition(from),
    to: decodePosition(from),
    earliest: from.double(),
    at: from.double(),
    watermark: from.double(),
    configHash: from.text(),
    isEnd: from.bool(),
    derives: decodeList(from, decodeCells),
    matches: decodeList(from, decodeMatch),
    samples: decodeList(from, decodeSample),
  }
}

export function encodeList<Item>(to: Encoder, items: readonly Item[], encode: (to: Encoder, item: Item) => void): void {
  to.uint(items.length)
  for (const item of items) encode(to, item)
}

export function decodeList<Item>(from: Decoder, decode: (from: Decoder) => Item): Item[] {
  const items: Item[] = []
  for (let left = from.uint(); left > 0; left--) items.push(decode(from))
  return items
}

export function encodePosition(to: Encoder, position: Position): void {
  to.bigint(position.offset)
  to.uint(position.sub)
}

export function decodePosition(from: Decoder): Position {
  return { offset: from.bigint(), sub: from.uint() }
}

export function encodeCells(to: Encoder, part: FrameDerive): void {
  to.text(part.derive)
  to.uint(part.width)
  encodeList(to, part.series, (_, key) => to.text(key))
  to.uint(part.pane.length)
  for (let cell = 0; cell < part.pane.length; cell++) {
    to.uint(part.seriesOf[cell]!)
    to.double(part.pane[cell]!)
  }
  for (const value of part.cells) encodeNumber(to, value)
  encodeList(to, part.bags, (_, bag) => bag.encode(to))
}

export function decodeCells(from: Decoder): FrameDerive {
  const derive = from.text()
  const width = from.uint()
  const series = decodeList(from, () => from.text())
  const count = from.uint()
  const seriesOf = new Int32Array(count)
  const pane = new Float64Array(count)
  for (let cell = 0; cell < count; cell++) {
    seriesOf[cell] = from.uint()
    pane[cell] = from.double()
  }
  const cells = Float64Array.from({ length: count * width }, () => decodeNumber(from))
  return { derive, width, series, seriesOf, pane, cells, bags: decodeList(from, (bytes) => Bag.decode(bytes)) }
}

/** Small counts are most of what cells hold: a byte instead of eight. Twice the number, or 1 and a double; -0 becomes 0. */
function encodeNumber(to: Encoder, value: number): void {
  if (value >= 0 && value < 2 ** 51 && Number.isInteger(value)) return to.uint(value * 2)
  to.uint(1)
  to.double(value)
}

function decodeNumber(from: Decoder): number {
  const value = from.uint()
  return value === 1 ? from.double() : value / 2
}

export function encodeMatch(to: Encoder, match: FrameMatch): void {
  to.text(match.rule)
  to.text(match.series)
  to.double(match.timeMs)
  encodePosition(to, match.position)
  to.uint(match.count)
  to.text(match.sample)
}

export function decodeMatch(from: Decoder): FrameMatch {
  return {
    rule: from.text(),
    series: from.text(),
    timeMs: from.double(),
    position: decodePosition(from),
    count: from.uint(),
    sample: from.text(),
  }
}

export function encodeSample(to: Encoder, sample: FrameSample): void {
  to.text(sample.derive)
  to.text(sample.series)
  to.double(sample.pane)
  to.double(sample.timeMs)
  encodePosition(to, sample.position)
  to.text(sample.text)
}

export function decodeSample(from: Decoder): FrameSample {
  return {
    derive: from.text(),
    series: from.text(),
    pane: from.double(),
    timeMs: from.double(),
    position: decodePosition(from),
    text: from.text(),
  }
}
