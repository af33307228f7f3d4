import type { Frame, FrameDerive } from '../core/frame.ts'
import { paneStart } from '../core/pane.ts'
import type { CompiledDerive } from '../core/program.ts'
import { missing, seriesKey } from '../core/series.ts'
import type { GivenItem } from '../core/test-block.ts'

type GivenSeries = Extract<GivenItem, { kind: 'series' }>

/** Columns of a cell of a given series: the count, the tick it is of, then one value for each output. */
const [countColumn, tickColumn, firstOutput] = [0, 1, 2]
/** So many that no rule says there were too few events. */
const plenty = 1_000_000

/** The derives of a block; those of which it gives the values do not fold events, and their newest value counts. */
export function withSeries(derives: readonly CompiledDerive[], given: readonly GivenItem[]): CompiledDerive[] {
  const ids = new Set(given.map((item) => (item.kind === 'series' ? deriveOf(item) : undefined)))
  return derives.map((derive) => (ids.has(derive.id) ? seriesDerive(derive) : derive))
}

function deriveOf({ metric }: GivenSeries): string {
  return metric.slice(0, metric.lastIndexOf('.'))
}

function seriesDerive(derive: CompiledDerive): CompiledDerive {
  const outputs = Object.keys(derive.outputs)
  const ownWidth = outputs.length + 1
  return {
    ...derive,
    width: ownWidth + 1,
    keepsValues: false,
    fold: {
      windowMs: derive.fold.windowMs,
      fold: () => {},
      merge(a, atA, b, atB) {
        if (b[atB]! >= a[atA]!) a.set(b.subarray(atB, atB + ownWidth), atA)
      },
      metrics: (cells, at) => Object.fromEntries(outputs.map((output, i) => [output, cells[at + 1 + i]!])),
    },
  }
}

/** One frame for each tick that has a value: a value holds until the next one, a gap is no value. */
export function seriesFrames(
  given: readonly GivenItem[],
  derives: readonly CompiledDerive[],
  settings: { source: string; pipeline: string; configHash: string; startMs: number; tickMs: number },
): Frame[] {
  const { tickMs, startMs, ...head } = settings
  const byTick = new Map<number, Map<CompiledDerive, Map<string, Float64Array>>>()
  for (const item of given) {
    const derive = item.kind === 'series' ? derives.find(({ id }) => id === deriveOf(item)) : undefined
    if (item.kind === 'series' && derive !== undefined) addSeries(item, derive)
  }
  const ticks = [...byTick].sort(([a], [b]) => a - b)
  return ticks.map(([tick, cells], i) => ({
    ...head,
    from: { offset: BigInt(i), sub: 0 },
    to: { offset: BigInt(i + 1), sub: 0 },
    earliest: tick - tickMs,
    at: tick,
    watermark: tick,
    isEnd: i === ticks.length - 1,
    derives: [...cells].map(([derive, rows]) => cellsOf(derive, rows, tick - tickMs)),
    matches: [],
    samples: [],
  }))

  function addSeries(item: GivenSeries, derive: CompiledDerive): void {
    const key = seriesKey(derive.by.map((field) => item.by[field] ?? missing))
    const column = firstOutput + Object.keys(derive.outputs).indexOf(item.metric.slice(derive.id.length + 1))
    const everyMs = item.everyMs ?? tickMs
    let tick = paneStart(startMs, tickMs)
    for (const [i, value] of item.values.entries()) {
      const untilMs = startMs + (i + 1) * everyMs
      for (; tick < untilMs; tick += tickMs) put(tick, value === 'stale' ? NaN : value)
    }

    function put(at: number, value: number): void {
      const cells = entryOf(byTick, at, () => new Map<CompiledDerive, Map<string, Float64Array>>())
      const rows = entryOf(cells, derive, () => new Map<string, Float64Array>())
      const cell = entryOf(rows, key, () => new Float64Array(derive.width).fill(NaN))
      cell[countColumn] = plenty
      cell[tickColumn] = at
      cell[column] = value
    }
  }
}

function cellsOf(derive: CompiledDerive, rows: ReadonlyMap<string, Float64Array>, pane: number): FrameDerive {
  const keys = [...rows.keys()]
  const cells = new Float64Array(keys.length * derive.width)
  for (const [i, row] of [...rows.values()].entries()) cells.set(row, i * derive.width)
  return {
    derive: derive.id,
    width: derive.width,
    series: keys,
    seriesOf: Int32Array.from(keys, (_, i) => i),
    pane: new Float64Array(keys.length).fill(pane),
    cells,
    bags: [],
  }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
