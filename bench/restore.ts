import { compileDerives } from '../src/derive/program.ts'
import type { AlertState } from '../src/alert/state.ts'
import { createAlertUnit, type AlertUnit } from '../src/alert/unit.ts'
import type { DeriveSpec } from '../src/core/program.ts'
import type { Frame, FrameDerive } from '../src/core/frame.ts'
import { Bag } from '../src/core/bag.ts'
import { seriesKey } from '../src/core/series.ts'
import { derives } from '../src/registry.ts'
import type { Bench } from './harness.ts'

const seriesCount = 100_000
const startMs = 1_795_299_240_000

/** A snapshot of the alert unit with 100,000 series (`requests` by service and route): written, and read back into state. */
export const restore: readonly Bench[] = [
  {
    name: 'restore',
    about: 'Events are series. The bound is 3 s for 100,000 series.',
    cases: [
      {
        name: 'decode',
        async prepare() {
          const { unit, state } = loaded()
          const chunks = [...unit.encode(state)]
          return async () => {
            const restored = unit.decode(unit.stateVersion, chunks)
            return restored.sources.size > 0 ? seriesCount : 0
          }
        },
      },
      {
        name: 'encode',
        async prepare() {
          const { unit, state } = loaded()
          return async () => {
            let bytes = 0
            for (const chunk of unit.encode(state)) bytes += chunk.bytes.length
            return bytes > 0 ? seriesCount : 0
          }
        },
      },
    ],
  },
]

/** The alert unit, with a state of so many series. */
function loaded(): { unit: AlertUnit; state: AlertState } {
  const definition = derives.find(({ type }) => type === 'requests')
  if (definition === undefined) throw new Error('there is no derive requests')
  const spec: DeriveSpec = {
    id: 'requests',
    type: 'requests',
    // A config is a record of its keys.
    config: definition.config.parse({ window: '1m' }) as Record<string, unknown>,
    by: ['service.name', 'logpipe.http.route'],
    pipelines: [],
    allowedLatenessMs: 3_600_000,
    maxSeries: seriesCount,
    samples: 0,
  }
  const [compiled] = compileDerives([spec], derives)
  if (compiled === undefined) throw new Error('nothing was compiled')
  const settings = { app: 'bench', cluster: 'bench', externalUrl: '', tickMs: 15_000, configHash: '' }
  const unit = createAlertUnit({ ...settings, derives: [compiled], rules: [] })
  const state = unit.initial()
  for (const frame of frames(compiled.width)) unit.step(state, frame, () => {})
  return { unit, state }
}

function* frames(width: number): Generator<Frame> {
  const perFrame = 50_000
  let position = 0n
  for (let first = 0; first < seriesCount; first += perFrame) {
    const series = Array.from({ length: perFrame }, (_, i) => {
      const n = first + i
      return seriesKey([`service-${n % 100}`, `/api/resource-${Math.floor(n / 100)}/{id}`])
    })
    const cells = new Float64Array(perFrame * width).fill(1)
    const bags = series.map((_, i) => {
      const bag = new Bag()
      for (let k = 1; k <= 3; k++) bag.add((i + 1) * k * 1e5)
      return bag
    })
    const part: FrameDerive = {
      derive: 'requests',
      width,
      series,
      seriesOf: Int32Array.from(series, (_, i) => i),
      pane: new Float64Array(perFrame).fill(startMs),
      cells,
      bags,
    }
    const from = { offset: position, sub: 0 }
    position += BigInt(perFrame)
    yield {
      source: 'bench',
      pipeline: 'bench',
      from,
      to: { offset: position, sub: 0 },
      earliest: startMs,
      at: startMs + 15_000,
      watermark: startMs + 15_000,
      configHash: '',
      isEnd: false,
      derives: [part],
      matches: [],
      samples: [],
    }
  }
}
