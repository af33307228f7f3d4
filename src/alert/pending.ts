import type { Frame, FrameDerive, FrameMatch, FrameSample } from '../core/frame.ts'
import { paneEnd } from '../core/pane.ts'

/** What becomes effective at one tick. */
export class Effects {
  readonly parts: { readonly part: FrameDerive; readonly isApproximate: boolean }[] = []
  readonly matches: { readonly source: string; readonly match: FrameMatch }[] = []
  readonly samples: { readonly source: string; readonly sample: FrameSample }[] = []
}

/**
 * Accepted content of frames by the tick that it belongs to: the first one that is at or after both the frame's `at`
 * and the end of the pane. So a pane counts at the same tick however its source was partitioned.
 */
export class Pending {
  readonly byTick = new Map<number, Effects>()

  /** `earliest`: the first tick that is still to come. */
  add(frame: Frame, options: { tickMs: number; earliest: number; isApproximate: boolean }): void {
    const { tickMs, earliest, isApproximate } = options
    const floor = Math.max(frame.at, earliest)
    for (const whole of frame.derives) {
      for (const [tick, part] of splitByTick(whole, floor, tickMs)) this.at(tick).parts.push({ part, isApproximate })
    }
    const { source } = frame
    for (const match of frame.matches)
      this.at(Math.max(floor, paneEnd(match.timeMs, tickMs))).matches.push({ source, match })
    for (const sample of frame.samples) this.at(Math.max(floor, sample.pane + tickMs)).samples.push({ source, sample })
  }

  at(tick: number): Effects {
    let effects = this.byTick.get(tick)
    if (effects === undefined) {
      effects = new Effects()
      this.byTick.set(tick, effects)
    }
    return effects
  }

  /** The least tick that has something; Infinity if none has. */
  first(): number {
    let least = Infinity
    for (const tick of this.byTick.keys()) least = Math.min(least, tick)
    return least
  }

  /** The greatest tick that has something; -Infinity if none has. */
  last(): number {
    let greatest = -Infinity
    for (const tick of this.byTick.keys()) greatest = Math.max(greatest, tick)
    return greatest
  }

  /** Takes what is due at a tick. */
  take(tick: number): Effects | undefined {
    const effects = this.byTick.get(tick)
    this.byTick.delete(tick)
    return effects
  }
}

/** The cells of a part by their tick; most often there is one tick, and the part stays as it is. */
function splitByTick(part: FrameDerive, floor: number, tickMs: number): Map<number, FrameDerive> {
  const cellsOf = new Map<number, number[]>()
  for (let cell = 0; cell < part.pane.length; cell++) {
    const tick = Math.max(floor, part.pane[cell]! + tickMs)
    const cells = cellsOf.get(tick)
    if (cells === undefined) cellsOf.set(tick, [cell])
    else cells.push(cell)
  }
  const split = new Map<number, FrameDerive>()
  for (const [tick, cells] of cellsOf) split.set(tick, cells.length === part.pane.length ? part : partOf(part, cells))
  return split
}

function partOf(whole: FrameDerive, cells: readonly number[]): FrameDerive {
  const { derive, width, bags } = whole
  const numbers = new Map<number, number>()
  const series: string[] = []
  const seriesOf = new Int32Array(cells.length)
  const pane = new Float64Array(cells.length)
  const values = new Float64Array(cells.length * width)
  cells.forEach((cell, i) => {
    const old = whole.seriesOf[cell]!
    let number = numbers.get(old)
    if (number === undefined) {
      number = series.push(whole.series[old]!) - 1
      numbers.set(old, number)
    }
    seriesOf[i] = number
    pane[i] = whole.pane[cell]!
    values.set(whole.cells.subarray(cell * width, (cell + 1) * width), i * width)
  })
  return {
    derive,
    width,
    series,
    seriesOf,
    pane,
    cells: values,
    bags: bags.length === 0 ? [] : cells.map((cell) => bags[cell]!),
  }
}
