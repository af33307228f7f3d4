import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bag } from '../../src/core/bag.ts'
import { Encoder } from '../../src/core/codec.ts'
import type { CompiledDerive } from '../../src/core/program.ts'
import type { Frame, FrameDerive } from '../../src/core/frame.ts'
import { encodeFrame } from '../../src/core/frame-codec.ts'
import { paneStart } from '../../src/core/pane.ts'
import { createDeriveUnit } from '../../src/derive/unit.ts'
import { derives } from '../../src/registry.ts'
import { batchesOf, chunkText, enginesOf, framesOf } from '../support/engines.ts'
import type { PlainEvent } from '../support/events.ts'

const status = fc.constantFrom(200, 204, 301, 404, 499, 500, 503)
const number = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.round(value * 1000) / 1000),
  fc.constantFrom(0, -0, -0.1, 0.1, 1e15, -1e15, 2 ** 53),
)

/** Events of three minutes; `fields` are those that the derive at hand asks for. */
function eventsWith(fields: readonly string[], most: number): fc.Arbitrary<PlainEvent[]> {
  const event = fc.record(
    {
      ...Object.fromEntries(fields.map((field) => [field, number])),
      // Now and then two at the same time.
      at: fc.oneof(
        fc.integer({ min: 0, max: 180_000 }),
        fc.integer({ min: 0, max: 9 }).map((i) => i * 20_000),
      ),
      'service.name': fc.constantFrom('api', 'pay'),
      'http.response.status_code': status,
      'logpipe.error': fc.boolean(),
      'event.duration': fc.oneof(fc.integer({ min: 0, max: 5_000_000_000 }), fc.constantFrom(0, 5e8, 1e9, 1e12)),
    },
    { requiredKeys: ['at'] },
  )
  // Neighbours are a little out of order, as lines of several threads are.
  return fc
    .array(event, { minLength: 1, maxLength: most })
    .map((events) => events.sort((a, b) => Math.floor(a.at / 7000) - Math.floor(b.at / 7000)))
}

function bytesOf(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    const to = new Encoder()
    encodeFrame(to, frame)
    return Buffer.from(to.finish()).toString('base64')
  })
}

interface Window {
  readonly cells: Float64Array
  readonly bag: Bag
}

/** Windows by series and start; built from parts in the order given. */
function windowsOf({ fold, width }: CompiledDerive, parts: readonly FrameDerive[]): Map<string, Window> {
  const windows = new Map<string, Window>()
  for (const part of parts) {
    for (let cell = 0; cell < part.pane.length; cell++) {
      const key = `${part.series[part.seriesOf[cell]!]!} ${paneStart(part.pane[cell]!, fold.windowMs)}`
      const bag = part.bags[cell] ?? new Bag()
      add(fold, windows, key, { cells: part.cells.subarray(cell * width, (cell + 1) * width), bag })
    }
  }
  return windows
}

function add(fold: CompiledDerive['fold'], windows: Map<string, Window>, key: string, from: Window): void {
  let window = windows.get(key)
  if (window === undefined) {
    window = { cells: new Float64Array(from.cells.length), bag: new Bag() }
    windows.set(key, window)
  }
  window.cells[0]! += from.cells[0]!
  fold.merge(window.cells, 1, from.cells, 1)
  window.bag.merge(from.bag)
}

function metricsOf({ fold }: CompiledDerive, windows: ReadonlyMap<string, Window>): Record<string, unknown> {
  return Object.fromEntries(
    [...windows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { cells, bag }]) => [
        key,
        fold.metrics(cells, 1, { count: cells[0]!, windowMs: fold.windowMs, bag }),
      ]),
  )
}

/** The parts of frames, each in cells of its own, so that any order of panes can be tried. */
function partsOf(frames: readonly Frame[]): FrameDerive[] {
  return frames.flatMap(({ derives: all }) =>
    all.flatMap((part) =>
      Array.from(part.pane, (pane, cell): FrameDerive => {
        const { derive, width, series } = part
        const cells = part.cells.slice(cell * width, (cell + 1) * width)
        const bags = part.bags.slice(cell, cell + 1)
        const seriesOf = part.seriesOf.slice(cell, cell + 1)
        return { derive, width, series, seriesOf, pane: Float64Array.of(pane), cells, bags }
      }),
    ),
  )
}

describe.each(derives)('the derive $type', (definition) => {
  const config = definition.config.parse(definition.example)
  const fields = definition.requires(config as never)
  const entry = { id: 'd', type: definition.type, by: ['service.name'], ...(definition.example as object) }
  const engines = enginesOf({ derives: [entry] })
  const derive = engines.derives[0]!
  const events = eventsWith(fields, 60)
  const cuts = fc.array(fc.nat(60), { maxLength: 8 }).map((all) => [...new Set(all)].sort((a, b) => a - b))

  test('gives equal frames wherever batches are cut and the state is restored', () => {
    const property = fc.property(events, cuts, (given, where) => {
      const whole = bytesOf(framesOf(engines, given))
      expect(bytesOf(framesOf(engines, given, { cuts: where }))).toEqual(whole)
      expect(bytesOf(framesOf(engines, given, { cuts: where, restores: true }))).toEqual(whole)
    })
    fc.assert(property, { numRuns: 40 })
  })

  test('has one form of its state: what was decoded is encoded as it was', () => {
    const property = fc.property(events, cuts, (given, where) => {
      const unit = createDeriveUnit({ program: engines.deriveProgram(), source: 's1', pipeline: 'shop' })
      const state = unit.initial()
      for (const batch of batchesOf(given, where)) {
        unit.step(state, batch, () => {})
        const chunks = [...unit.encode(state)]
        expect(chunkText(unit.encode(unit.decode(unit.stateVersion, chunks)))).toBe(chunkText(chunks))
      }
    })
    fc.assert(property, { numRuns: 20 })
  })

  test('gives equal values in whatever order and groups panes are merged', () => {
    const order = fc.array(fc.nat(), { minLength: 1, maxLength: 40 })
    const property = fc.property(events, order, fc.integer({ min: 1, max: 5 }), (given, seeds, groups) => {
      const parts = partsOf(framesOf(engines, given))
      const expected = metricsOf(derive, windowsOf(derive, parts))
      const mixed = parts
        .map((part, i) => ({ part, at: (seeds[i % seeds.length]! * 31 + i * 7919) % 1009 }))
        .sort((a, b) => a.at - b.at)
        .map(({ part }) => part)
      expect(metricsOf(derive, windowsOf(derive, mixed))).toEqual(expected)
      const merged = new Map<string, Window>()
      for (let group = 0; group < groups; group++) {
        const some = mixed.filter((_, i) => i % groups === group)
        for (const [key, window] of windowsOf(derive, some)) add(derive.fold, merged, key, window)
      }
      expect(metricsOf(derive, merged)).toEqual(expected)
    })
    fc.assert(property, { numRuns: 40 })
  })

  test('gives equal values whether events come in one source or in two', () => {
    const property = fc.property(events, fc.nat(4), (given, of) => {
      const isFirst = (i: number): boolean => (i * 7 + of) % 3 === 0
      const one = given.filter((_, i) => isFirst(i))
      const two = given.filter((_, i) => !isFirst(i))
      const parts = [one, two].flatMap((some, i) =>
        some.length === 0 ? [] : partsOf(framesOf(engines, some, { source: `s${i}` })),
      )
      const whole = metricsOf(derive, windowsOf(derive, partsOf(framesOf(engines, given))))
      expect(metricsOf(derive, windowsOf(derive, parts))).toEqual(whole)
    })
    fc.assert(property, { numRuns: 40 })
  })

  test('gives the outputs that it names, as numbers or no value, and counts each row once', () => {
    const property = fc.property(events, (given) => {
      const windows = windowsOf(derive, partsOf(framesOf(engines, given)))
      let rows = 0
      for (const [key, values] of Object.entries(metricsOf(derive, windows))) {
        const outputs = values as Record<string, number>
        expect(Object.keys(outputs).sort(), key).toEqual(Object.keys(derive.outputs).sort())
        for (const value of Object.values(outputs)) expect(Math.abs(value), key).not.toBe(Infinity)
        rows += windows.get(key)!.cells[0]!
      }
      const hasAll = (event: PlainEvent): boolean => fields.every((field) => event[field] !== undefined)
      expect(rows).toBeLessThanOrEqual(given.filter(hasAll).length)
      if (derive.filter === undefined && derive.fold.takes === undefined) expect(rows).toBe(given.filter(hasAll).length)
    })
    fc.assert(property, { numRuns: 20 })
  })

  test('merges more values than a window keeps exactly to the same, in any order', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({
      at: Math.floor(i / 60) * 1000,
      ...Object.fromEntries(fields.map((field) => [field, ((i * 7919) % 100_003) - 50_000])),
      'event.duration': (i * 7919) % 100_003,
    }))
    const parts = partsOf(framesOf(engines, many))
    const expected = metricsOf(derive, windowsOf(derive, parts))
    expect(metricsOf(derive, windowsOf(derive, parts.toReversed()))).toEqual(expected)
    const halves = new Map<string, Window>()
    for (const half of [parts.slice(2), parts.slice(0, 2)])
      for (const [key, window] of windowsOf(derive, half)) add(derive.fold, halves, key, window)
    expect(metricsOf(derive, halves)).toEqual(expected)
  })
})
