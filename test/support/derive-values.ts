import { Bag } from '../../src/core/bag.ts'
import type { FrameDerive } from '../../src/core/frame.ts'
import { paneStart } from '../../src/core/pane.ts'
import { enginesOf, framesOf, type Entry } from './engines.ts'
import { storyStart, type PlainEvent } from './events.ts'

/**
 * Values of one derive over the window that holds the start of the story, by series. The events are folded by the
 * derive unit; the cells are merged in the order of the frames, or from the last one back.
 */
export function valuesOf(
  entry: Entry,
  events: readonly PlainEvent[],
  isBackward = false,
): Record<string, Record<string, number>> {
  const engines = enginesOf({ derives: [entry] })
  const [derive] = engines.derives
  const { fold, width } = derive!
  const parts = framesOf(engines, events).flatMap(({ derives }) => derives)
  if (isBackward) parts.reverse()
  const windows = new Map<string, { cells: Float64Array; bag: Bag }>()
  for (const part of parts) {
    for (let cell = 0; cell < part.pane.length; cell++) {
      if (paneStart(part.pane[cell]!, fold.windowMs) !== paneStart(storyStart, fold.windowMs)) continue
      const key = part.series[part.seriesOf[cell]!]!
      const window = windows.get(key) ?? { cells: new Float64Array(width), bag: new Bag() }
      windows.set(key, window)
      add(window, part, cell)
    }
  }
  function add(window: { cells: Float64Array; bag: Bag }, part: FrameDerive, cell: number): void {
    window.cells[0]! += part.cells[cell * width]!
    fold.merge(window.cells, 1, part.cells, cell * width + 1)
    const bag = part.bags[cell]
    if (bag !== undefined) window.bag.merge(bag)
  }
  return Object.fromEntries(
    [...windows].map(([key, { cells, bag }]) => [
      key,
      fold.metrics(cells, 1, { count: cells[0]!, windowMs: fold.windowMs, bag }),
    ]),
  )
}
