import { Encoder, type Decoder } from '../core/codec.ts'
import type { FrameDerive } from '../core/frame.ts'
import {
  decodeCells,
  decodeList,
  decodePosition,
  encodeCells,
  encodeList,
  encodePosition,
} from '../core/frame-codec.ts'
import type { PaneStore, Series } from './pane-store.ts'
import { entriesByKey } from './state.ts'

/** Series in a chunk: encoding it takes some 10 ms. */
const perChunk = 2000

/** Canonical bytes of a store in chunks: its series by key, their windows, their panes, their samples. */
export function* encodeStore(store: PaneStore): Generator<Uint8Array> {
  const list = entriesByKey(store.series).map(([, series]) => series)
  for (let from = 0; from === 0 || from < list.length; from += perChunk) {
    const to = new Encoder()
    to.text(store.derive.hash)
    to.uint(store.derive.width)
    to.uint(store.expired)
    to.uint(store.overflowed)
    encodeSeries(to, store, list.slice(from, from + perChunk))
    yield to.finish()
  }
}

function encodeSeries(to: Encoder, store: PaneStore, list: readonly Series[]): void {
  encodeCells(
    to,
    viewOf(store, list, (series) => [series.windowStarts, series.windowSlots]),
  )
  for (const { revisions, marks } of list) {
    for (let i = 0; i < revisions.length; i++) {
      to.uint(revisions[i]!)
      to.uint(marks[i]!)
    }
  }
  encodeCells(
    to,
    viewOf(store, list, (series) => [series.paneStarts, series.paneSlots]),
  )
  for (const { samples } of list) {
    encodeList(to, samples.all(), (_, sample) => {
      to.double(sample.pane)
      to.double(sample.timeMs)
      to.text(sample.source)
      encodePosition(to, sample.position)
      to.text(sample.text)
    })
  }
}

function viewOf(
  store: PaneStore,
  list: readonly Series[],
  cellsOf: (series: Series) => readonly [starts: readonly number[], slots: readonly number[]],
): FrameDerive {
  const slots: number[] = []
  const starts: number[] = []
  const seriesOf: number[] = []
  list.forEach((series, number) => {
    const [from, at] = cellsOf(series)
    from.forEach((start, i) => {
      starts.push(start)
      slots.push(at[i]!)
      seriesOf.push(number)
    })
  })
  return store.pool.view(slots, {
    series: list.map(({ key }) => key),
    seriesOf: Int32Array.from(seriesOf),
    pane: Float64Array.from(starts),
  })
}

/** Takes a chunk into a store; a derive that changed begins anew. `tick` is the last evaluated one. */
export function decodeStore(from: Decoder, store: PaneStore, tick: number): void {
  if (from.text() !== store.derive.hash || from.uint() !== store.derive.width) return
  store.expired = from.uint()
  store.overflowed = from.uint()
  const windows = decodeCells(from)
  const list = windows.series.map((key) => store.seriesFor(key))
  for (let cell = 0; cell < windows.pane.length; cell++) {
    store.putWindow(list[windows.seriesOf[cell]!]!, {
      part: windows,
      cell,
      tick,
      revision: from.uint(),
      marks: from.uint(),
    })
  }
  const panes = decodeCells(from)
  for (let cell = 0; cell < panes.pane.length; cell++) store.putPane(list[panes.seriesOf[cell]!]!, panes, cell)
  for (const series of list) {
    const samples = decodeList(from, () => ({
      pane: from.double(),
      timeMs: from.double(),
      source: from.text(),
      position: decodePosition(from),
      text: from.text(),
    }))
    for (const sample of samples) series.samples.add(sample, Infinity)
  }
}
